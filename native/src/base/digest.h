// MD5 (JA3), SHA-1 (certificates, community id) and SHA-256 (JA4), by nettle.
//
// Invariant: no allocation, no global state; nettle is linked statically or by its own soname so
// that nothing collides with the OpenSSL inside Node.
#pragma once

#include <array>

#include "base/types.h"

namespace netmoth::base {

std::array<std::uint8_t, 16> md5(Bytes data);
std::array<std::uint8_t, 20> sha1(Bytes data);
std::array<std::uint8_t, 32> sha256(Bytes data);

}  // namespace netmoth::base
