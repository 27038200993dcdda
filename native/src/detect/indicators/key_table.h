// Indicators that are looked up as a whole: digests, fingerprints, addresses with ports, URLs.
//
// Invariant: immutable; the rows stay in the bundle, the index alone is memory of its own.
#pragma once

#include "detect/indicators/key_index.h"

namespace netmoth::detect {

// `Rows` is FixedRows or TextRows.
template <typename Rows>
class KeyTable {
 public:
  KeyTable() = default;
  KeyTable(const Rows& rows, std::uint64_t seed) : rows_(rows), seed_(seed) {
    index_.build(rows.size(), [&](std::uint32_t row) { return hash_of(octets_of(row), seed_); });
  }

  // kNoRow where there is none.
  [[nodiscard]] std::uint32_t find(Bytes key) const {
    if (rows_.size() == 0) return kNoRow;
    return index_.find(hash_of(key, seed_), [&](std::uint32_t row) {
      const Bytes found = octets_of(row);
      return found.size() == key.size() && std::memcmp(found.data(), key.data(), key.size()) == 0;
    });
  }

  [[nodiscard]] const Rows& rows() const { return rows_; }
  [[nodiscard]] std::size_t memory_bytes() const { return index_.memory_bytes(); }

 private:
  [[nodiscard]] Bytes octets_of(std::uint32_t row) const {
    if constexpr (requires { rows_.width(); }) {
      return rows_.key(row);
    } else {
      rows_.prefetch_meta(row);
      return as_bytes(rows_.key(row));
    }
  }

  Rows rows_;
  KeyIndex index_;
  std::uint64_t seed_ = 0;
};

}  // namespace netmoth::detect
