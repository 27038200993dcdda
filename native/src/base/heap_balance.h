// How many octets of heap a thread has taken and not given back, as malloc counts them: whole
// blocks with their heads.
//
// Invariant: every operator new and delete of the program (of the addon: its own, see
// addon/CMakeLists.txt) moves the balance of the thread that calls it; so the difference between
// two moments is what the code in between has kept, whatever containers it used and whoever wrote
// it. What C libraries take with malloc is not seen.
#pragma once

#include <cstdint>

namespace netmoth::base {

std::int64_t heap_balance();
void set_heap_balance(std::int64_t octets);
// Blocks taken by this thread since it began: work that tests can count.
std::uint64_t heap_blocks_taken();

// What is taken and given back in this scope is left out of the balance: it belongs to something
// that lives longer than what is being measured.
class HeapAside {
 public:
  HeapAside() : before_(heap_balance()) {}
  ~HeapAside() { set_heap_balance(before_); }
  HeapAside(const HeapAside&) = delete;
  HeapAside& operator=(const HeapAside&) = delete;

 private:
  std::int64_t before_;
};

}  // namespace netmoth::base
