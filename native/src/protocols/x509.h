// Reads what a tls event tells of a certificate (RFC 5280) and nothing more; no signature is
// checked.
#pragma once

#include <optional>

#include "protocols/tls_handshake.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxAlternativeNames = 512;

// `der` is one whole certificate. The fingerprint is there even where nothing else could be read.
TlsCertificate parse_certificate(Bytes der);

}  // namespace netmoth::protocols
