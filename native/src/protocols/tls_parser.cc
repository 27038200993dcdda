// The record and handshake layers of TLS. See tls_parser.h.
#include "protocols/tls_parser.h"

#include <algorithm>

#include "base/reader.h"
#include "protocols/tls_fingerprint.h"
#include "protocols/tls_hello.h"
#include "protocols/x509.h"

namespace netmoth::protocols {
namespace {

namespace record_type {
constexpr std::uint8_t kChangeCipherSpec = 20;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kApplicationData = 23;
constexpr std::uint8_t kHeartbeat = 24;
}  // namespace record_type

namespace message_type {
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kServerHello = 2;
constexpr std::uint8_t kCertificate = 11;
constexpr std::uint8_t kCertificateRequest = 13;
constexpr std::uint8_t kServerHelloDone = 14;
constexpr std::uint8_t kMaxKnown = 25;
}  // namespace message_type

constexpr std::size_t kMessageHeader = 4;

bool is_record_header(std::span<const std::uint8_t, 5> header) {
  const std::size_t length = static_cast<std::size_t>(header[3]) << 8 | header[4];
  return header[0] >= record_type::kChangeCipherSpec && header[0] <= record_type::kHeartbeat &&
         header[1] == 3 && header[2] <= 4 && length <= kMaxTlsRecord;
}

std::size_t message_length(Bytes header) {
  base::Reader reader(header);
  reader.skip(1);
  return reader.u24();
}

}  // namespace

void TlsParser::report(TransactionSink& sink) {
  if (reported_) return;
  reported_ = true;
  sink.on_record(Direction::kToServer, handshake_);
}

void TlsParser::note_client_hello(const ClientHello& hello) {
  handshake_.client_hello = true;
  handshake_.sni = server_name(hello);
  handshake_.client_alpns.clear();
  for_each_alpn(hello.extensions,
                [&](Bytes name) { handshake_.client_alpns.emplace_back(as_text(name)); });
  handshake_.ja3 = ja3_string(hello);
  handshake_.ja3_hash = ja3_hash(handshake_.ja3);
  handshake_.ja4 = ja4(hello, handshake_.dtls ? Ja4Carrier::kDtls : Ja4Carrier::kTcp);
  client_session_id_.assign(hello.session_id.begin(), hello.session_id.end());
}

void TlsParser::on_client_hello(Direction direction, Bytes body, TransactionSink& sink) {
  ClientHello hello;
  if (!parse_client_hello(body, hello)) {
    sink.on_anomaly(AppProto::kTls, "invalid_handshake_message", direction);
    return;
  }
  if (hello.cut) sink.on_anomaly(AppProto::kTls, "handshake_invalid_length", direction);
  server_direction_ = opposite(direction);
  // The answer to a HelloRetryRequest is a second hello; the first one names the client.
  if (handshake_.client_hello) return;
  note_client_hello(hello);
}

void TlsParser::on_server_hello(Direction direction, Bytes body, TransactionSink& sink) {
  ServerHello hello;
  if (!parse_server_hello(body, hello)) {
    sink.on_anomaly(AppProto::kTls, "invalid_handshake_message", direction);
    return;
  }
  server_direction_ = direction;
  if (hello.retry) return;
  handshake_.server_hello = true;
  handshake_.version = hello.version;
  handshake_.ja3s = ja3s_string(hello);
  handshake_.ja3s_hash = ja3_hash(handshake_.ja3s);
  for_each_alpn(hello.extensions,
                [&](Bytes name) { handshake_.server_alpns.emplace_back(as_text(name)); });
  const bool tls13 = hello.version == tls_version::kTls13 || (hello.version >> 8) == 0x7f;
  if (tls13) {
    report(sink);  // all that follows is encrypted
    return;
  }
  handshake_.session_resumed = handshake_.client_hello && !hello.session_id.empty() &&
                               std::ranges::equal(hello.session_id, client_session_id_);
}

void TlsParser::on_certificate(Direction direction, Bytes body, TransactionSink& sink) {
  base::Reader reader(body);
  base::Reader chain(reader.bytes(reader.u24()));
  if (!reader.ok()) {
    sink.on_anomaly(AppProto::kTls, "invalid_certificate", direction);
    return;
  }
  if (chain.at_end()) return;  // a client without a certificate
  const Bytes leaf = chain.bytes(chain.u24());
  auto& place = direction == server_direction_ ? handshake_.server_certificate
                                               : handshake_.client_certificate;
  if (!chain.ok() || leaf.empty() || place) return;
  place = parse_certificate(leaf);
  if (direction == server_direction_) handshake_.session_resumed = false;
  if (place->serial.empty()) sink.on_anomaly(AppProto::kTls, "certificate_invalid_der", direction);
}

void TlsParser::on_message(Direction direction, std::uint8_t type, Bytes body,
                           TransactionSink& sink) {
  switch (type) {
    case message_type::kClientHello:
      return on_client_hello(direction, body, sink);
    case message_type::kServerHello:
      return on_server_hello(direction, body, sink);
    case message_type::kCertificate:
      return on_certificate(direction, body, sink);
    case message_type::kCertificateRequest:
      client_certificate_asked_ = true;
      return;
    case message_type::kServerHelloDone:
      // All that is in clear was said, unless the client has a certificate to show.
      if (handshake_.server_hello && !client_certificate_asked_) report(sink);
      return;
    default:
      return;
  }
}

// `data` continues the handshake stream of that direction: whole messages are read in place, the
// rest is kept.
void TlsParser::on_handshake_bytes(Direction direction, Bytes data, TransactionSink& sink) {
  Stream& stream = streams_[index_of(direction)];
  while (!data.empty() && !reported_) {
    if (stream.message_left > 0) {
      const std::size_t passed = std::min<std::uint64_t>(stream.message_left, data.size());
      stream.message_left -= passed;
      data = data.subspan(passed);
      continue;
    }
    if (!stream.message.empty() || data.size() < kMessageHeader) {
      std::size_t wanted = kMessageHeader;
      if (stream.message.size() >= kMessageHeader) wanted += message_length(stream.message);
      const std::size_t taken = std::min(wanted - stream.message.size(), data.size());
      stream.message.insert(stream.message.end(), data.begin(),
                            data.begin() + static_cast<std::ptrdiff_t>(taken));
      data = data.subspan(taken);
      if (stream.message.size() < kMessageHeader) continue;
      const std::size_t length = message_length(stream.message);
      if (length > kMaxHandshakeMessage || stream.message[0] > message_type::kMaxKnown) {
        stream.message_left = length - (stream.message.size() - kMessageHeader);
        stream.message.clear();
        sink.on_anomaly(AppProto::kTls, "invalid_handshake_message", direction);
      } else if (stream.message.size() == kMessageHeader + length) {
        on_message(direction, stream.message[0], Bytes(stream.message).subspan(kMessageHeader),
                   sink);
        stream.message.clear();
      } else {
        stream.message.reserve(kMessageHeader + length);
      }
      continue;
    }
    const std::size_t length = message_length(data);
    if (data[0] > message_type::kMaxKnown) {
      // Encrypted without ChangeCipherSpec having been seen, or nonsense.
      stream.encrypted = true;
      return;
    }
    if (length > data.size() - kMessageHeader) {
      if (length > kMaxHandshakeMessage) {
        stream.message_left = kMessageHeader + length;
        sink.on_anomaly(AppProto::kTls, "invalid_handshake_message", direction);
      } else {
        stream.message.reserve(kMessageHeader + length);
        stream.message.assign(data.begin(), data.end());
        return;
      }
      continue;
    }
    on_message(direction, data[0], data.subspan(kMessageHeader, length), sink);
    data = data.subspan(kMessageHeader + length);
  }
}

void TlsParser::on_record_start(Direction direction, TransactionSink& sink) {
  Stream& stream = streams_[index_of(direction)];
  stream.records_seen = true;
  if (stream.record_type == record_type::kChangeCipherSpec) {
    // Before the server's choice it is TLS 1.3's disguise (RFC 8446 D.4) and changes nothing.
    if (!handshake_.server_hello) return;
    stream.encrypted = true;
    // A server that changes ciphers without having shown a certificate goes on with an old session.
    if (direction == server_direction_ && handshake_.server_hello &&
        !handshake_.server_certificate && !streams_[index_of(opposite(direction))].encrypted) {
      handshake_.session_resumed = true;
    }
    report(sink);
  } else if (stream.record_type == record_type::kApplicationData) {
    stream.encrypted = true;
    if (handshake_.server_hello) report(sink);
  }
}

void TlsParser::on_record_bytes(Direction direction, Bytes data, TransactionSink& sink) {
  Stream& stream = streams_[index_of(direction)];
  if (stream.record_type != record_type::kHandshake || stream.encrypted) return;
  on_handshake_bytes(direction, data, sink);
}

// SSL 2.0 frames: a two-octet length with the top bit set. Only the hellos are read.
Verdict TlsParser::on_ssl2(Direction direction, Bytes data, TransactionSink& sink) {
  Stream& stream = streams_[index_of(direction)];
  stream.message.insert(stream.message.end(), data.begin(), data.end());
  const Bytes all(stream.message);
  if (all.size() < 2) return Verdict::kMore;
  const std::size_t length = static_cast<std::size_t>(all[0] & 0x7f) << 8 | all[1];
  if (all.size() < 2 + length) return length > kMaxTlsRecord ? Verdict::kDone : Verdict::kMore;
  const Bytes record = all.subspan(2, length);
  ClientHello hello;
  if (parse_ssl2_client_hello(record, hello)) {
    note_client_hello(hello);
    server_direction_ = opposite(direction);
    const bool tls_follows = (hello.legacy_version >> 8) == 3;
    ssl2_ = !tls_follows;
    stream.records_seen = true;
    const std::vector<std::uint8_t> rest(all.begin() + static_cast<std::ptrdiff_t>(2 + length),
                                         all.end());
    stream.message.clear();
    return rest.empty() || ssl2_ ? Verdict::kMore : on_data(direction, rest, 0, sink);
  }
  constexpr std::uint8_t kServerHello = 4;
  if (!record.empty() && record[0] == kServerHello) {
    handshake_.server_hello = true;
    handshake_.version = tls_version::kSsl2;
    report(sink);
    return Verdict::kDone;
  }
  if (!handshake_.client_hello) return Verdict::kNotMine;
  report(sink);
  return Verdict::kDone;
}

Verdict TlsParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  if (reported_) return Verdict::kDone;
  Stream& stream = streams_[index_of(direction)];
  const bool ssl2_start = !stream.records_seen && stream.header_length == 0 && !data.empty() &&
                          ((data[0] & 0x80) != 0 || !stream.message.empty());
  if (!stream.lost && (ssl2_ || ssl2_start)) return on_ssl2(direction, data, sink);
  while (!data.empty() && !reported_) {
    if (stream.record_left > 0) {
      const std::size_t taken = std::min<std::size_t>(stream.record_left, data.size());
      stream.record_left -= static_cast<std::uint32_t>(taken);
      on_record_bytes(direction, data.first(taken), sink);
      data = data.subspan(taken);
      continue;
    }
    while (stream.header_length < stream.header.size() && !data.empty()) {
      stream.header[stream.header_length++] = data[0];
      data = data.subspan(1);
    }
    if (stream.header_length < stream.header.size()) break;
    stream.header_length = 0;
    if (!is_record_header(stream.header)) {
      if (stream.lost) return Verdict::kMore;  // look again at the next segment
      if (!stream.records_seen && !handshake_.client_hello) return Verdict::kNotMine;
      sink.on_anomaly(AppProto::kTls, "invalid_record_type", direction);
      report(sink);
      return Verdict::kDone;
    }
    stream.lost = false;
    stream.record_type = stream.header[0];
    stream.record_left = static_cast<std::uint32_t>(stream.header[3]) << 8 | stream.header[4];
    on_record_start(direction, sink);
  }
  return reported_ ? Verdict::kDone : Verdict::kMore;
}

