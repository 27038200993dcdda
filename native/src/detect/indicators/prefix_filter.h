// Says of most addresses that no range of a list is near them, from memory that fits a core's
// cache.
//
// One bit a block of neighbouring addresses: of IPv4 blocks of one size, counted through; of IPv6
// the hash of the /64, and for ranges that go beyond one the hashes of their /32s.
//
// Invariant: an address inside any range that was added may be there; at most kMaxFilterBits bits.
#pragma once

#include <vector>

#include "detect/indicators/key_index.h"

namespace netmoth::detect {

inline constexpr std::uint64_t kMinFilterBits = 1U << 16;
inline constexpr std::uint64_t kMaxFilterBits = 1U << 24;
// Blocks of wide IPv6 ranges: a /16 has 65,536 /32s. Beyond them nothing is ruled out any more.
inline constexpr std::uint64_t kMaxWideBlocks = 1U << 20;

class FilterBits {
 public:
  explicit FilterBits(std::uint64_t bits) : words_(bits / kWordBits) {}
  void set(std::uint64_t bit) { words_[bit / kWordBits] |= std::uint64_t{1} << bit % kWordBits; }
  [[nodiscard]] bool has(std::uint64_t bit) const {
    return (words_[bit / kWordBits] >> bit % kWordBits & 1) != 0;
  }
  [[nodiscard]] std::uint64_t size() const { return words_.size() * kWordBits; }

 private:
  static constexpr std::uint64_t kWordBits = 64;
  std::vector<std::uint64_t> words_;
};

class Ipv4Filter {
 public:
  explicit Ipv4Filter(std::uint64_t rows);
  void add(std::uint32_t first, std::uint32_t last);
  [[nodiscard]] bool may_have(std::uint32_t address) const { return bits_.has(address >> shift_); }
  [[nodiscard]] std::size_t memory_bytes() const { return bits_.size() / 8; }

 private:
  unsigned shift_;
  FilterBits bits_;
};

// An IPv6 address as two numbers.
struct Ipv6Number {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  // Without a branch: what is found could not be foreseen.
  friend bool operator<(const Ipv6Number& a, const Ipv6Number& b) {
    return static_cast<unsigned>(a.high < b.high) |
           (static_cast<unsigned>(a.high == b.high) & static_cast<unsigned>(a.low < b.low));
  }
};

class Ipv6Filter {
 public:
  explicit Ipv6Filter(std::uint64_t rows);
  void add(const Ipv6Number& first, const Ipv6Number& last);
  [[nodiscard]] bool may_have(const Ipv6Number& address) const {
    return bits_.has(bit_of(address.high, kNarrow)) ||
           (wide_blocks_ > 0 &&
            (wide_blocks_ > kMaxWideBlocks || bits_.has(bit_of(address.high >> 32, kWide))));
  }
  [[nodiscard]] std::size_t memory_bytes() const { return bits_.size() / 8; }

 private:
  static constexpr std::uint64_t kNarrow = 1;
  static constexpr std::uint64_t kWide = 2;
  [[nodiscard]] std::uint64_t bit_of(std::uint64_t prefix, std::uint64_t seed) const {
    return mixed(prefix, seed) & (bits_.size() - 1);
  }

  FilterBits bits_;
  std::uint64_t wide_blocks_ = 0;
};

}  // namespace netmoth::detect
