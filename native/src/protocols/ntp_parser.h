// NTP over UDP: every datagram that is a message becomes one record.
//
// Invariant: nothing is kept of a flow.
#pragma once

#include "protocols/parser.h"

namespace netmoth::protocols {

class NtpParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction, std::uint64_t, TransactionSink&) override { return Verdict::kMore; }
  void on_close(TransactionSink&) override {}
};

}  // namespace netmoth::protocols
