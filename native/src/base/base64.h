// Base 64 (RFC 4648 §4), written.
//
// Invariant: padded, one line.
#pragma once

#include <string>

#include "base/types.h"

namespace netmoth::base {

inline void append_base64(std::string& out, Bytes octets) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.reserve(out.size() + (octets.size() + 2) / 3 * 4);
  while (!octets.empty()) {
    const std::size_t taken = octets.size() < 3 ? octets.size() : 3;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < taken ? octets[i] : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out.push_back(i <= taken ? kAlphabet[group >> (18 - 6 * i) & 0x3f] : '=');
    octets = octets.subspan(taken);
  }
}

}  // namespace netmoth::base
