// The questions of one flow that wait for their answer.
//
// Capacity: kMaxPending questions; of more the oldest goes. Memory is taken with the first question
// and grows with the number that wait at the same time. Not thread-safe: a parser owns one.
#pragma once

#include <vector>

#include "protocols/dns_message.h"

namespace netmoth::protocols {

class DnsPending {
 public:
  // As many unanswered requests make Suricata's event dns.flooded.
  static constexpr std::size_t kMaxPending = 500;
  // A later answer is to somebody else's question, or a replay.
  static constexpr TimestampNs kLifetimeNs = 60'000'000'000;

  // `query` was seen at `time`. False where another question had to go.
  bool add(const DnsMessage& query, TimestampNs time);
  // Says in `response` whether one of the questions was its own, and forgets that question.
  void match(DnsMessage& response, TimestampNs time);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    TimestampNs time;
    std::uint32_t question;  // hash of name, type and class
    std::uint16_t id;
    bool transfer;  // of a zone: answered by many messages
  };

  std::vector<Entry> entries_;  // in no order
};

}  // namespace netmoth::protocols
