// See tls_conversation.h.
#include "protocols/tls_conversation.h"

#include <algorithm>

#include "base/reader.h"
#include "protocols/tls_fingerprint.h"

namespace netmoth::protocols {
namespace {

std::vector<std::string> alpn_names(const TlsExtensions& extensions) {
  std::vector<std::string> names;
  for_each_alpn(extensions, [&](Bytes name) { names.emplace_back(as_text(name)); });
  return names;
}

bool is_tls13(std::uint16_t version) {
  constexpr std::uint16_t kDtls13 = 0xfefc;
  const unsigned major = version >> 8;
  return version == tls_version::kTls13 || version == kDtls13 || major == 0x7f || major == 0xfb;
}

}  // namespace

void TlsConversation::check(TlsPeer& peer, std::string_view host) {
  if (peer.certificate) peer.findings = check_certificate(*peer.certificate, host, time_);
}

void TlsConversation::report(TransactionSink& sink) {
  if (reported_) return;
  reported_ = true;
  check(handshake_.server, handshake_.sni);
  check(handshake_.client, {});
  sink.on_record(Direction::kToServer, handshake_);
  handshake_.server = {};
  handshake_.client = {};
}

void TlsConversation::on_client_hello(Direction direction, const ClientHello& hello) {
  server_direction_ = opposite(direction);
  // The answer to a HelloRetryRequest is a second hello; the first one names the client.
  if (handshake_.client_hello) return;
  handshake_.client_hello = true;
  handshake_.client_version = hello.legacy_version;
  handshake_.client_random.assign(as_text(hello.random));
  handshake_.sni = server_name(hello);
  handshake_.client_alpns = alpn_names(hello.extensions);
  handshake_.ja3 = ja3_string(hello);
  handshake_.ja3_hash = ja3_hash(handshake_.ja3);
  // OpenSSL's DTLS before the RFC wrote another version, which JA4 does not know.
  const bool known = !handshake_.dtls || (hello.legacy_version >> 8) == 0xfe;
  if (known) handshake_.ja4 = ja4(hello, handshake_.dtls ? Ja4Carrier::kDtls : Ja4Carrier::kTcp);
  handshake_.encrypted_hello = encrypted_hello(hello.extensions);
  handshake_.early_data = hello.extensions.find(tls_extension::kEarlyData).has_value();
  client_session_id_.assign(hello.session_id.begin(), hello.session_id.end());
}

void TlsConversation::read_client_hello(Direction direction, Bytes body, TransactionSink& sink) {
  ClientHello hello;
  if (!parse_client_hello(body, hello, handshake_.dtls)) {
    raise(TlsEvent::kInvalidHandshakeMessage, direction, sink);
    return;
  }
  if (hello.cut) raise(TlsEvent::kHandshakeInvalidLength, direction, sink);
  const HelloFaults faults = find_faults(hello.extensions);
  if (faults.several_names) raise(TlsEvent::kMultipleSniExtensions, direction, sink);
  if (faults.name_type) raise(TlsEvent::kInvalidSniType, direction, sink);
  if (faults.name_length) raise(TlsEvent::kInvalidSniLength, direction, sink);
  if (faults.alpn) raise(TlsEvent::kInvalidAlpn, direction, sink);
  on_client_hello(direction, hello);
}

void TlsConversation::read_server_hello(Direction direction, Bytes body, TransactionSink& sink) {
  ServerHello hello;
  if (!parse_server_hello(body, hello)) {
    raise(TlsEvent::kInvalidHandshakeMessage, direction, sink);
    return;
  }
  if (hello.cut) raise(TlsEvent::kHandshakeInvalidLength, direction, sink);
  server_direction_ = direction;
  if (hello.retry) {
    handshake_.retried = true;
    return;
  }
  if (handshake_.server_hello) return;
  handshake_.server_hello = true;
  handshake_.server_random.assign(as_text(hello.random));
  handshake_.version = hello.version;
  handshake_.ja3s = ja3s_string(hello);
  handshake_.ja3s_hash = ja3_hash(handshake_.ja3s);
  handshake_.server_alpns = alpn_names(hello.extensions);
  heartbeats_ = hello.extensions.find(tls_extension::kHeartbeat).has_value();
  if (is_tls13(hello.version)) {
    handshake_.session_resumed = hello.extensions.find(tls_extension::kPreSharedKey).has_value();
    report(sink);  // all that follows is encrypted
    return;
  }
  handshake_.session_resumed = handshake_.client_hello && !hello.session_id.empty() &&
                               std::ranges::equal(hello.session_id, client_session_id_);
}

void TlsConversation::read_certificate(Direction direction, Bytes body, TransactionSink& sink) {
  base::Reader reader(body);
  const std::size_t length = reader.u24();
  if (!reader.ok() || length > reader.remaining()) {
    raise(TlsEvent::kInvalidCertificate, direction, sink);
    return;
  }
  const Bytes list = reader.bytes(length);
  if (list.empty()) return;  // a client without a certificate
  base::Reader chain(list);
  const Bytes leaf = chain.bytes(chain.u24());
  if (!chain.ok() || leaf.empty()) {
    raise(TlsEvent::kCertificateInvalidLength, direction, sink);
    return;
  }
  TlsPeer& peer = direction == server_direction_ ? handshake_.server : handshake_.client;
  if (peer.certificate) return;
  if (list.size() <= kMaxKeptChain) peer.chain.assign(list.begin(), list.end());
  keep_certificate(direction, leaf, sink);
}

void TlsConversation::keep_certificate(Direction direction, Bytes leaf, TransactionSink& sink) {
  TlsPeer& peer = direction == server_direction_ ? handshake_.server : handshake_.client;
  peer.certificate = parse_certificate(leaf);
  if (direction == server_direction_) handshake_.session_resumed = false;
  if (peer.certificate->fault) raise(*peer.certificate->fault, direction, sink);
}

void TlsConversation::on_ssl2_server_hello(Direction direction, Bytes certificate,
                                           TransactionSink& sink) {
  server_direction_ = direction;
  handshake_.server_hello = true;
  handshake_.version = tls_version::kSsl2;
  if (!certificate.empty()) keep_certificate(direction, certificate, sink);
  report(sink);
}

void TlsConversation::on_message(Direction direction, std::uint8_t type, Bytes body,
                                 TransactionSink& sink) {
  switch (type) {
    case tls_message::kClientHello:
      return read_client_hello(direction, body, sink);
    case tls_message::kServerHello:
      return read_server_hello(direction, body, sink);
    case tls_message::kHelloVerifyRequest:
      if (handshake_.dtls) handshake_.retried = true;
      return;
    case tls_message::kCertificate:
      return read_certificate(direction, body, sink);
    case tls_message::kCertificateRequest:
      client_certificate_asked_ = true;
      return;
    case tls_message::kServerHelloDone:
      // All that is in clear was said, unless the client has a certificate to show.
      if (handshake_.server_hello && !client_certificate_asked_) report(sink);
      return;
    default:
      return;
  }
}

void TlsConversation::on_change_cipher(Direction direction, bool first, TransactionSink& sink) {
  // A server that changes ciphers without having shown a certificate goes on with an old session.
  if (direction == server_direction_ && first && !handshake_.server.certificate)
    handshake_.session_resumed = true;
  report(sink);
}

void TlsConversation::on_application_data(TransactionSink& sink) {
  if (handshake_.server_hello) report(sink);
}

void TlsConversation::on_close(TransactionSink& sink) {
  if (handshake_.client_hello || handshake_.server_hello) report(sink);
}

}  // namespace netmoth::protocols
