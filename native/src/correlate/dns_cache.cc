#include "correlate/dns_cache.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace netmoth::correlate {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;
// A lookup may come this long after the flow's first packet (flow timeouts and then some).
constexpr TimestampNs kLateLookupNs = 3'600 * kSecond;
// Entries looked at for their age with each answer.
constexpr std::size_t kAgingStep = 2;
// Entries given up for the room of one name.
constexpr std::size_t kMaxEvictionsForName = 32;
// Answers of many clients about one address fall into one record within so long.
constexpr TimestampNs kSharedGrainNs = 16 * kSecond;
constexpr std::size_t kMinEntriesPerShard = 8;

std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93ULL;
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93ULL;
  return value ^ value >> 32;
}

std::uint64_t hash_of(const Host& host, std::uint64_t seed) {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, host.address.octets.data(), 8);
  std::memcpy(&low, host.address.octets.data() + 8, 8);
  return mix(mix(high ^ seed) ^ low ^ std::uint64_t{host.ip_version} << 56);
}

TimestampNs lifetime_ns(std::uint32_t ttl_seconds) {
  return TimestampNs{std::clamp(ttl_seconds, DnsCache::kMinTtlSeconds, DnsCache::kMaxTtlSeconds)} *
         kSecond;
}

constexpr std::uint32_t kNone = 0;  // places and buckets count from 1

}  // namespace

std::string_view confidence_name(Confidence confidence) {
  switch (confidence) {
    case Confidence::kNone:
      return "none";
    case Confidence::kLow:
      return "low";
    case Confidence::kMedium:
      return "medium";
    case Confidence::kHigh:
      return "high";
  }
  return "none";
}

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
  std::array<Record, kRecords> records;
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
  std::uint32_t oldest = kNone;
  std::uint32_t newest = kNone;
  std::uint32_t free = kNone;
  std::uint32_t constructed = 0;
  std::uint32_t aging_hand = 0;
  DnsCacheCounters counters;
};

DnsCache::Entry* DnsCache::Shard::find(const Key& key, std::uint32_t hash) {
  std::uint32_t index = buckets[hash & mask];
  while (index != kNone && (places[index].hash != hash || places[index].key != key))
    index = places[index].chain_next;
  return index == kNone ? nullptr : &places[index];
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
  if (free == kNone && constructed == capacity) {
    ++counters.evicted;
    put_out(oldest);
  }
  std::uint32_t index = free;
  if (index != kNone)
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
  places[index].newer = kNone;
  (newest != kNone ? places[newest].newer : oldest) = index;
  newest = index;
}

