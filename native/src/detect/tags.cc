#include "detect/tags.h"

#include <algorithm>

namespace netmoth::detect {

bool TagList::add(const Tag& tag, std::uint64_t rule, TimestampNs now) {
  const auto known = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return entry.rule == rule && entry.unit == tag.unit && entry.amount == tag.amount;
  });
  if (known != entries_.end()) {
    if (known->renewals >= kMaxTagRenewals) return true;
    ++known->renewals;
    known->begun = now;
    known->packets = known->octets = 0;
    return true;
  }
  if (entries_.size() >= kMaxTags) return false;
  Entry& entry = entries_.emplace_back();
  entry.rule = rule;
  entry.unit = tag.unit;
  entry.amount = tag.amount;
  entry.begun = now;
  return true;
}

bool TagList::is_over(const Entry& entry, TimestampNs now) {
  constexpr TimestampNs kSecond = 1'000'000'000;
  switch (entry.unit) {
    case Tag::Unit::kPackets:
      return entry.packets > entry.amount;
    case Tag::Unit::kBytes:
      return entry.octets > entry.amount;
    case Tag::Unit::kSeconds:
      return now > entry.begun &&
             static_cast<std::uint64_t>((now - entry.begun) / kSecond) > entry.amount;
  }
  return true;
}

bool TagList::count_packet(std::uint64_t octets, TimestampNs now) {
  bool told = false;
  std::erase_if(entries_, [&](Entry& entry) {
    ++entry.packets;
    entry.octets += octets;
    if (!entry.began) {
      entry.began = true;
      return false;
    }
    const bool over = is_over(entry, now);
    told = told || !over;
    return over;
  });
  return told;
}

bool TaggedHosts::add(const Address& host, const Tag& tag, std::uint64_t rule, TimestampNs now) {
  const std::lock_guard lock(mutex_);
  if (hosts_.size() >= kMaxTaggedHosts && !hosts_.contains(host)) make_room();
  const auto [known, fresh] = hosts_.try_emplace(host);
  Host& tagged = known->second;
  if (fresh) tagged.place = seen_.insert(seen_.end(), host);
  seen_.splice(seen_.end(), seen_, tagged.place);
  const bool added = tagged.tags.add(tag, rule, now);
  size_.store(hosts_.size(), std::memory_order_relaxed);
  return added;
}

void TaggedHosts::make_room() {
  hosts_.erase(seen_.front());
  seen_.pop_front();
}

bool TaggedHosts::count_host(const Address& host, std::uint64_t octets, TimestampNs now) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return false;
  const bool told = found->second.tags.count_packet(octets, now);
  if (found->second.tags.empty()) {
    seen_.erase(found->second.place);
    hosts_.erase(found);
  } else {
    seen_.splice(seen_.end(), seen_, found->second.place);
  }
  return told;
}

bool TaggedHosts::count_packet(const Address& source, const Address& destination,
                               std::uint64_t octets, TimestampNs now) {
  const std::lock_guard lock(mutex_);
  bool told = count_host(source, octets, now);
  if (source != destination) told = count_host(destination, octets, now) || told;
  size_.store(hosts_.size(), std::memory_order_relaxed);
  return told;
}

}  // namespace netmoth::detect
