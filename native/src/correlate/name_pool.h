// Names kept once, however many entries or flows speak of them.
//
// Capacity: `capacity_bytes` fixed at construction and touched only as far as it is used; a name
// takes whole blocks of kBlockBytes. Nothing is evicted here: a name lives as long as somebody
// holds a reference, and intern() answers kNoName where there is no room. Pieces that are free and
// lie side by side are one, so short names leave room for long ones. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/types.h"

namespace netmoth::correlate {

using NameId = std::uint32_t;
inline constexpr NameId kNoName = 0;
// RFC 1035 §2.3.4: 255 octets on the wire are 253 characters of text.
inline constexpr std::size_t kMaxDomainLength = 253;

// Zeroed memory whose pages cost nothing until they are written: calloc alone promises that.
template <typename T>
class LazyArray {
 public:
  // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): owned by memory_ from here on
  explicit LazyArray(std::size_t count) : memory_(std::calloc(count, sizeof(T))) {
    if (memory_ == nullptr) std::abort();  // at start only, with a size from the configuration
  }
  T& operator[](std::size_t i) { return static_cast<T*>(memory_.get())[i]; }
  const T& operator[](std::size_t i) const { return static_cast<const T*>(memory_.get())[i]; }

 private:
  struct Free {
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): what calloc gave
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory_;
};

class NamePool {
 public:
  explicit NamePool(std::size_t capacity_bytes);

  // Adds a reference. kNoName: empty, longer than kMaxDomainLength, or no room.
  NameId intern(std::string_view name);
  // No reference added; kNoName where nobody holds it.
  [[nodiscard]] NameId find(std::string_view name) const;
  void retain(NameId id) { ++block(id).references; }
  void release(NameId id);
  // Valid until the last reference is released.
  [[nodiscard]] std::string_view text(NameId id) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  // Of the names there are now.
  [[nodiscard]] std::size_t held_bytes() const { return held_blocks_ * kBlockBytes; }
  // What a full pool of that capacity takes.
  [[nodiscard]] static std::size_t bytes_when_full(std::size_t capacity_bytes);

 private:
  static constexpr std::size_t kBlockBytes = 32;
  struct Block {
    std::uint32_t references;     // 0: the first block of a free piece
    std::uint32_t hash;           // of a free piece: the one before in its list
    std::uint32_t next;           // in its bucket, or in its free list
    std::uint32_t length;         // of a free piece: in blocks
    char text[kBlockBytes - 16];  // goes on into the following blocks
  };
  static_assert(sizeof(Block) == kBlockBytes);
  static constexpr std::size_t blocks_for(std::size_t length) {
    return (offsetof(Block, text) + length + kBlockBytes - 1) / kBlockBytes;
  }
  static std::uint32_t blocks_of(std::size_t capacity_bytes);
  static std::size_t buckets_of(std::uint32_t blocks);
  static constexpr std::size_t kLargest = 9;  // blocks of the longest name
  static_assert(16 + kMaxDomainLength <= kLargest * kBlockBytes);

  Block& block(NameId id) { return blocks_[id]; }
  [[nodiscard]] const Block& block(NameId id) const { return blocks_[id]; }
  NameId allocate(std::size_t blocks);
  // A piece of free blocks goes into its list, and out of it.
  void put_free(NameId id, std::size_t blocks);
  void take_free(NameId id);
  NameId& list_for(std::size_t blocks) { return free_[std::min(blocks, kLargest)]; }
  std::uint32_t& tail_of(NameId last);

  std::uint32_t block_count_;
  std::uint32_t mask_;
  LazyArray<Block> blocks_;  // the first is never used: its index is kNoName
  LazyArray<NameId> buckets_;
  LazyArray<bool> ends_free_;  // of each block: a free piece ends with it
  std::uint32_t used_ = 1;
  std::array<NameId, kLargest + 1> free_{};  // by number of blocks; the last: so many or more
  std::size_t size_ = 0;
  std::size_t held_blocks_ = 0;
};

}  // namespace netmoth::correlate
