#include "correlate/dns_cache.h"

#include <algorithm>
#include <utility>

#include "base/backoff.h"
#include "correlate/dns_shard.h"

namespace netmoth::correlate {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;
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
  const base::SoonLock lock(shard.mutex);
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
  const base::SoonLock lock(shard.mutex);
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
                    DnsMatch& match, TimestampNs moment) {
  match.confidence = Confidence::kNone;
  match.length = 0;
  const std::uint64_t address_hash = hash_of(server, seed_);
  Shard& shard = shard_of(server);
  const base::SoonLock lock(shard.mutex);
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
      if (!own->counts(record, at, moment)) continue;
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
    if (!shared->counts(record, at, moment)) continue;
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
