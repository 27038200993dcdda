// QUIC's version-independent packet shapes (RFC 8999) and the versions in use.
//
// Invariant: classification looks at the first packet of a datagram only and keeps nothing.
#pragma once

#include <string>

#include "base/types.h"

namespace netmoth::protocols {

enum class QuicKind : std::uint8_t {
  kNone,
  kLongKnownVersion,   // IETF v1, v2, drafts, mvfst: long header, sound connection ids
  kGquicKnownVersion,  // Google's Q0xx, T0xx, up to Q050
  kLongOtherVersion,   // long header of a version nobody registered (or a grease one)
  kVersionNegotiation,
};

QuicKind classify_quic(Bytes datagram);

}  // namespace netmoth::protocols
