// The Internet checksum (RFC 1071), 32 octets at a time.
//
// Invariant: a sum is kept in the machine's own byte order, which RFC 1071 section 2 (B) allows as
// long as only "is it right" is asked; so words that are not packet bytes enter through add_word().
#pragma once

#include <bit>

#include "base/types.h"

namespace netmoth::decode {

class ChecksumSum {
 public:
  // All but the last call need an even number of octets.
  void add(Bytes data);
  // A 16-bit number that stands in network byte order in a (pseudo) header.
  void add_word(std::uint16_t value) {
    sum_ += std::endian::native == std::endian::little ? __builtin_bswap16(value) : value;
  }
  // True where the octets, their checksum field among them, add up to what a receiver accepts.
  [[nodiscard]] bool valid() const;

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace netmoth::decode
