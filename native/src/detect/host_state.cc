#include "detect/host_state.h"

#include <algorithm>

namespace netmoth::detect {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;

HostKey key_of(const Rate& rate, const RateSubject& subject) {
  HostKey key{HostKey::What::kRate, subject.rule, {}, {}};
  if (rate.track == "by_src") key.first = subject.source;
  if (rate.track == "by_dst") key.first = subject.destination;
  if (rate.track == "by_both") {
    key.first = std::min(subject.source, subject.destination);
    key.second = std::max(subject.source, subject.destination);
  }
  if (rate.track == "by_flow") std::memcpy(key.first.octets.data(), &subject.flow_id, 8);
  return key;
}

}  // namespace

HostState::Entry* HostState::find(const HostKey& key, TimestampNs now) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  if (found->second.until == 0 || now <= found->second.until) return &found->second;
  entries_.erase(found);
  return nullptr;
}

HostState::Entry& HostState::make(const HostKey& key, TimestampNs now) {
  if (entries_.size() >= kMaxHostEntries) make_room(now);
  return entries_[key];
}

void HostState::make_room(TimestampNs now) {
  const std::size_t before = entries_.size();
  std::erase_if(entries_, [now](const auto& entry) {
    return entry.second.until != 0 && now > entry.second.until;
  });
  if (entries_.size() == before) {
    const auto oldest = std::ranges::min_element(
        entries_, {}, [](const auto& entry) { return entry.second.since; });
    entries_.erase(oldest);
  }
  evicted_ += before - entries_.size();
}

bool rate_allows(const Rate& rate, const RateSubject& subject, HostState& hosts) {
  const HostKey key = key_of(rate, subject);
  const TimestampNs window = static_cast<TimestampNs>(rate.seconds) * kSecond;
  HostState::Entry* entry = hosts.find(key, subject.now);
  if (entry == nullptr) {
    entry = &hosts.make(key, subject.now);
    *entry = {subject.now, rate.type == Rate::Type::kBackoff ? 0 : subject.now + window, 0, 0};
  }
  ++entry->count;
  switch (rate.type) {
    case Rate::Type::kLimit:
      return entry->count <= rate.count;
    case Rate::Type::kThreshold:
      if (entry->count < rate.count) return false;
      entry->count = 0;
      return true;
    case Rate::Type::kBoth:
      return entry->count == rate.count;
    case Rate::Type::kDetectionFilter:
      return entry->count > rate.count;
    case Rate::Type::kBackoff: {
      const std::uint64_t next = entry->told == 0 ? rate.count : entry->told;
      if (entry->count < next) return false;
      entry->told = next * std::max<std::uint64_t>(rate.multiplier, 2);
      return true;
    }
    case Rate::Type::kRateFilter:
      return true;
  }
  return true;
}

}  // namespace netmoth::detect
