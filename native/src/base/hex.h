// Hexadecimal spelling of bytes.
//
// Invariant: lower case, two digits an octet.
#pragma once

#include <string>

#include "base/types.h"

namespace netmoth::base {

inline constexpr char kHexDigits[] = "0123456789abcdef";

// Appends the digits, with `separator` between octets unless it is 0.
inline void append_hex(std::string& out, Bytes bytes, char separator = 0) {
  out.reserve(out.size() + bytes.size() * 3);
  bool first = true;
  for (const std::uint8_t byte : bytes) {
    if (separator != 0 && !first) out.push_back(separator);
    first = false;
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
}

inline std::string to_hex(Bytes bytes, char separator = 0) {
  std::string out;
  append_hex(out, bytes, separator);
  return out;
}

}  // namespace netmoth::base
