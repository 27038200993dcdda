// A fixed number of slots, handed out by index.
//
// Invariant: never more than the capacity given to open(); memory of slots that were never used is
// never touched, so the operating system need not back it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace netmoth::base {

inline constexpr std::uint32_t kNoSlot = 0xFFFF'FFFF;

// T has a member `std::uint32_t next`, free for the user while the slot is taken.
template <typename T>
class Slab {
  static_assert(std::is_trivially_default_constructible_v<T>, "unused slots stay untouched");

 public:
  // Drops what there was.
  void open(std::uint32_t capacity) {
    items_ = std::make_unique_for_overwrite<T[]>(capacity);
    capacity_ = capacity;
    fresh_ = 0;
    used_ = 0;
    free_ = kNoSlot;
  }

  // kNoSlot where all are taken. The slot's content is undefined.
  [[nodiscard]] std::uint32_t take() {
    if (free_ != kNoSlot) {
      const std::uint32_t index = free_;
      free_ = items_[index].next;
      ++used_;
      return index;
    }
    if (fresh_ == capacity_) return kNoSlot;
    ++used_;
    return fresh_++;
  }
  void give(std::uint32_t index) {
    items_[index].next = free_;
    free_ = index;
    --used_;
  }

  T& operator[](std::uint32_t index) { return items_[index]; }
  const T& operator[](std::uint32_t index) const { return items_[index]; }
  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] std::size_t unused() const { return capacity_ - used_; }

 private:
  std::unique_ptr<T[]> items_;
  std::uint32_t capacity_ = 0;
  std::uint32_t fresh_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t free_ = kNoSlot;
};

}  // namespace netmoth::base
