// What a TLS handshake told: the record behind a tls event, filled step by step by the parser.
//
// Invariant: owns everything it says; texts are bounded by the handshake message they came from,
// which the parser bounds (tls_parser.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "protocols/record.h"

namespace netmoth::protocols {

// The leaf certificate (RFC 5280), in EVE's spelling.
struct TlsCertificate {
  std::string subject;  // "C=US, O=Example, CN=www.example.com"
  std::string issuer;
  std::string serial;           // "0A:1B:…", octets as they stand in the DER
  std::string fingerprint;      // SHA-1 of the DER, "3a:0b:…"
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
  std::vector<std::string> alternative_names;
};

struct TlsHandshake : Record {
  TlsHandshake() : Record(RecordKind::kTls) {}
  bool dtls = false;
  bool client_hello = false;
  bool server_hello = false;
  bool session_resumed = false;
  std::uint16_t version = 0;  // agreed (server's); 0 where no server answered
  std::string sni;
  std::vector<std::string> client_alpns;
  std::vector<std::string> server_alpns;
  std::string ja3;  // the strings; the hashes are their MD5
  std::string ja3_hash;
  std::string ja3s;
  std::string ja3s_hash;
  std::string ja4;
  std::optional<TlsCertificate> server_certificate;
  std::optional<TlsCertificate> client_certificate;
};

// "TLS 1.2"; "UNDETERMINED" for 0; "0x0a0a" for what nobody registered (written into `buffer`).
std::string tls_version_name(std::uint16_t version);

}  // namespace netmoth::protocols