void DnsCache::Shard::unlink(std::uint32_t index) {
  const Entry& entry = places[index];
  (entry.older != kNone ? places[entry.older].newer : oldest) = entry.newer;
  (entry.newer != kNone ? places[entry.newer].older : newest) = entry.older;
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
  for (std::size_t i = 0; id == kNoName && i < kMaxEvictionsForName && oldest != kNone; ++i) {
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
  if (versions >= kVersions || (room == nullptr && versions > 1))
    room = const_cast<Record*>(oldest_version);
  else if (room == nullptr)
    room = const_cast<Record*>(oldest_record);
  if (room->used()) {
    if (room->at > record.at) return names.release(record.name);
    drop(*room);
  }
  *room = record;
}

DnsCache::DnsCache(std::size_t entries, std::uint64_t seed) : seed_(seed) {
  for (auto& shard : shards_)
    shard = std::make_unique<Shard>(std::max(entries / kShards, kMinEntriesPerShard));
}

DnsCache::~DnsCache() = default;

DnsCache::Shard& DnsCache::shard_of(const Host& address) const {
  return *shards_[hash_of(address, seed_) >> 60];
}
static_assert(DnsCache::kShards == 16);

void DnsCache::learn(const Host& client, const Host& address, std::string_view name, TimestampNs at,
                     std::uint32_t ttl_seconds) {
  const std::uint64_t address_hash = hash_of(address, seed_);
  const auto pair_hash = static_cast<std::uint32_t>(hash_of(client, address_hash));
  const auto shared_hash = static_cast<std::uint32_t>(address_hash);
  Shard& shard = shard_of(address);
  const std::lock_guard lock(shard.mutex);
  const NameId id = shard.intern(name);
  if (id == kNoName) return;
  ++shard.counters.answers;
  const Record record{at, lifetime_ns(ttl_seconds), id, false};
  // The first add may put out an entry, but not the name: `id` holds a reference for each of both.
  shard.names.retain(id);
  shard.add(shard.find_or_make({client, address}, pair_hash), record);
  shard.add(shard.find_or_make({{}, address}, shared_hash), record);
  shard.age(at);
}

void DnsCache::learn_pointer(const Host& address, std::string_view name, TimestampNs at,
                             std::uint32_t ttl_seconds) {
  const auto shared_hash = static_cast<std::uint32_t>(hash_of(address, seed_));
  Shard& shard = shard_of(address);
  const std::lock_guard lock(shard.mutex);
  const NameId id = shard.intern(name);
  if (id == kNoName) return;
  ++shard.counters.answers;
  shard.add(shard.find_or_make({{}, address}, shared_hash),
            Record{at, lifetime_ns(ttl_seconds), id, true});
  shard.age(at);
}

namespace {

// Of two names answered at the same time either would do; the same one every time is what matters.
template <typename Record>
bool better(const NamePool& names, const Record& candidate, const Record* best) {
  if (best == nullptr) return true;
  if (candidate.at != best->at) return candidate.at > best->at;
  return names.text(candidate.name) < names.text(best->name);
}

}  // namespace

void DnsCache::find(const Host& client, const Host& server, TimestampNs at, std::string_view spoken,
                    DnsMatch& match) {
  match.confidence = Confidence::kNone;
  match.length = 0;
  const std::uint64_t address_hash = hash_of(server, seed_);
  Shard& shard = shard_of(server);
  const std::lock_guard lock(shard.mutex);
  ++shard.counters.lookups;
  const NameId spoken_id = spoken.empty() ? kNoName : shard.names.find(spoken);
  const auto take = [&](const Record& record, Confidence confidence) {
    const std::string_view text = shard.names.text(record.name);
    text.copy(match.text.data(), text.size());
    match.length = static_cast<std::uint8_t>(text.size());
    match.resolved_at = record.at;
    match.confidence = confidence;
    ++shard.counters.hits;
  };

  const Entry* own =
      shard.find({client, server}, static_cast<std::uint32_t>(hash_of(client, address_hash)));
  if (own != nullptr) {
    const Record* newest = nullptr;
    const Record* confirmed = nullptr;
    const Record* expired = nullptr;
    bool several = false;
    for (const Record& record : own->records) {
      if (!record.used() || record.at > at || record.usable_until() < at) continue;
      if (record.at + record.lifetime < at) {
        const bool alike =
            expired == nullptr || (record.name == spoken_id) == (expired->name == spoken_id);
        const bool prefers =
            alike ? better(shard.names, record, expired) : record.name == spoken_id;
        if (prefers) expired = &record;
        continue;
      }
      several = several || (newest != nullptr && newest->name != record.name);
      if (record.name == spoken_id && better(shard.names, record, confirmed)) confirmed = &record;
      if (better(shard.names, record, newest)) newest = &record;
    }
    if (confirmed != nullptr) return take(*confirmed, Confidence::kHigh);
    if (newest != nullptr) {
      // Another name spoken than the one resolved: two names lead there after all.
      const bool doubtful = several || !spoken.empty();
      return take(*newest, doubtful ? Confidence::kMedium : Confidence::kHigh);
    }
    if (expired != nullptr) return take(*expired, Confidence::kLow);
  }

  const Entry* shared = shard.find({{}, server}, static_cast<std::uint32_t>(address_hash));
  if (shared == nullptr) return;
  const Record* best = nullptr;
  for (const Record& record : shared->records) {
    if (!record.used() || record.at > at || record.usable_until() < at) continue;
    // An address record says more than a pointer, a name that is spoken more than another.
    const auto rank = [&](const Record& each) {
      return (each.pointer ? 0 : 2) + (each.name == spoken_id ? 1 : 0);
    };
    const bool alike = best == nullptr || rank(record) == rank(*best);
    const bool prefers = alike ? better(shard.names, record, best) : rank(record) > rank(*best);
    if (prefers) best = &record;
  }
  if (best != nullptr) take(*best, Confidence::kLow);
}

void DnsCache::expire(TimestampNs now) {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    shard->age(now, shard->constructed);
  }
}

DnsCacheCounters DnsCache::counters() const {
  DnsCacheCounters sum;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    sum.entries += shard->counters.entries;
    sum.answers += shard->counters.answers;
    sum.evicted += shard->counters.evicted;
    sum.refused += shard->counters.refused;
    sum.lookups += shard->counters.lookups;
    sum.hits += shard->counters.hits;
    sum.memory_bytes += shard->counters.entries * sizeof(Entry) + shard->names.held_bytes();
  }
  return sum;
}

std::size_t DnsCache::bytes_when_full(std::size_t entries) {
  const std::size_t each = std::max(entries / kShards, kMinEntriesPerShard);
  const std::size_t buckets = std::bit_ceil(each) * sizeof(std::uint32_t);
  return kShards * ((each + 1) * sizeof(Entry) + buckets +
                    NamePool::bytes_when_full(each * kNameBytesPerEntry));
}

}  // namespace netmoth::correlate
