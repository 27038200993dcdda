// QUIC's version-independent packet shapes (RFC 8999) and the versions in use.
//
// Invariant: classification looks at the first packet of a datagram only and keeps nothing.
#pragma once

#include <string>

#include "base/reader.h"

namespace netmoth::protocols {

enum class QuicKind : std::uint8_t {
  kNone,
  kLongKnownVersion,   // IETF v1, v2, drafts, mvfst: long header, sound connection ids
  kGquicKnownVersion,  // Google's Q0xx, T0xx, up to Q050
  kLongOtherVersion,   // long header of a version nobody registered (or a grease one)
  kVersionNegotiation,
};

QuicKind classify_quic(Bytes datagram);

// Variable-length integer (RFC 9000 §16).
inline std::uint64_t quic_varint(base::Reader& reader) {
  const std::uint8_t first = reader.u8();
  std::uint64_t value = first & 0x3f;
  for (int more = (1 << (first >> 6)) - 1; more > 0; --more)
    value = value << 8 | reader.u8();
  return value;
}

}  // namespace netmoth::protocols
