// Finds a row by the hash of its key: open addressing, one word a slot.
//
// A slot holds a row's number (from 1) and 9 bits of its hash, so that a key that stands in no row
// seldom costs a comparison; before that a Bloom filter of one octet a row, which fits a core's
// cache, answers for 96 of 100 of these keys. Two slots a row: nine octets an indicator.
//
// Invariant: immutable after build(); find() ends because at least half of the slots are empty.
// Whoever makes lists does not know the seed of the hashes, so he cannot make them collide.
#pragma once

#include <cstring>
#include <vector>

#include "base/types.h"
#include "detect/indicators/rows.h"

namespace netmoth::detect {

// One word that depends on every bit of two: their 128-bit product, folded (wyhash by Wang Yi).
inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  __extension__ using Product = unsigned __int128;
  const Product product = Product{a ^ 0x9e3779b97f4a7c15} * (b ^ 0xd1b54a32d192ed03);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <typename Word>
std::uint64_t word_at(Bytes bytes, std::size_t at) {
  Word word;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

// Of any octets: eight at a time, the last ones once more where they do not fill a word.
inline std::uint64_t hash_of(Bytes bytes, std::uint64_t seed) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const std::size_t size = bytes.size();
  std::uint64_t hash = seed + size;
  std::size_t at = 0;
  for (; at + kWord < size; at += kWord)
    hash = mixed(hash, word_at<std::uint64_t>(bytes, at));
  if (size >= kWord) return mixed(hash, word_at<std::uint64_t>(bytes, size - kWord));
  if (size >= 4)
    return mixed(hash,
                 word_at<std::uint32_t>(bytes, 0) << 32 | word_at<std::uint32_t>(bytes, size - 4));
  if (size == 0) return mixed(hash, 0);
  return mixed(
      hash, std::uint64_t{bytes[0]} << 16 | std::uint64_t{bytes[size / 2]} << 8 | bytes[size - 1]);
}

class KeyIndex {
 public:
  // `hash_of_row` is asked once for each row.
  template <typename HashOfRow>
  void build(std::uint32_t rows, HashOfRow hash_of_row) {
    slots_.assign(std::size_t{rows} * 2, 0);
    filter_.assign(rows == 0 ? 0 : rows / kRowsPerWord + 1, 0);
    for (std::uint32_t row = 0; row < rows; ++row)
      insert(hash_of_row(row), row);
  }

  void prefetch(std::uint64_t hash) const {
    if (!filter_.empty()) __builtin_prefetch(&filter_[place_in(filter_.size(), hash)]);
  }

  // The row for which `equal(row)` holds among those with this hash; kNoRow where there is none.
  template <typename Equal>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Equal equal) const {
    if (slots_.empty()) return kNoRow;
    const std::uint64_t bits = filter_bits(hash);
    if ((filter_[place_in(filter_.size(), hash)] & bits) != bits) return kNoRow;
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = place_in(slots_.size(), hash);; at = next(at)) {
      const std::uint32_t slot = slots_[at];
      if (slot == 0) return kNoRow;
      if ((slot & kTagMask) != tag) continue;
      const std::uint32_t row = (slot & ~kTagMask) - 1;
      if (equal(row)) return row;
    }
  }

  [[nodiscard]] std::size_t memory_bytes() const {
    return slots_.capacity() * sizeof slots_[0] + filter_.capacity() * sizeof filter_[0];
  }

 private:
  static constexpr std::uint32_t kTagMask = ~kMaxIndicatorRows;
  static constexpr std::uint32_t kRowsPerWord = 8;

  static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash) & kTagMask;
  }
  // Three bits of a word, by what of the hash neither its place nor the tag is made of.
  static std::uint64_t filter_bits(std::uint64_t hash) {
    constexpr std::uint64_t kBits = 63;
    return std::uint64_t{1} << (hash & kBits) | std::uint64_t{1} << (hash >> 6 & kBits) |
           std::uint64_t{1} << (hash >> 12 & kBits);
  }
  // The upper half of the hash as a fraction of the table; tag and bits come from the lower half.
  static std::size_t place_in(std::size_t size, std::uint64_t hash) {
    return static_cast<std::size_t>((hash >> 32) * size >> 32);
  }
  [[nodiscard]] std::size_t next(std::size_t at) const {
    return at + 1 == slots_.size() ? 0 : at + 1;
  }
  void insert(std::uint64_t hash, std::uint32_t row) {
    filter_[place_in(filter_.size(), hash)] |= filter_bits(hash);
    std::size_t at = place_in(slots_.size(), hash);
    while (slots_[at] != 0)
      at = next(at);
    slots_[at] = tag_of(hash) | (row + 1);
  }

  std::vector<std::uint32_t> slots_;
  std::vector<std::uint64_t> filter_;
};

}  // namespace netmoth::detect
