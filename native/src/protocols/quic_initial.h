// What a QUIC Initial packet's ClientHello (or ServerHello) told: the record behind a quic event.
//
// Invariant: owns its texts; all are bounded by the CRYPTO stream's bound (quic_parser.h).
#pragma once

#include <string>
#include <vector>

#include "base/types.h"
#include "protocols/record.h"
#include "protocols/tls_hello.h"

namespace netmoth::protocols {

struct QuicExtension {
  std::uint16_t type = 0;
  std::vector<std::string> values;  // of server_name and ALPN
};

struct QuicInitial : Record {
  QuicInitial() : Record(RecordKind::kQuic) {}
  bool from_client = true;
  std::uint32_t version = 0;
  std::string sni;
  std::string user_agent;  // gQUIC's UAID
  std::vector<std::string> alpns;
  std::string ja3;  // ja3s where the server sent it
  std::string ja3_hash;
  std::string ja4;
  std::string cyu;  // gQUIC's fingerprint: "43,PAD-SNI-VER", from version and tags
  std::string cyu_hash;
  std::vector<QuicExtension> extensions;
  EncryptedHello encrypted_hello = EncryptedHello::kNone;
  bool early_data = false;
  bool retried = false;  // a Retry packet, a version negotiation or a HelloRetryRequest came before
};

// "1", "2", "draft-29", "Q046", "mvfst-1"; hexadecimal digits of others.
std::string quic_version_name(std::uint32_t version);

}  // namespace netmoth::protocols
