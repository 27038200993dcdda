// Wire messages for tests: written as hexadecimal, or put together from big-endian parts.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace netmoth::testing {

using Octets = std::vector<std::uint8_t>;

// Hexadecimal digits, anything else between them ignored.
inline Octets from_hex(std::string_view text) {
  Octets out;
  int high = -1;
  for (const char c : text) {
    int digit = -1;
    if (c >= '0' && c <= '9') digit = c - '0';
    if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return out;
}

inline void put(Octets& out, std::uint64_t value, int width) {
  for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

inline void put(Octets& out, const Octets& more) {
  out.insert(out.end(), more.begin(), more.end());
}

inline void put(Octets& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

// `body` behind its length in `width` octets.
inline Octets sized(const Octets& body, int width) {
  Octets out;
  put(out, body.size(), width);
  put(out, body);
  return out;
}

inline Octets u16_list(std::initializer_list<unsigned> values) {
  Octets out;
  for (const unsigned value : values)
    put(out, value, 2);
  return out;
}

}  // namespace netmoth::testing