Verdict TlsParser::on_gap(Direction direction, std::uint64_t missing, TransactionSink&) {
  if (reported_) return Verdict::kDone;
  Stream& stream = streams_[index_of(direction)];
  stream.message.clear();
  stream.message_left = 0;
  stream.records_seen = true;
  if (stream.header_length == 0 && missing <= stream.record_left) {
    stream.record_left -= static_cast<std::uint32_t>(missing);
    // What is left of this record belongs to a message that cannot be read any more.
    stream.message_left = stream.record_left;
    return Verdict::kMore;
  }
  stream.header_length = 0;
  stream.record_left = 0;
  stream.lost = true;
  return Verdict::kMore;
}

void TlsParser::on_close(TransactionSink& sink) {
  if (handshake_.client_hello || handshake_.server_hello) report(sink);
}

std::string tls_version_name(std::uint16_t version) {
  switch (version) {
    case 0:
      return "UNDETERMINED";
    case tls_version::kSsl2:
      return "SSLv2";
    case tls_version::kSsl3:
      return "SSLv3";
    case tls_version::kTls10:
      return "TLSv1";
    case tls_version::kTls11:
      return "TLS 1.1";
    case tls_version::kTls12:
      return "TLS 1.2";
    case tls_version::kTls13:
      return "TLS 1.3";
    case 0xfeff:
      return "DTLS 1.0";
    case 0xfefd:
      return "DTLS 1.2";
    case 0xfefc:
      return "DTLS 1.3";
    default:
      break;
  }
  const unsigned draft = version & 0xff;
  if ((version >> 8) == 0x7f && draft < 16) return "TLS 1.3 draft-<16";
  if ((version >> 8) == 0x7f && draft <= 28) return "TLS 1.3 draft-" + std::to_string(draft);
  if ((version >> 8) == 0xfb && draft >= 20 && draft <= 26) {
    return "TLS 1.3 draft-" + std::to_string(draft) + "-fb";
  }
  std::string out = "0x";
  constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = 12; shift >= 0; shift -= 4)
    out.push_back(kDigits[version >> shift & 0xf]);
  return out;
}

}  // namespace netmoth::protocols
