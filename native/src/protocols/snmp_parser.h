// SNMP over UDP: every datagram that is a message becomes one record.
//
// Invariant: of a flow only the version of its first message is kept.
#pragma once

#include "protocols/parser.h"

namespace netmoth::protocols {

class SnmpParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction, std::uint64_t, TransactionSink&) override { return Verdict::kMore; }
  void on_close(TransactionSink&) override {}

 private:
  std::uint8_t version_ = 0;
};

}  // namespace netmoth::protocols
