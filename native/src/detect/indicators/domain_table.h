// Domains and everything below them.
//
// A name is looked up by each of its suffixes from the longest to the shortest, as far as keys go:
// the hashes are made in one pass from the last label to the first, the slots are all asked for
// before the first is looked at.
//
// Invariant: immutable; a look-up takes at most kMaxLabels steps, however long the name is.
#pragma once

#include <array>

#include "detect/indicators/key_index.h"

namespace netmoth::detect {

inline constexpr std::size_t kMaxDomain = 253;  // characters of a name, RFC 1035 section 3.1
inline constexpr std::size_t kMaxLabels = 127;

class DomainTable {
 public:
  DomainTable() = default;
  DomainTable(const TextRows& rows, std::uint64_t seed);

  // The row of the longest suffix of `name` (whole labels, any case, a dot at its end or none) that
  // `accept(row)` takes; kNoRow where there is none.
  template <typename Accept>
  [[nodiscard]] std::uint32_t find(std::string_view name, Accept accept) const {
    if (rows_.size() == 0) return kNoRow;
    Suffixes suffixes;
    if (!suffixes_of(name, suffixes)) return kNoRow;
    const std::string_view lower(suffixes.text.data(), suffixes.length);
    for (std::size_t i = suffixes.count; i > 0; --i) {
      const Suffix& suffix = suffixes.each[i - 1];
      const std::uint32_t row = index_.find(suffix.hash, [&](std::uint32_t candidate) {
        rows_.prefetch_meta(candidate);
        return is_key_of(rows_.key(candidate), lower.substr(suffix.start));
      });
      if (row != kNoRow && accept(row)) return row;
    }
    return kNoRow;
  }

  [[nodiscard]] const TextRows& rows() const { return rows_; }
  [[nodiscard]] std::size_t memory_bytes() const { return index_.memory_bytes(); }

 private:
  struct Suffix {
    std::uint64_t hash;
    std::size_t start;
  };
  struct Suffixes {
    std::array<char, kMaxDomain> text;  // in lower case
    std::size_t length = 0;
    std::array<Suffix, kMaxLabels>
        each;  // from the shortest to the longest, of no fewer than fewest_ labels
    std::size_t count = 0;
  };

  // False where it is no name that could stand in the table.
  bool suffixes_of(std::string_view name, Suffixes& suffixes) const;
  // Whether `key` is `name` by its labels from the last to the first.
  static bool is_key_of(std::string_view key, std::string_view name);

  TextRows rows_;
  KeyIndex index_;
  std::uint64_t seed_ = 0;
  std::size_t fewest_ = kMaxLabels;  // labels of the shortest and the longest key
  std::size_t most_ = 0;
};

}  // namespace netmoth::detect
