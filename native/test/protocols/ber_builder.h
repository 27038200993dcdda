// Messages in the Basic Encoding Rules (X.690) for tests: item by item, lengths filled in.
//
// Invariant: contents of at most 65,535 octets.
#pragma once

#include "octets.h"

namespace netmoth::testing {

inline Octets item(unsigned tag, const Octets& content) {
  Octets out;
  out.push_back(static_cast<std::uint8_t>(tag));
  if (content.size() >= 0x80)
    out.push_back(0x82), put(out, content.size(), 2);
  else
    put(out, content.size(), 1);
  put(out, content);
  return out;
}

// An INTEGER below 128.
inline Octets integer(unsigned value) {
  return item(2, {static_cast<std::uint8_t>(value)});
}

// One item after the other.
inline Octets operator+(Octets left, const Octets& right) {
  put(left, right);
  return left;
}

}  // namespace netmoth::testing
