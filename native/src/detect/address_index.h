// Rules on addresses alone, by the addresses they are about: a set may have a thousand of them, a
// packet few.
//
// Invariant: append() gives every rule that can match, in the set's order; the rule is tested all
// the same. Immutable once closed.
#pragma once

#include "decode/packet.h"
#include "detect/interval_index.h"
#include "detect/rule.h"

namespace netmoth::detect {

class AddressIndex {
 public:
  void add(std::uint32_t place, const Rule& rule) {
    ++size_;
    if (std::ranges::any_of(rule.heads, takes_ipv6)) ipv6_.push_back(place);
    // By its source where that is few addresses, else by its destination.
    if (rule.heads.size() == 1 && !rule.heads[0].source->any)
      add(place, *rule.heads[0].source, by_source_);
    else if (rule.heads.size() == 1 && !rule.heads[0].destination->any)
      add(place, *rule.heads[0].destination, by_destination_);
    else
      always_.push_back(place);
  }
  void close() {
    by_source_.close();
    by_destination_.close();
  }

  // The candidates, after what `to` has. Those of IPv6 are narrowed down to rules that have any.
  void append(const decode::Packet& packet, std::vector<std::uint32_t>& to) const {
    const auto begun = static_cast<std::ptrdiff_t>(to.size());
    const auto take = [&](std::span<const std::uint32_t> rules) {
      to.insert(to.end(), rules.begin(), rules.end());
    };
    if (packet.ip_version == 6) return take(ipv6_);
    if (packet.ip_version != 4) return;
    take(always_);
    take(by_source_.items_of(ipv4_number(packet.source)));
    take(by_destination_.items_of(ipv4_number(packet.destination)));
    std::sort(to.begin() + begun, to.end());
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static void add(std::uint32_t place, const AddressSet& addresses, IntervalIndex& index) {
    for (const Ipv4Range& range : addresses.v4)
      index.add(range.low, range.high, place);
  }

  static bool takes_ipv6(const Head& head) {
    const auto some = [](const AddressSet& addresses) {
      return addresses.any || !addresses.v6.empty();
    };
    return head.ip_version != 4 && some(*head.source) && some(*head.destination);
  }

  std::size_t size_ = 0;
  std::vector<std::uint32_t> always_;
  std::vector<std::uint32_t> ipv6_;
  IntervalIndex by_source_;
  IntervalIndex by_destination_;
};

}  // namespace netmoth::detect
