// SIP over UDP and TCP: every message becomes one record.
//
// Invariant: over TCP at most one partial message per direction is kept, with kMaxMessageBytes of
// headers and as much of body at most; the end of its headers is looked for once whatever pieces
// they come in. UDP keeps nothing.
#pragma once

#include <array>
#include <vector>

#include "protocols/parser.h"
#include "protocols/sip_message.h"

namespace netmoth::protocols {

class SipParser final : public Parser {
 public:
  static constexpr std::size_t kMaxMessageBytes = 65'536;

  explicit SipParser(Transport transport) : transport_(transport) {}

  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;

 private:
  struct Stream {
    std::vector<std::uint8_t> partial;
    std::size_t scanned = 0;  // octets of `partial` that hold no end of headers
    std::size_t wanted = 0;   // length of the whole message; 0 until its headers are there
    bool lost = false;        // after a gap: the next bytes need not start a message
  };

  void on_datagram(Direction direction, Bytes data, TransactionSink& sink);
  // Hands over the message that begins `data`; returns its length, 0 where it is not whole yet.
  std::size_t take_message(Direction direction, Stream& stream, Bytes data, TransactionSink& sink);
  static void tell_frames(Direction direction, Bytes data, std::size_t headers,
                          const SipMessage& message, TransactionSink& sink);
  void lose(Stream& stream);

  Transport transport_;
  std::array<Stream, 2> streams_;
};

}  // namespace netmoth::protocols
