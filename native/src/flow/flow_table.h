// The flows of one worker: fixed capacity, found by hash, aged by packet time.
//
// Capacity is set at construction; nothing grows after it. Every flow stands in the list of its
// timeout class, ordered by the time it was last seen with a grain of kListGrainNs, so expiry and
// eviction look at list heads only. Not thread-safe: one worker owns one table.
//
// A full table is in emergency (Suricata's word) until recovery_percent of its places are free:
// flows age by shorter timeouts then, and where none is due one is put out (EndReason::kForced,
// counted by state). Flows that are not established, or are closed, go before conversations under
// way, the one seen longest ago first, as long as they hold more than one place in
// kNewcomersShare: a flood of first packets costs no live connection, and a table full of live ones
// does not keep new ones from growing up.
//
// VLANs: the two directions may carry different tags. A packet belongs to the flow with exactly its
// tags, else to the flow of its ends whose other direction has not been seen yet.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <vector>

#include "flow/flow.h"

namespace netmoth::flow {

struct FlowTimeouts {
  TimestampNs tcp_new = 60'000'000'000;
  TimestampNs tcp_established = 600'000'000'000;
  TimestampNs tcp_closed = 60'000'000'000;
  TimestampNs udp_new = 30'000'000'000;
  TimestampNs udp_established = 300'000'000'000;
  TimestampNs icmp = 30'000'000'000;
  TimestampNs other = 30'000'000'000;
};

// What changes while the table is full; Suricata's defaults (flow.emergency-recovery,
// flow-timeouts.*.emergency-*). Of two timeouts the shorter one counts.
struct FlowEmergency {
  FlowTimeouts timeouts = {.tcp_new = 5'000'000'000,
                           .tcp_established = 100'000'000'000,
                           .tcp_closed = 10'000'000'000,
                           .udp_new = 10'000'000'000,
                           .udp_established = 100'000'000'000,
                           .icmp = 10'000'000'000,
                           .other = 10'000'000'000};
  unsigned recovery_percent = 30;  // of the places, free again: the emergency is over
};

struct FlowTableCounters {
  std::uint64_t created = 0;
  std::uint64_t active = 0;
  std::array<std::uint64_t, 3> evicted{};  // by EveFlowState
  std::uint64_t emergencies_entered = 0;
  std::uint64_t emergencies_over = 0;
  std::uint64_t memory_bytes = 0;  // of the flows there are now

  [[nodiscard]] std::uint64_t evicted_total() const { return evicted[0] + evicted[1] + evicted[2]; }
  FlowTableCounters& operator+=(const FlowTableCounters& other);
};

// The first packet of a flow.
struct FlowStart {
  TimestampNs time = 0;
  std::uint64_t packet_number = 0;  // within the source
};

// Told before a flow's memory is reused.
class FlowEndListener {
 public:
  virtual ~FlowEndListener() = default;
  virtual void on_flow_end(Flow& flow, EndReason reason) = 0;
};

class FlowTable {
 public:
  FlowTable(std::size_t capacity, const FlowTimeouts& timeouts, std::uint64_t seed,
            FlowEndListener& listener, const FlowEmergency& emergency = {});
  ~FlowTable();
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  // From here on flows age by these; one that is due by them already ends at the next look.
  void set_timeouts(const FlowTimeouts& timeouts);

  [[nodiscard]] std::uint32_t hash(const FlowKey& key) const {
    return static_cast<std::uint32_t>(hash_of(key, seed_));
  }
  // Brings the bucket, then the flow, into the cache before find() needs them.
  void prefetch_bucket(std::uint32_t hash) const { __builtin_prefetch(&buckets_[hash & mask_]); }
  void prefetch_flow(std::uint32_t hash) const {
    const std::uint32_t index = buckets_[hash & mask_];
    if (index == kNone) return;
    const auto* line = reinterpret_cast<const char*>(&flows_[index]);
    for (std::size_t at = 0; at < sizeof(Flow); at += 64)
      __builtin_prefetch(line + at);
  }

