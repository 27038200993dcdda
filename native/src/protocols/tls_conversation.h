// The handshake messages of one connection, whatever carries them: TLS and DTLS parsers hand over
// whole messages and what their records say; out comes one TlsHandshake.
//
// Invariant: reported once. Nothing but the record is kept, the chains as long as kMaxKeptChain.
#pragma once

#include <vector>

#include "protocols/parser.h"
#include "protocols/tls_event.h"
#include "protocols/tls_handshake.h"

namespace netmoth::protocols {

namespace tls_message {
inline constexpr std::uint8_t kHelloRequest = 0;
inline constexpr std::uint8_t kClientHello = 1;
inline constexpr std::uint8_t kServerHello = 2;
inline constexpr std::uint8_t kHelloVerifyRequest = 3;
inline constexpr std::uint8_t kCertificate = 11;
inline constexpr std::uint8_t kCertificateRequest = 13;
inline constexpr std::uint8_t kServerHelloDone = 14;
inline constexpr std::uint8_t kMaxKnown = 25;
}  // namespace tls_message

namespace tls_record {
inline constexpr std::uint8_t kChangeCipherSpec = 20;
inline constexpr std::uint8_t kAlert = 21;
inline constexpr std::uint8_t kHandshake = 22;
inline constexpr std::uint8_t kApplicationData = 23;
inline constexpr std::uint8_t kHeartbeat = 24;
}  // namespace tls_record

inline constexpr std::size_t kMaxKeptChain = 64 * 1024;

class TlsConversation {
 public:
  explicit TlsConversation(bool dtls) { handshake_.dtls = dtls; }

  // Of the packet whose bytes come next; certificates are held against it.
  void set_time(TimestampNs time) { time_ = time; }

  void on_message(Direction direction, std::uint8_t type, Bytes body, TransactionSink& sink);
  void on_client_hello(Direction direction, const ClientHello& hello);
  // A server of SSL 2.0; `certificate` is empty where it resumes a session.
  void on_ssl2_server_hello(Direction direction, Bytes certificate, TransactionSink& sink);
  // `first`: the other direction had not changed ciphers before.
  void on_change_cipher(Direction direction, bool first, TransactionSink& sink);
  void on_application_data(TransactionSink& sink);
  void on_close(TransactionSink& sink);

  void report(TransactionSink& sink);
  void raise(TlsEvent event, Direction direction, TransactionSink& sink) {
    events_.raise(event, handshake_.dtls ? AppProto::kDtls : AppProto::kTls, direction, sink);
  }

  [[nodiscard]] bool reported() const { return reported_; }
  [[nodiscard]] bool has_client_hello() const { return handshake_.client_hello; }
  [[nodiscard]] bool has_server_hello() const { return handshake_.server_hello; }
  // Both ends may send heartbeats (RFC 6520 §2).
  [[nodiscard]] bool heartbeats() const { return heartbeats_; }

 private:
  void read_client_hello(Direction direction, Bytes body, TransactionSink& sink);
  void read_server_hello(Direction direction, Bytes body, TransactionSink& sink);
  void read_certificate(Direction direction, Bytes body, TransactionSink& sink);
  void keep_certificate(Direction direction, Bytes leaf, TransactionSink& sink);
  void check(TlsPeer& peer, std::string_view host);

  TlsHandshake handshake_;
  TlsEventSet events_;
  std::vector<std::uint8_t> client_session_id_;
  TimestampNs time_ = 0;
  Direction server_direction_ = Direction::kToClient;  // where the server's messages go
  bool reported_ = false;
  bool client_certificate_asked_ = false;
  bool heartbeats_ = false;
};

}  // namespace netmoth::protocols
