// DNS over UDP and TCP, mDNS (RFC 6762) and LLMNR (RFC 4795): every message becomes one record.
//
// Invariant: over TCP at most one partial message per direction is kept (64 KiB + 2 at most, the
// bound of its length prefix); UDP keeps no message. Of DNS the questions that wait for an answer
// are kept (dns_pending.h). The decoded message is scratch memory of the thread.
#pragma once

#include <array>
#include <vector>

#include "protocols/dns_pending.h"
#include "protocols/parser.h"

namespace netmoth::protocols {

class DnsParser final : public Parser {
 public:
  DnsParser(AppProto proto, Transport transport) : proto_(proto), transport_(transport) {}

  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;

 private:
  struct Stream {
    std::vector<std::uint8_t> partial;  // an incomplete message with its length prefix
    bool lost = false;                  // after a gap: the next bytes need not start a message
  };

  void on_message(Direction direction, Bytes wire, TransactionSink& sink);
  void match(Direction direction, DnsMessage& message, TransactionSink& sink);
  Bytes take_messages(Direction direction, Bytes data, TransactionSink& sink);

  AppProto proto_;
  Transport transport_;
  std::uint64_t next_tx_id_ = 0;
  TimestampNs now_ = 0;  // of the packet that is read
  bool flooded_ = false;
  DnsPending pending_;
  std::array<Stream, 2> streams_;
};

}  // namespace netmoth::protocols
