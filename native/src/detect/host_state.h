// What rules remember of hosts and of pairs of hosts: xbits, hostbits, and how often they matched.
//
// Invariant: at most kMaxHostEntries; where there is no room, entries that are over go first, then
// those that came first. Times are packet times.
#pragma once

#include <cstring>
#include <string_view>
#include <unordered_map>

#include "base/types.h"
#include "detect/rule.h"
#include "flow/flow.h"

namespace netmoth::detect {

inline constexpr std::size_t kMaxHostEntries = 65'536;

// Whom something is remembered of: addresses, and what.
struct HostKey {
  enum class What : std::uint8_t { kBit, kRate };
  What what = What::kBit;
  std::uint64_t name = 0;  // of the bit, or gid and sid of the rule
  Address first;
  Address second;

  friend bool operator==(const HostKey&, const HostKey&) = default;
};

struct HostKeyHash {
  std::size_t operator()(const HostKey& key) const {
    std::uint64_t hash = key.name * 0x9e3779b97f4a7c15ULL + static_cast<unsigned>(key.what);
    for (const Address* address : {&key.first, &key.second}) {
      std::uint64_t half[2];
      std::memcpy(half, address->octets.data(), sizeof half);
      hash = (hash ^ half[0]) * 0xff51afd7ed558ccdULL;
      hash = (hash ^ half[1] ^ hash >> 29) * 0xc4ceb9fe1a85ec53ULL;
    }
    return hash ^ hash >> 32;
  }
};

class HostState {
 public:
  struct Entry {
    TimestampNs since = 0;
    TimestampNs until = 0;  // 0: for ever
    std::uint64_t count = 0;
    std::uint64_t told = 0;
  };

  // nullptr where there is none, or it is over.
  Entry* find(const HostKey& key, TimestampNs now);
  Entry& make(const HostKey& key, TimestampNs now);
  void erase(const HostKey& key) { entries_.erase(key); }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

 private:
  void make_room(TimestampNs now);

  std::unordered_map<HostKey, Entry, HostKeyHash> entries_;
  std::uint64_t evicted_ = 0;
};

// Whether the match that was just found is told, and takes note of it (Suricata 8 user guide,
// "Thresholding Keywords"). Source and destination are those of the alert.
struct RateSubject {
  std::uint64_t rule = 0;  // gid and sid
  Address source;
  Address destination;
  std::uint64_t flow_id = 0;
  TimestampNs now = 0;
};
bool rate_allows(const Rate& rate, const RateSubject& subject, HostState& hosts);

}  // namespace netmoth::detect
