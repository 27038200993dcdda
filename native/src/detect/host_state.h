// What rules remember of hosts and of pairs of hosts: xbits, hostbits, and how often they matched.
// One table for all workers of a run; who comes first where workers share a capture is decided
// before it is asked (pipeline/turn.h).
//
// Invariant: at most as many entries as it was made for, in kShards parts that have a lock each.
// Where a part is full the entry goes that was used longest ago, which is counted unless it was
// over. Times are packet times. Memory is touched as used.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "detect/detect_counters.h"
#include "detect/rule.h"
#include "detect/tags.h"
#include "flow/flow.h"

namespace netmoth::detect {

inline constexpr std::size_t kMaxHostEntries = 65'536;

// Whom something is remembered of: addresses, and what. Of values in datasets their digest stands
// for the addresses.
struct HostKey {
  enum class What : std::uint8_t { kBit, kRate, kValue };
  What what = What::kBit;
  std::uint64_t name = 0;  // of the bit or dataset, or gid and sid of the rule
  Address first;
  Address second;

  friend bool operator==(const HostKey&, const HostKey&) = default;
};

class HostState {
 public:
  struct Entry {
    TimestampNs until = 0;  // 0: for ever
    std::uint64_t count = 0;
    std::uint64_t told = 0;
  };

  // `seed` scatters the entries.
  explicit HostState(std::uint64_t seed, std::size_t entries = kMaxHostEntries);
  ~HostState();

  [[nodiscard]] bool has(const HostKey& key, TimestampNs now);
  void set(const HostKey& key, TimestampNs until, TimestampNs now);
  void clear(const HostKey& key);
  // Sets what is not set, else clears it.
  void toggle(const HostKey& key, TimestampNs until, TimestampNs now);
  // The entry's; 0 where there is none.
  [[nodiscard]] std::uint64_t count_of(const HostKey& key, TimestampNs now);
  // Returns what `use(entry, fresh)` does, under the lock; `fresh`: there was none, or it was over.
  template <typename Use>
  auto update(const HostKey& key, TimestampNs now, Use use) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    Entry* entry = find(shard, key, now);
    const bool fresh = entry == nullptr;
    return use(fresh ? make(shard, key, now) : *entry, fresh);
  }

  // Hosts whose packets are told.
  [[nodiscard]] TaggedHosts& tagged() { return tagged_; }
  [[nodiscard]] HostCounters counters() const;
  [[nodiscard]] static std::size_t bytes_when_full(std::size_t entries);

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Node {
    HostKey key;
    Entry entry;
    std::uint32_t chain_next = kNone;
    std::uint32_t older = kNone;
    std::uint32_t newer = kNone;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::vector<Node> nodes;
    std::vector<std::uint32_t> buckets;
    std::uint32_t free = kNone;  // by chain_next
    std::uint32_t oldest = kNone;
    std::uint32_t newest = kNone;
    std::size_t size = 0;
    std::uint64_t evicted = 0;
  };

  [[nodiscard]] std::uint64_t hash_of(const HostKey& key) const;
  [[nodiscard]] Shard& shard_of(const HostKey& key) { return shards_[hash_of(key) % kShards]; }
  [[nodiscard]] std::uint32_t& bucket_of(Shard& shard, const HostKey& key) const {
    return shard.buckets[hash_of(key) / kShards % shard.buckets.size()];
  }
  // All with the shard's lock. nullptr where there is none, or it is over.
  Entry* find(Shard& shard, const HostKey& key, TimestampNs now);
  Entry& make(Shard& shard, const HostKey& key, TimestampNs now);
  void remove(Shard& shard, std::uint32_t place);
  static void unlink(Shard& shard, std::uint32_t place);
  static void link_newest(Shard& shard, std::uint32_t place);

  std::uint64_t seed_;
  std::size_t capacity_;  // of a shard
  std::array<Shard, kShards> shards_;
  TaggedHosts tagged_;
};

// Whether the match that was just found is told, and takes note of it (Suricata 8 user guide,
// "Thresholding Keywords"). Source and destination are those of the alert.
struct RateSubject {
  std::uint64_t rule = 0;  // gid and sid
  std::size_t place = 0;   // of the rate among the rule's
  Address source;
  Address destination;
  std::uint64_t flow_id = 0;
  TimestampNs now = 0;
};
bool rate_allows(const Rate& rate, const RateSubject& subject, HostState& hosts);

}  // namespace netmoth::detect
