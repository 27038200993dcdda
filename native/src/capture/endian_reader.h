// base::Reader with the byte order of the capture file at hand.
//
// Invariant: as base::Reader: no read passes the end, failure is sticky.
#pragma once

#include "base/reader.h"

namespace netmoth::capture {

inline constexpr std::uint32_t kPcapngSectionHeader = 0x0A0D0D0A;  // the same in both byte orders

class EndianReader {
 public:
  EndianReader(Bytes data, bool big_endian) : reader_(data), big_endian_(big_endian) {}

  std::uint16_t u16() { return big_endian_ ? reader_.u16() : reader_.u16_le(); }
  std::uint32_t u32() { return big_endian_ ? reader_.u32() : reader_.u32_le(); }
  std::uint64_t u64() { return big_endian_ ? reader_.u64() : reader_.u64_le(); }
  Bytes bytes(std::size_t count) { return reader_.bytes(count); }
  void skip(std::size_t count) { reader_.skip(count); }
  [[nodiscard]] std::size_t remaining() const { return reader_.remaining(); }
  [[nodiscard]] bool ok() const { return reader_.ok(); }

 private:
  base::Reader reader_;
  bool big_endian_;
};

}  // namespace netmoth::capture
