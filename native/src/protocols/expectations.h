// Connections that another connection announced: FTP's data connections (RFC 959, 2428).
//
// An announcement comes twice: when the port is known, and again with what the connection is for.
// The data may come between the two (the control connection's octets count once acknowledged), so a
// connection takes what is known and may ask again at its end.
//
// Invariant: at most kMaxExpectations wait at a time (the oldest goes first, counted) and none
// longer than kExpectationNs. A connection is expected between the two hosts of the one that
// announced it, whatever address the announcement names: servers behind address translation
// announce their inner one, and nobody can make us take a third host's connection for theirs.
//
// Threads: one lock, taken for an announcement and, only while something is expected, for the first
// octets of a TCP connection; workers of one run share one table.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/types.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxExpectations = 4096;
inline constexpr TimestampNs kExpectationNs = 60'000'000'000;

// What a parser announces of a connection to come.
struct Expectation {
  bool server_opens = false;  // active mode: the announcing connection's server is the client
  std::uint16_t port = 0;     // of the listening end
  std::string_view command;   // what it is for, e.g. "RETR"; empty: not known yet
  std::string_view file_name;
};

struct ExpectedEnds {
  Address client;
  Address server;
  std::uint16_t server_port = 0;
  std::uint8_t ip_version = 0;

  friend bool operator==(const ExpectedEnds&, const ExpectedEnds&) = default;
};

struct ExpectedTransfer {
  std::string command;
  std::string file_name;
};

struct ExpectationCounters {
  std::uint64_t announced = 0;
  std::uint64_t matched = 0;
  std::uint64_t expired = 0;
  std::uint64_t evicted = 0;
};

class ExpectationTable {
 public:
  // Replaces what was expected between the same ends; tells one that was taken what it is for.
  void add(const ExpectedEnds& ends, const Expectation& expectation, TimestampNs now);
  // Of the connection that opens between these ends; once.
  std::optional<ExpectedTransfer> take(const ExpectedEnds& ends, TimestampNs now);
  // What is known now of the one that was taken.
  std::optional<ExpectedTransfer> recall(const ExpectedEnds& ends);
  [[nodiscard]] ExpectationCounters counters() const;

 private:
  struct Entry {
    ExpectedTransfer transfer;
    TimestampNs since = 0;
    std::uint64_t number = 0;
    bool taken = false;
  };
  struct Hash {
    std::size_t operator()(const ExpectedEnds& ends) const;
  };

  void forget_oldest(std::uint64_t& counter);

  mutable std::mutex mutex_;
  // Read without the lock to see that nothing is expected; the lock orders all else.
  std::atomic<std::size_t> waiting_{0};
  std::unordered_map<ExpectedEnds, Entry, Hash> entries_;
  // In the order they came; an entry that was taken or replaced since has another number.
  std::deque<std::pair<ExpectedEnds, std::uint64_t>> order_;
  std::uint64_t next_number_ = 1;
  ExpectationCounters counters_;
};

}  // namespace netmoth::protocols
