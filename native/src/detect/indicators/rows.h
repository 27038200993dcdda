// Rows of one kind of indicator as they lie in the bundle (docs/bundle.md, "Indicators").
//
// Invariant: a view; the bundle's memory outlives it. of() has looked at every offset, so the row
// numbers below size() are safe to ask for, and nothing of the bundle is copied.
#pragma once

#include <optional>

#include "base/types.h"

namespace netmoth::detect {

// A row's number has 23 bits in key_index.h; the compiler stops at 5,000,000 entries a bundle.
inline constexpr std::uint32_t kMaxIndicatorRows = (1U << 23) - 1;
// What a look-up says that found nothing.
inline constexpr std::uint32_t kNoRow = ~0U;

// Little-endian, at a place that is known to lie inside.
inline std::uint32_t u32_at(Bytes bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} | std::uint32_t{bytes[at + 1]} << 8 |
         std::uint32_t{bytes[at + 2]} << 16 | std::uint32_t{bytes[at + 3]} << 24;
}

// Keys of one width, each before the place of its meta.
class FixedRows {
 public:
  FixedRows() = default;
  // nullopt where `section` is no table of `records` such rows.
  static std::optional<FixedRows> of(Bytes section, std::uint32_t records, std::size_t width);

  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] Bytes key(std::uint32_t row) const {
    return bytes_.subspan(row * stride(), width_);
  }
  [[nodiscard]] std::uint32_t meta(std::uint32_t row) const {
    return u32_at(bytes_, row * stride() + width_);
  }

 private:
  [[nodiscard]] std::size_t stride() const { return width_ + sizeof(std::uint32_t); }

  Bytes bytes_;
  std::uint32_t size_ = 0;
  std::size_t width_ = 0;
};

// Keys of any length: the metas, the offsets of all keys and of their end, the keys.
class TextRows {
 public:
  TextRows() = default;
  static std::optional<TextRows> of(Bytes section, std::uint32_t records);

  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] std::string_view key(std::uint32_t row) const {
    const std::size_t start = offset(row);
    return as_text(keys_.subspan(start, offset(row + 1) - start));
  }
  [[nodiscard]] std::uint32_t meta(std::uint32_t row) const {
    return u32_at(metas_, row * sizeof(std::uint32_t));
  }
  // The meta lies far from the key: to be fetched while that is compared.
  void prefetch_meta(std::uint32_t row) const {
    __builtin_prefetch(metas_.data() + row * sizeof(std::uint32_t));
  }

 private:
  [[nodiscard]] std::size_t offset(std::uint32_t row) const {
    return u32_at(offsets_, row * sizeof(std::uint32_t));
  }

  Bytes metas_;
  Bytes offsets_;
  Bytes keys_;
  std::uint32_t size_ = 0;
};

}  // namespace netmoth::detect
