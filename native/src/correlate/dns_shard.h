// The parts of a DnsCache: entries by client and address, and the shards they are kept in. Private
// to dns_cache.cc and dns_shard.cc; what they do is told in dns_cache.h.
//
// Invariant: a shard is used under its mutex alone. An entry is linked into its bucket and into the
// order of the last answer, or into the free list. Not thread-safe by itself.
#pragma once

#include <bit>

#include "correlate/dns_cache.h"

namespace netmoth::correlate {

// Entries looked at for their age with each answer.
inline constexpr std::size_t kAgingStep = 2;
// Places and buckets of a shard count from 1.
inline constexpr std::uint32_t kNoPlace = 0;

// ip_version 0 as client: what anybody was told.
struct DnsCache::Key {
  Host client;
  Host address;

  friend bool operator==(const Key&, const Key&) = default;
};

struct DnsCache::Record {
  TimestampNs at;
  TimestampNs lifetime;  // 0: free
  NameId name;
  bool pointer;

  [[nodiscard]] bool used() const { return lifetime != 0; }
  [[nodiscard]] TimestampNs usable_until() const { return at + 2 * lifetime; }
};

struct DnsCache::Entry {
  Key key;
  std::uint32_t hash;
  std::uint32_t chain_next;
  std::uint32_t older;  // in the order of the last answer
  std::uint32_t newer;
  bool used;
  bool crowded;  // more than kVersions of a name were kept
  std::array<Record, kRecords> records;

  // kVersions of the name came after it, none of them after `moment`.
  [[nodiscard]] bool superseded(const Record& record, TimestampNs moment) const;
  [[nodiscard]] bool counts(const Record& record, TimestampNs at, TimestampNs moment) const {
    return record.used() && record.at <= at && record.usable_until() >= at &&
           !(crowded && superseded(record, moment));
  }
  // The oldest superseded one; nullptr where there is none.
  [[nodiscard]] Record* oldest_superseded();
};

struct DnsCache::Shard {
  explicit Shard(std::size_t entries)
      : capacity(static_cast<std::uint32_t>(entries)),
        mask(std::bit_ceil(capacity) - 1),
        places(entries + 1),
        buckets(std::size_t{mask} + 1),
        names(entries * kNameBytesPerEntry) {}

  Entry* find(const Key& key, std::uint32_t hash);
  Entry& find_or_make(const Key& key, std::uint32_t hash);
  void put_out(std::uint32_t index);
  void append(std::uint32_t index);
  void unlink(std::uint32_t index);
  void age(TimestampNs now, std::size_t steps = kAgingStep);
  NameId intern(std::string_view name);
  void add(Entry& entry, Record record);
  void drop(Record& record) {
    names.release(record.name);
    record = {};
  }

  std::mutex mutex;  // guards everything below
  const std::uint32_t capacity;
  const std::uint32_t mask;
  LazyArray<Entry> places;  // from 1; the all-zero entry is an unused one
  LazyArray<std::uint32_t> buckets;
  NamePool names;
  std::uint32_t oldest = kNoPlace;
  std::uint32_t newest = kNoPlace;
  std::uint32_t free = kNoPlace;
  std::uint32_t constructed = 0;
  std::uint32_t aging_hand = 0;
  DnsCacheCounters counters;
};

}  // namespace netmoth::correlate
