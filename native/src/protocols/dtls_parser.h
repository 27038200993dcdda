// DTLS 1.0, 1.2 and 1.3 (RFC 4347, 6347, 9147) over datagrams, up to the end of the handshake. What
// the messages say is read by tls_conversation.h.
//
// Invariant: per direction at most kMaxDtlsMessages messages that lack fragments are kept, each of
// kMaxDtlsMessage octets at most; after kMaxDtlsDatagrams datagrams without a hello the parser is
// done. Datagrams of other protocols that share the ports (RFC 7983: STUN, RTP) are passed over.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "protocols/crypto_stream.h"
#include "protocols/parser.h"
#include "protocols/tls_conversation.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxDtlsMessage = 32 * 1024;
inline constexpr std::size_t kMaxDtlsMessages = 8;
inline constexpr unsigned kMaxDtlsDatagrams = 128;

class DtlsParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction, std::uint64_t, TransactionSink&) override { return Verdict::kMore; }
  void on_close(TransactionSink& sink) override { conversation_.on_close(sink); }

 private:
  struct Message {
    std::uint16_t sequence = 0;
    std::uint8_t type = 0;
    std::size_t length = 0;
    CryptoStream octets{kMaxDtlsMessage};
  };
  struct Stream {
    std::optional<std::uint16_t> next;  // sequence of the message that is read next
    bool encrypted = false;
    std::vector<Message> waiting;  // by sequence
  };

  void on_record(Direction direction, std::uint8_t type, std::uint16_t epoch, Bytes body,
                 TransactionSink& sink);
  void on_fragments(Direction direction, Bytes body, TransactionSink& sink);
  void keep_fragment(Stream& stream, Message&& begun, std::size_t offset, Bytes fragment);
  void deliver(Direction direction, TransactionSink& sink);

  TlsConversation conversation_{true};
  std::array<Stream, 2> streams_;
  unsigned datagrams_ = 0;
};

}  // namespace netmoth::protocols
