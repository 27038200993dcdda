// Which names the clients resolved, so that a connection to an address can be called by its name.
//
// One cache serves all workers of a run, because the answer and the connection it led to are
// different flows and may be seen by different workers. It is cut into kShards by answered address,
// each with its own mutex, taken for a few dozen instructions per answered address and per flow
// (once, twice where a name turns up later), never per packet. A mutex and nothing finer: a lookup
// walks an entry of several fields that must fit together, and with kShards shards two workers
// hardly ever meet.
//
// Invariant: a lookup asks for the state AS OF a time (the first packet of the flow). An answer
// later than that is never used. Of each name the last kVersions answers before the moment of the
// lookup count; what room allows is kept beyond that, so that a lookup may be made later than its
// moment and the result is the same whichever worker was faster. Time is packet time throughout.
//
// Capacity: `entries`, half a key (client, address), half (address) alone in ordinary traffic; each
// with at most kRecords records; names in kNameBytesPerEntry an entry. When a shard is full of
// entries or of names, the entry that was answered longest ago goes (counted). Answers put out
// entries whose records are all older than 2 × TTL + kLateLookupNs, kAgingStep at a time.
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <mutex>
#include <string_view>

#include "correlate/name_pool.h"

namespace netmoth::correlate {

enum class Confidence : std::uint8_t { kNone, kLow, kMedium, kHigh };
std::string_view confidence_name(Confidence confidence);

struct Host {
  Address address;
  std::uint8_t ip_version = 0;

  friend bool operator==(const Host&, const Host&) = default;
};

struct DnsMatch {
  Confidence confidence = Confidence::kNone;
  TimestampNs resolved_at = 0;
  std::uint8_t length = 0;
  std::array<char, kMaxDomainLength> text;

  [[nodiscard]] std::string_view domain() const { return {text.data(), length}; }
};

struct DnsCacheCounters {
  std::uint64_t entries = 0;  // now
  std::uint64_t answers = 0;  // addresses and pointers taken in
  std::uint64_t evicted = 0;  // entries put out before their time
  std::uint64_t refused = 0;  // names without room even so
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t memory_bytes = 0;  // of the entries there are now, and their names
};

class DnsCache {
 public:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kRecords = 8;
  static constexpr std::size_t kVersions = 3;  // of one name in one entry
  static constexpr std::size_t kNameBytesPerEntry = 64;
  // TTL 0 is good for the transaction in progress (RFC 1035 §3.2.1), and no TTL for more than a
  // week (RFC 8767 §4).
  static constexpr std::uint32_t kMinTtlSeconds = 1;
  static constexpr std::uint32_t kMaxTtlSeconds = 604'800;

  DnsCache(std::size_t entries, std::uint64_t seed);
  ~DnsCache();

  // `client` was told that `name` (lower case) has `address`.
  void learn(const Host& client, const Host& address, std::string_view name, TimestampNs at,
             std::uint32_t ttl_seconds);
  // Somebody was told that `address` is called `name`.
  void learn_pointer(const Host& address, std::string_view name, TimestampNs at,
                     std::uint32_t ttl_seconds);

  // What `client`, opening a connection to `server` at `at`, had called it. `spoken` (lower case;
  // may be empty) is the name the connection itself gives: SNI or Host.
  //   HIGH    this client, within TTL, and the only name it resolved to the address or the spoken
  //   one MEDIUM  this client, within TTL, but other names lead there too: the newest LOW     this
  //   client up to 2 × TTL; else another client up to 2 × TTL; else a PTR
  // `moment`: of the event that wants to know; answers after it do not count as newer versions.
  void find(const Host& client, const Host& server, TimestampNs at, std::string_view spoken,
            DnsMatch& match, TimestampNs moment = std::numeric_limits<TimestampNs>::max());

  // Puts out all that is over at `now`, where answers do so step by step.
  void expire(TimestampNs now);

  [[nodiscard]] DnsCacheCounters counters() const;
  // What a full cache of `entries` takes.
  [[nodiscard]] static std::size_t bytes_when_full(std::size_t entries);

 private:
  struct Key;
  struct Record;
  struct Entry;
  struct Shard;

  [[nodiscard]] Shard& shard_of(const Host& address) const;

  std::uint64_t seed_;
  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace netmoth::correlate
