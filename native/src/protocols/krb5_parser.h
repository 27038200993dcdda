// Kerberos over UDP and TCP: every reply and error becomes one record.
//
// Invariant: over TCP at most one partial message per direction is kept, kMaxMessageBytes at most.
// Of requests only the last one's kind is kept, which an error is told with.
#pragma once

#include <array>
#include <vector>

#include "protocols/parser.h"

namespace netmoth::protocols {

class Krb5Parser final : public Parser {
 public:
  static constexpr std::size_t kMaxMessageBytes = 65'536;

  explicit Krb5Parser(Transport transport) : transport_(transport) {}

  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink&) override {}

 private:
  struct Stream {
    std::vector<std::uint8_t> partial;
    bool lost = false;  // the next bytes need not start a message
  };

  void on_message(Direction direction, Bytes data, TransactionSink& sink);
  // Hands over the whole messages at the start of `data`; returns what is left.
  Bytes take_messages(Direction direction, Stream& stream, Bytes data, TransactionSink& sink);

  Transport transport_;
  std::uint8_t last_request_ = 0;
  std::array<Stream, 2> streams_;
};

}  // namespace netmoth::protocols
