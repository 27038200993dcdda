#include "detect/host_state.h"

#include <algorithm>

namespace netmoth::detect {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;

bool is_over(const HostState::Entry& entry, TimestampNs now) {
  return entry.until != 0 && now > entry.until;
}

HostKey key_of(const Rate& rate, const RateSubject& subject) {
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;  // rates of a rule count apart
  HostKey key{HostKey::What::kRate, subject.rule + subject.place * kStep, {}, {}};
  if (rate.track == "by_src") key.first = subject.source;
  if (rate.track == "by_dst") key.first = subject.destination;
  if (rate.track == "by_both") {
    key.first = std::min(subject.source, subject.destination);
    key.second = std::max(subject.source, subject.destination);
  }
  if (rate.track == "by_flow") std::memcpy(key.first.octets.data(), &subject.flow_id, 8);
  return key;
}

// One more match; whether it is told.
bool count_match(const Rate& rate, HostState::Entry& entry) {
  ++entry.count;
  switch (rate.type) {
    case Rate::Type::kLimit:
      return entry.count <= rate.count;
    case Rate::Type::kThreshold:
      if (entry.count < rate.count) return false;
      entry.count = 0;
      return true;
    case Rate::Type::kBoth:
      return entry.count == rate.count;
    case Rate::Type::kDetectionFilter:
      return entry.count > rate.count;
    case Rate::Type::kBackoff: {
      const std::uint64_t next = entry.told == 0 ? rate.count : entry.told;
      if (entry.count < next) return false;
      entry.told = next * std::max<std::uint64_t>(rate.multiplier, 2);
      return true;
    }
    case Rate::Type::kRateFilter:  // changes actions; there are none here
      return true;
  }
  return true;
}

}  // namespace

HostState::HostState(std::uint64_t seed, std::size_t entries)
    : seed_(seed), capacity_(std::max<std::size_t>(entries / kShards, 1)) {}

HostState::~HostState() = default;

std::size_t HostState::bytes_when_full(std::size_t entries) {
  return entries * (sizeof(Node) + sizeof(std::uint32_t)) + sizeof(HostState);
}

std::uint64_t HostState::hash_of(const HostKey& key) const {
  std::uint64_t hash = seed_ ^ (key.name * 0x9e3779b97f4a7c15ULL + static_cast<unsigned>(key.what));
  for (const Address* address : {&key.first, &key.second}) {
    std::uint64_t half[2];
    std::memcpy(half, address->octets.data(), sizeof half);
    hash = (hash ^ half[0]) * 0xff51afd7ed558ccdULL;
    hash = (hash ^ half[1] ^ hash >> 29) * 0xc4ceb9fe1a85ec53ULL;
  }
  return hash ^ hash >> 32;
}

void HostState::unlink(Shard& shard, std::uint32_t place) {
  const Node& node = shard.nodes[place];
  (node.older == kNone ? shard.oldest : shard.nodes[node.older].newer) = node.newer;
  (node.newer == kNone ? shard.newest : shard.nodes[node.newer].older) = node.older;
}

void HostState::link_newest(Shard& shard, std::uint32_t place) {
  Node& node = shard.nodes[place];
  node.older = shard.newest;
  node.newer = kNone;
  (shard.newest == kNone ? shard.oldest : shard.nodes[shard.newest].newer) = place;
  shard.newest = place;
}

HostState::Entry* HostState::find(Shard& shard, const HostKey& key, TimestampNs now) {
  if (shard.buckets.empty()) return nullptr;
  for (std::uint32_t at = bucket_of(shard, key); at != kNone; at = shard.nodes[at].chain_next) {
    Node& node = shard.nodes[at];
    if (node.key != key) continue;
    if (is_over(node.entry, now)) {
      remove(shard, at);
      return nullptr;
    }
    unlink(shard, at);
    link_newest(shard, at);
    return &node.entry;
  }
  return nullptr;
}

HostState::Entry& HostState::make(Shard& shard, const HostKey& key, TimestampNs now) {
  if (shard.buckets.empty()) {
    shard.buckets.assign(capacity_, kNone);
    shard.nodes.reserve(capacity_);
  }
  if (shard.size == capacity_) {
    if (!is_over(shard.nodes[shard.oldest].entry, now)) ++shard.evicted;
    remove(shard, shard.oldest);
  }
  std::uint32_t place = shard.free;
  if (place == kNone) {
    place = static_cast<std::uint32_t>(shard.nodes.size());
    shard.nodes.emplace_back();
  } else {
    shard.free = shard.nodes[place].chain_next;
  }
  std::uint32_t& bucket = bucket_of(shard, key);
  Node& node = shard.nodes[place];
  node.key = key;
  node.entry = {};
  node.chain_next = bucket;
  bucket = place;
  link_newest(shard, place);
  ++shard.size;
  return node.entry;
}

void HostState::remove(Shard& shard, std::uint32_t place) {
  Node& node = shard.nodes[place];
  std::uint32_t* link = &bucket_of(shard, node.key);
  while (*link != place)
    link = &shard.nodes[*link].chain_next;
  *link = node.chain_next;
  unlink(shard, place);
  node.chain_next = shard.free;
  shard.free = place;
  --shard.size;
}

bool HostState::has(const HostKey& key, TimestampNs now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  return find(shard, key, now) != nullptr;
}

std::uint64_t HostState::count_of(const HostKey& key, TimestampNs now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const Entry* const entry = find(shard, key, now);
  return entry == nullptr ? 0 : entry->count;
}

void HostState::set(const HostKey& key, TimestampNs until, TimestampNs now) {
  update(key, now, [until](Entry& entry, bool) { entry.until = until; });
}

void HostState::clear(const HostKey& key) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  // By no clock: it goes whether it is over or not.
  if (find(shard, key, 0) != nullptr) remove(shard, shard.newest);
}

void HostState::toggle(const HostKey& key, TimestampNs until, TimestampNs now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (find(shard, key, now) != nullptr)
    remove(shard, shard.newest);
  else
    make(shard, key, now).until = until;
}

HostCounters HostState::counters() const {
  HostCounters all;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    all.entries += shard.size;
    all.evicted += shard.evicted;
  }
  return all;
}

bool rate_allows(const Rate& rate, const RateSubject& subject, HostState& hosts) {
  const TimestampNs window = static_cast<TimestampNs>(rate.seconds) * kSecond;
  return hosts.update(key_of(rate, subject), subject.now, [&](HostState::Entry& entry, bool fresh) {
    if (fresh && rate.type != Rate::Type::kBackoff) entry.until = subject.now + window;
    return count_match(rate, entry);
  });
}

}  // namespace netmoth::detect
