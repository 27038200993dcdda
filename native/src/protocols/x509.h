// Reads what a tls event tells of a certificate (RFC 5280) and nothing more; no signature is
// checked.
//
// Invariant: owns its texts; a certificate that is broken keeps what could be read before the
// fault and names it. At most kMaxAlternativeNames names are kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocols/tls_event.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxAlternativeNames = 512;

enum class AlternativeNameKind : std::uint8_t { kDns, kIp, kEmail, kUri };

struct AlternativeName {
  AlternativeNameKind kind;
  std::string text;  // addresses as EVE writes them
};

struct TlsCertificate {
  std::string subject;  // "C=US, O=Example, CN=www.example.com"
  std::string issuer;
  std::string serial;       // "0A:1B:…", octets as they stand in the DER
  std::string fingerprint;  // SHA-1 of the DER, "3a:0b:…"
  // Of the subject; read only where no alternative name says a host or an address.
  std::string common_name;
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
  bool read = false;          // issuer, serial and subject are known
  bool has_validity = false;  // not_before and not_after are known
  bool self_issued = false;   // by its own subject, and the key identifiers do not deny it
  std::vector<AlternativeName> alternative_names;
  std::optional<TlsEvent> fault;
};

// `der` is one whole certificate. The fingerprint is there even where nothing else could be read.
TlsCertificate parse_certificate(Bytes der);

// An address as alternative names spell it: IPv4 dotted, IPv6 as eight groups.
void append_alternative_address(std::string& out, Bytes octets);

}  // namespace netmoth::protocols
