// Flows and hosts whose further packets a rule asks to be told (`tag`). Source: Suricata 8 user
// guide, "Tag"; where it is silent, what Suricata 8 does: the packet that raised the alert counts
// and is not told, and a rule that matches again begins anew, kMaxTagRenewals times.
//
// Invariant: a flow or host has at most kMaxTags tags, kMaxTaggedHosts hosts are known; of those
// the one goes that was seen longest ago. Times are packet times.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <vector>

#include "detect/rule.h"

namespace netmoth::detect {

inline constexpr std::size_t kMaxTags = 50;
inline constexpr std::uint32_t kMaxTagRenewals = 10;
inline constexpr std::size_t kMaxTaggedHosts = 4096;

class TagList {
 public:
  // False where there is no room.
  bool add(const Tag& tag, std::uint64_t rule, TimestampNs now);
  // The next packet: whether it is told. Tags that are over go.
  bool count_packet(std::uint64_t octets, TimestampNs now);
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::uint64_t rule = 0;  // gid and sid
    Tag::Unit unit = Tag::Unit::kPackets;
    std::uint64_t amount = 0;
    TimestampNs begun = 0;
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;
    std::uint32_t renewals = 0;
    bool began = false;  // the packet that raised the alert has been counted
  };
  static bool is_over(const Entry& entry, TimestampNs now);

  std::vector<Entry> entries_;
};

// For all workers of a run.
class TaggedHosts {
 public:
  bool add(const Address& host, const Tag& tag, std::uint64_t rule, TimestampNs now);
  // Both ends of the next packet.
  bool count_packet(const Address& source, const Address& destination, std::uint64_t octets,
                    TimestampNs now);
  // Without the lock: a host that is tagged just now may be missed by another worker's packet.
  [[nodiscard]] bool empty() const { return size_.load(std::memory_order_relaxed) == 0; }

 private:
  struct Host {
    TagList tags;
    std::list<Address>::iterator place;  // in seen_
  };
  bool count_host(const Address& host, std::uint64_t octets, TimestampNs now);
  void make_room();

  std::mutex mutex_;
  std::map<Address, Host> hosts_;
  std::list<Address> seen_;  // the same hosts, the one seen longest ago first
  std::atomic<std::size_t> size_{0};
};

}  // namespace netmoth::detect
