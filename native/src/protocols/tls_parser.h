// TLS 1.0 to 1.3, SSL 3.0 and SSL 2.0 hellos over a byte stream, up to the end of the handshake;
// the record layer. What the messages say is read by tls_conversation.h.
//
// Invariant: per direction at most one handshake message is kept, kMaxHandshakeMessage octets at
// most (longer ones are passed over), and no more memory is taken than came; application data is
// never copied. One record per connection. Where both ends may send heartbeats the records' headers
// are watched on, for kMaxHeartbeatOctets at most.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "protocols/frame.h"
#include "protocols/parser.h"
#include "protocols/tls_conversation.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxHandshakeMessage = 128 * 1024;
inline constexpr std::size_t kMaxTlsRecord = 16384 + 2048;  // RFC 5246 §6.2.3
inline constexpr std::uint64_t kMaxHeartbeatOctets = 1024 * 1024;

// Heartbeats (RFC 6520) that ask or answer more than they carry (CVE-2014-0160).
class HeartbeatWatch {
 public:
  // `head`: the first octets of the record's body, three where it is long enough.
  std::optional<TlsEvent> on_record(Direction direction, bool encrypted, Bytes head,
                                    std::size_t length);

 private:
  struct Request {
    Direction direction;
    std::size_t length;
  };
  std::optional<Request> request_;  // not answered yet
};

class TlsParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override { conversation_.on_close(sink); }

 private:
  static constexpr std::size_t kHeadLength = 3;

  struct Stream {
    std::array<std::uint8_t, 5> header{};
    std::uint8_t header_length = 0;
    std::uint8_t record_type = 0;
    std::uint8_t head_length = 0;
    std::array<std::uint8_t, kHeadLength> head{};  // of an alert's or a heartbeat's body
    std::uint32_t record_length = 0;
    std::uint32_t record_left = 0;   // octets of the current record still to come
    std::uint64_t message_left = 0;  // octets of a message passed over still to come
    bool encrypted = false;          // ChangeCipherSpec was seen
    bool lost = false;               // after a gap: not known to stand at a record
    bool records_seen = false;
    std::vector<std::uint8_t> message;  // partial handshake message
    FrameKeeper frame;                  // a record, where rules ask for it
  };

  Stream& stream(Direction direction) { return streams_[index_of(direction)]; }
  void on_record_start(Direction direction, TransactionSink& sink);
  void on_record_bytes(Direction direction, Bytes data, TransactionSink& sink);
  void on_short_record(Direction direction, TransactionSink& sink);
  void on_handshake_bytes(Direction direction, Bytes data, TransactionSink& sink);
  static void tell_record(Direction direction, Stream& stream, TransactionSink& sink);
  Bytes continue_message(Direction direction, Bytes data, TransactionSink& sink);
  void pass_over(Stream& stream, Direction direction, std::size_t octets, TransactionSink& sink);
  Verdict on_ssl2(Direction direction, Bytes data, TransactionSink& sink);
  Verdict on_ssl2_record(Direction direction, Bytes record, TransactionSink& sink);
  Verdict refuse(Direction direction, TlsEvent event, TransactionSink& sink);
  // Nothing further is wanted.
  [[nodiscard]] bool finished() const {
    return conversation_.reported() && !watching() && !frames_;
  }
  [[nodiscard]] bool watching() const {
    return conversation_.heartbeats() && watched_ < kMaxHeartbeatOctets;
  }

  TlsConversation conversation_{false};
  HeartbeatWatch heartbeats_;
  std::array<Stream, 2> streams_;
  std::uint64_t watched_ = 0;
  bool ssl2_ = false;
  bool frames_ = false;  // rules ask for records, to the connection's end
};

}  // namespace netmoth::protocols
