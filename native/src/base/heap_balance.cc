#include "base/heap_balance.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace netmoth::base {
namespace {

// The addon is loaded by dlopen: the general model would call a function for each access. This one
// wants all thread_locals of the addon together to stay below the C library's reserve for modules
// loaded late (glibc: 1,664 octets).
__attribute__((tls_model("initial-exec"))) constinit thread_local std::int64_t balance = 0;
__attribute__((tls_model("initial-exec"))) constinit thread_local std::uint64_t blocks = 0;

constexpr std::int64_t kHeadOctets = sizeof(void*);

std::int64_t octets_of(void* block) {
  return static_cast<std::int64_t>(malloc_usable_size(block)) + kHeadOctets;
}

// NOLINTBEGIN(cppcoreguidelines-no-malloc): these are what new and delete are made of

void* take(std::size_t octets) {
  void* block = std::malloc(octets == 0 ? 1 : octets);
  if (block == nullptr) [[unlikely]]
    throw std::bad_alloc();
  balance += octets_of(block);
  ++blocks;
  return block;
}

void* take_aligned(std::size_t octets, std::align_val_t alignment) {
  const auto grain = static_cast<std::size_t>(alignment);
  void* block = std::aligned_alloc(grain, (octets + grain - 1) / grain * grain);
  if (block == nullptr) [[unlikely]]
    throw std::bad_alloc();
  balance += octets_of(block);
  ++blocks;
  return block;
}

void give_back(void* block) {
  if (block == nullptr) return;
  balance -= octets_of(block);
  std::free(block);
}

// NOLINTEND(cppcoreguidelines-no-malloc)

}  // namespace

std::int64_t heap_balance() {
  return balance;
}

std::uint64_t heap_blocks_taken() {
  return blocks;
}

void set_heap_balance(std::int64_t octets) {
  balance = octets;
}

}  // namespace netmoth::base

// The replaceable functions ([new.delete]); those for arrays, for nothrow and with sizes come to
// these by the library's own definitions.
void* operator new(std::size_t octets) {
  return netmoth::base::take(octets);
}
void* operator new(std::size_t octets, std::align_val_t alignment) {
  return netmoth::base::take_aligned(octets, alignment);
}
// Of those that do not throw, sanitizers bring forms of their own, which would not fit the deletes
// below.
void* operator new(std::size_t octets, const std::nothrow_t&) noexcept {
  try {
    return netmoth::base::take(octets);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new(std::size_t octets, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  try {
    return netmoth::base::take_aligned(octets, alignment);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* block) noexcept {
  netmoth::base::give_back(block);
}
void operator delete(void* block, std::size_t) noexcept {
  netmoth::base::give_back(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  netmoth::base::give_back(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  netmoth::base::give_back(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  netmoth::base::give_back(block);
}
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept {
  netmoth::base::give_back(block);
}