  struct Match {
    Flow* flow = nullptr;
    Direction direction = Direction::kToServer;
  };
  [[nodiscard]] Match find(const FlowKey& key, std::uint32_t hash);
  // `key.source` becomes the client. Never fails: another flow makes room.
  Flow& create(const FlowKey& key, std::uint32_t hash, const FlowStart& start);
  // Call after every packet of the flow, with its state brought up to date.
  void touch(Flow& flow, TimestampNs time);
  // The clock that flows age by: the latest time seen. A capture whose time stamps run backwards
  // (several files in one) neither ends its older flows at once nor keeps them for ever.
  void advance(TimestampNs now) { clock_ = std::max(clock_, now); }
  void end(Flow& flow, EndReason reason);
  // When its timeout runs out if no further packet comes.
  [[nodiscard]] TimestampNs due_at(const Flow& flow) const {
    return flow.seen + timeouts_[flow.list];
  }
  // Silent for its timeout: a packet that comes now opens another flow. expire() may not have come
  // to it yet, so whoever finds a flow asks.
  [[nodiscard]] bool is_due(const Flow& flow, TimestampNs now) const { return due_at(flow) <= now; }
  // Ends what is due, at most kListGrainNs late.
  void expire(TimestampNs now);
  // Those that are due end with kTimeout.
  void end_all(EndReason reason, TimestampNs now);
  // The same two, in an order that does not hang on what else is in the table: by when they are
  // due, exactly, and where they are not by how they began.
  void expire_in_order(TimestampNs until);
  void end_all_in_order(EndReason reason, TimestampNs now);

  // Of the flow's place, below capacity(): for what others keep beside the table.
  [[nodiscard]] std::size_t place_of(const Flow& flow) const { return index_of(flow); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool in_emergency() const { return in_emergency_; }
  [[nodiscard]] FlowTableCounters counters() const;
  // What a full table of `capacity` flows takes.
  [[nodiscard]] static std::size_t bytes_when_full(std::size_t capacity);

  static constexpr TimestampNs kListGrainNs = 100'000'000;
  // Of the places, that flows not established or closed keep when the table is full of others.
  static constexpr std::size_t kNewcomersShare = 16;
  // Flows ended at once in an emergency, so that no packet waits for a hundred thousand others:
  // for a new flow (as Suricata's prune-flows), and on the clock.
  static constexpr std::size_t kPrunedForOne = 5;
  static constexpr std::size_t kPrunedAtOnce = 1024;

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  enum List : std::uint8_t {
    kTcpNew,
    kTcpEstablished,
    kTcpClosed,
    kUdpNew,
    kUdpEstablished,
    kIcmpNew,
    kIcmpEstablished,
    kOtherNew,
    kOtherEstablished,
    kListCount
  };
  using Ages = std::array<TimestampNs, kListCount>;
  static constexpr std::array<List, 5> kNewcomers{kTcpNew, kTcpClosed, kUdpNew, kIcmpNew,
                                                  kOtherNew};
  struct Ends {
    std::uint32_t head = kNone;  // least recently seen
    std::uint32_t tail = kNone;
    std::uint32_t count = 0;
  };

  [[nodiscard]] static List list_of(const Flow& flow);
  [[nodiscard]] static Ages ages_of(const FlowTimeouts& timeouts);
  [[nodiscard]] static std::size_t buckets_for(std::size_t capacity);
  std::uint32_t index_of(const Flow& flow) const {
    return static_cast<std::uint32_t>(&flow - flows_);
  }
  void append(std::uint32_t index, List list);
  void unlink(std::uint32_t index);
  void make_room();
  [[nodiscard]] std::uint32_t victim() const;
  // Ends at most `limit` of those due; true where none is left.
  bool expire_some(TimestampNs now, std::size_t limit);
  struct Ending {
    TimestampNs when;  // due, or begun
    TimestampNs began;
    std::uint32_t index;
    friend auto operator<=>(const Ending&, const Ending&) = default;
  };
  void end_sorted(EndReason reason);
  void enter_emergency();
  void leave_emergency();

  std::size_t capacity_;
  std::size_t recovered_;  // as few flows end an emergency
  Ages ordinary_;
  Ages emergency_;  // as configured
  Ages short_;      // the shorter of both
  Ages timeouts_;   // those that count now
  std::uint64_t seed_;
  FlowEndListener& listener_;
  Flow* flows_;  // `capacity_` places, constructed on first use so that untouched memory stays free
  std::unique_ptr<std::uint32_t[]> buckets_;
  std::uint32_t mask_;
  std::uint32_t used_ = 0;      // places ever constructed
  std::uint32_t free_ = kNone;  // chain of ended places
  std::array<Ends, kListCount> lists_;
  std::vector<Ending> endings_;  // only while flows end in order
  TimestampNs clock_ = 0;
  TimestampNs next_expiry_ = 0;
  std::size_t size_ = 0;
  bool in_emergency_ = false;
  FlowTableCounters counters_;  // but active and memory_bytes
};

}  // namespace netmoth::flow
