// See dns_shard.h.
#include "correlate/dns_shard.h"

#include <algorithm>
#include <cassert>

namespace netmoth::correlate {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;
// A lookup may come this long after the flow's first packet (flow timeouts and then some).
constexpr TimestampNs kLateLookupNs = 3'600 * kSecond;
// Entries given up for the room of one name.
constexpr std::size_t kMaxEvictionsForName = 32;
// Answers of many clients about one address fall into one record within so long.
constexpr TimestampNs kSharedGrainNs = 16 * kSecond;

}  // namespace

bool DnsCache::Entry::superseded(const Record& record, TimestampNs moment) const {
  return static_cast<std::size_t>(std::ranges::count_if(records, [&](const Record& other) {
           return other.used() && other.name == record.name && other.pointer == record.pointer &&
                  other.at > record.at && other.at <= moment;
         })) >= kVersions;
}

DnsCache::Record* DnsCache::Entry::oldest_superseded() {
  Record* oldest = nullptr;
  for (Record& each : records) {
    if (oldest != nullptr && each.at >= oldest->at) continue;
    if (superseded(each, std::numeric_limits<TimestampNs>::max())) oldest = &each;
  }
  return oldest;
}

DnsCache::Entry* DnsCache::Shard::find(const Key& key, std::uint32_t hash) {
  std::uint32_t index = buckets[hash & mask];
  while (index != kNoPlace && (places[index].hash != hash || places[index].key != key))
    index = places[index].chain_next;
  return index == kNoPlace ? nullptr : &places[index];
}

DnsCache::Entry& DnsCache::Shard::find_or_make(const Key& key, std::uint32_t hash) {
  if (Entry* known = find(key, hash); known != nullptr) {
    const auto index = static_cast<std::uint32_t>(known - &places[0]);
    if (newest != index) {
      unlink(index);
      append(index);
    }
    return *known;
  }
  if (free == kNoPlace && constructed == capacity) {
    ++counters.evicted;
    put_out(oldest);
  }
  std::uint32_t index = free;
  if (index != kNoPlace)
    free = places[index].chain_next;
  else
    index = ++constructed;
  Entry& made = places[index];
  made = {};
  made.key = key;
  made.hash = hash;
  made.used = true;
  made.chain_next = buckets[hash & mask];
  buckets[hash & mask] = index;
  append(index);
  ++counters.entries;
  return made;
}

void DnsCache::Shard::append(std::uint32_t index) {
  places[index].older = newest;
  places[index].newer = kNoPlace;
  (newest != kNoPlace ? places[newest].newer : oldest) = index;
  newest = index;
}

void DnsCache::Shard::unlink(std::uint32_t index) {
  const Entry& entry = places[index];
  (entry.older != kNoPlace ? places[entry.older].newer : oldest) = entry.newer;
  (entry.newer != kNoPlace ? places[entry.newer].older : newest) = entry.older;
}

void DnsCache::Shard::put_out(std::uint32_t index) {
  Entry& gone = places[index];
  for (Record& record : gone.records) {
    if (record.used()) drop(record);
  }
  std::uint32_t* link = &buckets[gone.hash & mask];
  while (*link != index)
    link = &places[*link].chain_next;
  *link = gone.chain_next;
  unlink(index);
  gone.used = false;
  gone.chain_next = free;
  free = index;
  --counters.entries;
}

// A hand goes round the places, a few with every answer, so that nothing has to be sorted by TTL.
void DnsCache::Shard::age(TimestampNs now, std::size_t steps) {
  for (std::size_t step = 0; step < steps && constructed > 0; ++step) {
    aging_hand = aging_hand >= constructed ? 1 : aging_hand + 1;
    const Entry& entry = places[aging_hand];
    if (!entry.used) continue;
    const bool over = std::ranges::all_of(entry.records, [now](const Record& record) {
      return !record.used() || record.usable_until() + kLateLookupNs < now;
    });
    if (over) put_out(aging_hand);
  }
}

NameId DnsCache::Shard::intern(std::string_view name) {
  NameId id = names.intern(name);
  for (std::size_t i = 0; id == kNoName && i < kMaxEvictionsForName && oldest != kNoPlace; ++i) {
    ++counters.evicted;
    put_out(oldest);
    id = names.intern(name);
  }
  if (id == kNoName) ++counters.refused;
  return id;
}

// Takes over the reference to record.name. Which records remain does not depend on the order in
// which they come as long as there is room: the newest versions of each name.
void DnsCache::Shard::add(Entry& entry, Record record) {
  const bool shared = entry.key.client.ip_version == 0;
  const auto later = [](const Record* known, Record& each) {
    return known == nullptr || each.at < known->at ? &each : known;
  };
  std::size_t versions = 0;
  Record* room = nullptr;
  const Record* oldest_version = nullptr;
  const Record* oldest_record = nullptr;
  for (Record& each : entry.records) {
    if (!each.used()) {
      room = &each;
      continue;
    }
    oldest_record = later(oldest_record, each);
    if (each.name != record.name || each.pointer != record.pointer) continue;
    const bool same =
        shared ? each.at / kSharedGrainNs == record.at / kSharedGrainNs : each.at == record.at;
    if (same) {
      const TimestampNs end = std::max(each.at + each.lifetime, record.at + record.lifetime);
      each.at = std::min(each.at, record.at);
      each.lifetime = end - each.at;
      return names.release(record.name);
    }
    ++versions;
    oldest_version = later(oldest_version, each);
  }
  entry.crowded = entry.crowded || versions >= kVersions;
  if (room == nullptr && entry.crowded) room = entry.oldest_superseded();
  if (room == nullptr) room = const_cast<Record*>(versions > 1 ? oldest_version : oldest_record);
  assert(room != nullptr);  // all are used, so one of them is the oldest
  if (room->used()) {
    if (room->at > record.at) return names.release(record.name);
    drop(*room);
  }
  *room = record;
}

}  // namespace netmoth::correlate
