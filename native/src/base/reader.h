// The one bounds-checked reader of untrusted bytes.
//
// Invariant: no read passes the end. A read that would sets the sticky failure flag and yields
// zeros (or an empty view), so a parser may read a whole header and ask ok() once.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/types.h"

namespace netmoth::base {

class Reader {
 public:
  explicit Reader(Bytes data) : data_(data) {}

  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return data_.size() - position_; }
  [[nodiscard]] bool at_end() const { return remaining() == 0; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian<1>()); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian<2>()); }
  std::uint32_t u24() { return static_cast<std::uint32_t>(big_endian<3>()); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian<4>()); }
  std::uint64_t u64() { return big_endian<8>(); }
  std::uint16_t u16_le() { return static_cast<std::uint16_t>(little_endian<2>()); }
  std::uint32_t u32_le() { return static_cast<std::uint32_t>(little_endian<4>()); }
  std::uint64_t u64_le() { return little_endian<8>(); }

  // A view of the next `count` bytes; empty and failed where fewer remain.
  Bytes bytes(std::size_t count) {
    if (!take(count)) return {};
    return data_.subspan(position_ - count, count);
  }

  // All that remains.
  Bytes rest() { return bytes(remaining()); }

  void skip(std::size_t count) { (void)take(count); }

  // Moves to an absolute position, e.g. to follow a DNS compression pointer.
  void seek(std::size_t position) {
    if (position > data_.size()) {
      failed_ = true;
      return;
    }
    position_ = position;
  }

  // The next byte without moving; zero and NOT failed at the end.
  [[nodiscard]] std::uint8_t peek_u8() const { return at_end() ? 0 : data_[position_]; }

 private:
  bool take(std::size_t count) {
    if (failed_ || count > remaining()) {
      failed_ = true;
      return false;
    }
    position_ += count;
    return true;
  }

  // Byte by byte on purpose: compilers make one load and one byte swap of it.
  template <std::size_t kWidth>
  std::uint64_t big_endian() {
    if (!take(kWidth)) return 0;
    const std::uint8_t* at = data_.data() + position_ - kWidth;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kWidth; ++i)
      value = value << 8 | at[i];
    return value;
  }

  template <std::size_t kWidth>
  std::uint64_t little_endian() {
    if (!take(kWidth)) return 0;
    const std::uint8_t* at = data_.data() + position_ - kWidth;
    std::uint64_t value = 0;
    for (std::size_t i = kWidth; i > 0; --i)
      value = value << 8 | at[i - 1];
    return value;
  }

  Bytes data_;
  std::size_t position_ = 0;
  bool failed_ = false;
};

}  // namespace netmoth::base
