// TLS 1.0 to 1.3, SSL 3.0 and SSL 2.0 hellos over a byte stream, up to the end of the handshake.
//
// Invariant: per direction at most one handshake message is kept, kMaxHandshakeMessage octets at
// most (longer ones are passed over); application data is never copied. One on_tls() per
// connection.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "protocols/parser.h"
#include "protocols/tls_handshake.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxHandshakeMessage = 128 * 1024;
inline constexpr std::size_t kMaxTlsRecord = 16384 + 2048;  // RFC 5246 §6.2.3

class TlsParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;

 private:
  struct Stream {
    std::array<std::uint8_t, 5> header{};
    std::uint8_t header_length = 0;
    std::uint8_t record_type = 0;
    std::uint32_t record_left = 0;   // octets of the current record still to come
    std::uint64_t message_left = 0;  // octets of a message passed over still to come
    bool encrypted = false;          // ChangeCipherSpec was seen
    bool lost = false;               // after a gap: not known to stand at a record
    bool records_seen = false;
    std::vector<std::uint8_t> message;  // partial handshake message
  };

  void on_record_bytes(Direction direction, Bytes data, TransactionSink& sink);
  void on_handshake_bytes(Direction direction, Bytes data, TransactionSink& sink);
  void on_message(Direction direction, std::uint8_t type, Bytes body, TransactionSink& sink);
  void on_client_hello(Direction direction, Bytes body, TransactionSink& sink);
  void on_server_hello(Direction direction, Bytes body, TransactionSink& sink);
  void on_certificate(Direction direction, Bytes body, TransactionSink& sink);
  void on_record_start(Direction direction, TransactionSink& sink);
  Verdict on_ssl2(Direction direction, Bytes data, TransactionSink& sink);
  void note_client_hello(const struct ClientHello& hello);
  void report(TransactionSink& sink);

  TlsHandshake handshake_;
  std::vector<std::uint8_t> client_session_id_;
  std::array<Stream, 2> streams_;
  Direction server_direction_ = Direction::kToClient;  // where the server's messages go
  bool reported_ = false;
  bool client_certificate_asked_ = false;
  bool ssl2_ = false;
};

}  // namespace netmoth::protocols
