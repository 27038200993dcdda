// Reads the types of which a bundle's records are made. Source: docs/bundle.md, "Types".
//
// Invariant: as base::Reader: no read passes the end; the first that would, or that meets a number
// or a count that cannot be, sets the sticky failure and yields zero.
#pragma once

#include "base/reader.h"
#include "detect/bundle_file.h"

namespace netmoth::detect {

inline constexpr std::uint64_t kMaxVarint = (std::uint64_t{1} << 53) - 1;
// As the end of a range: no bound.
inline constexpr std::uint64_t kOpenEnd = kMaxVarint;

class RecordReader {
 public:
  // `pool` (section 2) outlives the reader.
  RecordReader(Bytes record, const IndexedRecords& pool) : reader_(record), pool_(pool) {}

  [[nodiscard]] bool ok() const { return !failed_ && reader_.ok(); }
  [[nodiscard]] bool at_end() const { return reader_.at_end(); }
  void fail() { failed_ = true; }

  std::uint8_t u8() { return reader_.u8(); }
  std::uint16_t u16() { return reader_.u16_le(); }
  std::uint32_t u32() { return reader_.u32_le(); }
  bool boolean() { return u8_below(2) != 0; }
  Bytes octets(std::size_t count) { return reader_.bytes(count); }

  // A choice of `bound` alternatives.
  std::uint8_t u8_below(std::uint8_t bound) {
    const std::uint8_t value = reader_.u8();
    if (value < bound) return value;
    failed_ = true;
    return 0;
  }
  std::uint64_t varint() {
    constexpr unsigned kMaxOctets = 8;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < kMaxOctets && reader_.ok(); ++i) {
      const std::uint8_t octet = reader_.u8();
      value |= std::uint64_t{octet & 0x7fU} << (7 * i);
      if (octet < 0x80) {
        if (value <= kMaxVarint) return value;
        break;
      }
    }
    failed_ = true;
    return 0;
  }
  std::int64_t zigzag() {
    const std::uint64_t value = varint();
    const auto half = static_cast<std::int64_t>(value / 2);
    return value % 2 == 0 ? half : -half - 1;
  }
  // How many records follow: never more than octets are left.
  std::size_t count() {
    const std::uint64_t value = varint();
    if (value <= reader_.remaining()) return static_cast<std::size_t>(value);
    failed_ = true;
    return 0;
  }
  // A place in a table of `size` entries.
  std::size_t place(std::size_t size) {
    const std::uint64_t value = varint();
    if (value < size) return static_cast<std::size_t>(value);
    failed_ = true;
    return 0;
  }
  // A view into the pool.
  Bytes bytes() { return pool_.record(place(pool_.size())); }
  std::string_view text() { return as_text(bytes()); }

 private:
  base::Reader reader_;
  const IndexedRecords& pool_;
  bool failed_ = false;
};

}  // namespace netmoth::detect
