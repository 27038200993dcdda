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
#include "protocols/certificate_check.h"
#include "protocols/record.h"
#include "protocols/tls_hello.h"
#include "protocols/x509.h"

namespace netmoth::protocols {

// What one end showed of itself in a Certificate message.
struct TlsPeer {
  std::optional<TlsCertificate> certificate;  // the leaf
  CertificateFindings findings;
  // The certificate_list as it stood on the wire: a 24-bit length before each certificate.
  std::vector<std::uint8_t> chain;
};

struct TlsHandshake : Record {
  TlsHandshake() : Record(RecordKind::kTls) {}
  bool dtls = false;
  bool client_hello = false;
  bool server_hello = false;
  bool session_resumed = false;
  bool retried = false;     // HelloRetryRequest, or DTLS's HelloVerifyRequest
  bool early_data = false;  // the client announced 0-RTT data
  EncryptedHello encrypted_hello = EncryptedHello::kNone;
  std::uint16_t version = 0;         // agreed (server's); 0 where no server answered
  std::uint16_t client_version = 0;  // of the ClientHello itself, whatever its extensions offer
  std::string client_random;         // 32 octets, or none
  std::string server_random;
  std::string sni;
  std::vector<std::string> client_alpns;
  std::vector<std::string> server_alpns;
  std::string ja3;  // the strings; the hashes are their MD5
  std::string ja3_hash;
  std::string ja3s;
  std::string ja3s_hash;
  std::string ja4;
  TlsPeer server;
  TlsPeer client;
};

// Calls `each(Bytes der)` for the whole certificates of a peer's chain.
template <typename Each>
void for_each_certificate(Bytes chain, Each each) {
  while (chain.size() >= 3) {
    const std::size_t length = static_cast<std::size_t>(chain[0]) << 16 |
                               static_cast<std::size_t>(chain[1]) << 8 | chain[2];
    if (length > chain.size() - 3) return;
    each(chain.subspan(3, length));
    chain = chain.subspan(3 + length);
  }
}

// "TLS 1.2"; "UNDETERMINED" for 0; "0x0a0a" for what nobody registered.
std::string tls_version_name(std::uint16_t version);

}  // namespace netmoth::protocols
