#include "flow/flow_table.h"

#include <algorithm>
#include <bit>
#include <memory>

namespace netmoth::flow {
namespace {

constexpr std::uint64_t kMaxFlowId = (std::uint64_t{1} << 53) - 1;

// Of the conversation and its first packet alone: no two flows share both, and the same capture
// gives the same ids in every run, however many workers it has.
std::uint64_t make_id(std::uint64_t key_hash, const FlowStart& start) {
  std::uint64_t value = key_hash ^ static_cast<std::uint64_t>(start.time) ^
                        start.packet_number * 0x9e3779b97f4a7c15ULL;
  value ^= value >> 31;
  value *= 0xbf58476d1ce4e5b9ULL;
  value ^= value >> 29;
  return value & kMaxFlowId;
}

bool same_ends(const FlowKey& flow, const FlowKey& key) {
  return flow.source == key.source && flow.destination == key.destination &&
         flow.source_port == key.source_port && flow.destination_port == key.destination_port;
}

bool same_ends_reversed(const FlowKey& flow, const FlowKey& key) {
  return flow.source == key.destination && flow.destination == key.source &&
         flow.source_port == key.destination_port && flow.destination_port == key.source_port;
}

}  // namespace

FlowTableCounters& FlowTableCounters::operator+=(const FlowTableCounters& other) {
  created += other.created;
  active += other.active;
  for (std::size_t state = 0; state < evicted.size(); ++state)
    evicted[state] += other.evicted[state];
  emergencies_entered += other.emergencies_entered;
  emergencies_over += other.emergencies_over;
  memory_bytes += other.memory_bytes;
  return *this;
}

FlowTable::Ages FlowTable::ages_of(const FlowTimeouts& timeouts) {
  return {timeouts.tcp_new, timeouts.tcp_established, timeouts.tcp_closed,
          timeouts.udp_new, timeouts.udp_established, timeouts.icmp,
          timeouts.icmp,    timeouts.other,           timeouts.other};
}

std::size_t FlowTable::buckets_for(std::size_t capacity) {
  return std::bit_ceil(capacity * 2);
}

std::size_t FlowTable::bytes_when_full(std::size_t capacity) {
  return capacity * sizeof(Flow) + buckets_for(capacity) * sizeof(std::uint32_t);
}

FlowTable::FlowTable(std::size_t capacity, const FlowTimeouts& timeouts, std::uint64_t seed,
                     FlowEndListener& listener, const FlowEmergency& emergency)
    : capacity_(std::max<std::size_t>(capacity, 1)),
      recovered_(capacity_ * (100 - std::min(emergency.recovery_percent, 100U)) / 100),
      emergency_(ages_of(emergency.timeouts)),
      seed_(seed),
      listener_(listener),
      flows_(std::allocator<Flow>().allocate(capacity_)) {
  set_timeouts(timeouts);
  const std::size_t buckets = buckets_for(capacity_);
  buckets_ = std::make_unique<std::uint32_t[]>(buckets);
  std::fill_n(buckets_.get(), buckets, kNone);
  mask_ = static_cast<std::uint32_t>(buckets - 1);
}

void FlowTable::set_timeouts(const FlowTimeouts& timeouts) {
  ordinary_ = ages_of(timeouts);
  for (std::size_t list = 0; list < kListCount; ++list)
    short_[list] = std::min(emergency_[list], ordinary_[list]);
  timeouts_ = in_emergency_ ? short_ : ordinary_;
}

FlowTable::~FlowTable() {
  std::destroy_n(flows_, used_);
  std::allocator<Flow>().deallocate(flows_, capacity_);
}

FlowTable::Match FlowTable::find(const FlowKey& key, std::uint32_t hash) {
  Match fallback;
  for (std::uint32_t index = buckets_[hash & mask_]; index != kNone;) {
    Flow& flow = flows_[index];
    index = flow.chain_next;
    if (flow.hash != hash || flow.key.protocol != key.protocol ||
        flow.key.ip_version != key.ip_version || flow.key.one_way != key.one_way ||
        flow.key.interface != key.interface)
      continue;
    if (same_ends(flow.key, key)) {
      if (flow.key.vlan == key.vlan) return {&flow, Direction::kToServer};
      continue;
    }
    if (key.one_way || !same_ends_reversed(flow.key, key)) continue;
    if (flow.reply_vlan_known ? flow.reply_vlan == key.vlan : flow.key.vlan == key.vlan)
      return {&flow, Direction::kToClient};
    if (!flow.reply_vlan_known && fallback.flow == nullptr)
      fallback = {&flow, Direction::kToClient};
  }
  return fallback;
}

Flow& FlowTable::create(const FlowKey& key, std::uint32_t hash, const FlowStart& start) {
  advance(start.time);
  if (size_ == capacity_) make_room();
  std::uint32_t index = free_;
  if (index != kNone) {
    free_ = flows_[index].chain_next;
  } else {
    index = used_++;
    std::construct_at(flows_ + index);
  }
  Flow& flow = flows_[index];
  flow.key = key;
  flow.hash = hash;
  flow.start = start.time;
  flow.last = start.time;
  flow.seen = clock_;
  flow.listed_at = clock_;
  const std::uint64_t key_hash = hash_of(key, kFixedSeed);
  flow.id = make_id(key_hash, start);
  flow.share = share_of_hash(key_hash);
  flow.chain_next = buckets_[hash & mask_];
  buckets_[hash & mask_] = index;
  append(index, list_of(flow));
  ++size_;
  ++counters_.created;
  return flow;
}

FlowTable::List FlowTable::list_of(const Flow& flow) {
  const EveFlowState state = flow.eve_state();
  switch (flow.key.protocol) {
    case ip_proto::kTcp:
      if (state == EveFlowState::kNew) return kTcpNew;
      return state == EveFlowState::kClosed ? kTcpClosed : kTcpEstablished;
    case ip_proto::kUdp:
      return state == EveFlowState::kNew ? kUdpNew : kUdpEstablished;
    case ip_proto::kIcmp:
    case ip_proto::kIcmpV6:
      return state == EveFlowState::kNew ? kIcmpNew : kIcmpEstablished;
    default:
      return state == EveFlowState::kNew ? kOtherNew : kOtherEstablished;
  }
}

void FlowTable::touch(Flow& flow, TimestampNs time) {
  advance(time);
  flow.last = std::max(flow.last, time);
  flow.seen = clock_;
  const List list = list_of(flow);
  if (list == flow.list && clock_ - flow.listed_at < kListGrainNs) return;
  const std::uint32_t index = index_of(flow);
  unlink(index);
  flow.listed_at = clock_;
  append(index, list);
}

void FlowTable::append(std::uint32_t index, List list) {
  Ends& ends = lists_[list];
  Flow& flow = flows_[index];
  flow.list = list;
  flow.list_previous = ends.tail;
  flow.list_next = kNone;
  if (ends.tail != kNone)
    flows_[ends.tail].list_next = index;
  else
    ends.head = index;
  ends.tail = index;
  ++ends.count;
}

void FlowTable::unlink(std::uint32_t index) {
  const Flow& flow = flows_[index];
  Ends& ends = lists_[flow.list];
  if (flow.list_previous != kNone)
    flows_[flow.list_previous].list_next = flow.list_next;
  else
    ends.head = flow.list_next;
  if (flow.list_next != kNone)
    flows_[flow.list_next].list_previous = flow.list_previous;
  else
    ends.tail = flow.list_previous;
  --ends.count;
}

void FlowTable::end(Flow& flow, EndReason reason) {
  flow.emergency = in_emergency_ && (reason == EndReason::kTimeout || reason == EndReason::kForced);
  listener_.on_flow_end(flow, reason);
  const std::uint32_t index = index_of(flow);
  unlink(index);
  std::uint32_t* link = &buckets_[flow.hash & mask_];
  while (*link != index)
    link = &flows_[*link].chain_next;
  *link = flow.chain_next;
  flow = Flow{};  // frees the attachment
  flow.chain_next = free_;
  free_ = index;
  --size_;
  if (in_emergency_ && size_ <= recovered_) leave_emergency();
}

void FlowTable::enter_emergency() {
  in_emergency_ = true;
  timeouts_ = short_;
  ++counters_.emergencies_entered;
}

void FlowTable::leave_emergency() {
  in_emergency_ = false;
  timeouts_ = ordinary_;
  ++counters_.emergencies_over;
}

void FlowTable::make_room() {
  if (!in_emergency_) enter_emergency();
  expire_some(clock_, kPrunedForOne);
  if (size_ < capacity_) return;
  const std::uint32_t index = victim();
  ++counters_.evicted[static_cast<std::size_t>(flows_[index].eve_state())];
  end(flows_[index], EndReason::kForced);
}

std::uint32_t FlowTable::victim() const {
  std::uint32_t oldest = kNone;
  const auto consider = [&](const Ends& ends) {
    if (ends.head == kNone) return;
    if (oldest == kNone || flows_[ends.head].seen < flows_[oldest].seen) oldest = ends.head;
  };
  std::size_t newcomers = 0;
  for (const List list : kNewcomers) {
    newcomers += lists_[list].count;
    consider(lists_[list]);
  }
  if (newcomers > capacity_ / kNewcomersShare) return oldest;
  for (const Ends& ends : lists_)
    consider(ends);
  return oldest;
}

void FlowTable::expire(TimestampNs now) {
  if (now < next_expiry_) return;
  const bool all = expire_some(now, in_emergency_ ? kPrunedAtOnce : capacity_);
  if (all) next_expiry_ = now + kListGrainNs;
}

bool FlowTable::expire_some(TimestampNs now, std::size_t limit) {
  for (const Ends& ends : lists_) {
    while (ends.head != kNone) {
      Flow& flow = flows_[ends.head];
      if (!is_due(flow, now)) break;
      if (limit == 0) return false;
      --limit;
      end(flow, EndReason::kTimeout);
    }
  }
  return true;
}

void FlowTable::end_sorted(EndReason reason) {
  std::ranges::sort(endings_);
  for (const Ending& ending : endings_)
    end(flows_[ending.index], reason);
  endings_.clear();
}

void FlowTable::expire_in_order(TimestampNs until) {
  for (std::size_t list = 0; list < kListCount; ++list) {
    // A list is sorted by listed_at, which is never later than seen.
    for (std::uint32_t at = lists_[list].head; at != kNone; at = flows_[at].list_next) {
      const Flow& flow = flows_[at];
      if (flow.listed_at + timeouts_[list] > until) break;
      if (due_at(flow) <= until) endings_.push_back({due_at(flow), flow.as_of, at});
    }
  }
  end_sorted(EndReason::kTimeout);
}

void FlowTable::end_all_in_order(EndReason reason, TimestampNs now) {
  expire_in_order(now);
  for (const Ends& ends : lists_) {
    for (std::uint32_t at = ends.head; at != kNone; at = flows_[at].list_next)
      endings_.push_back({flows_[at].as_of, 0, at});
  }
  end_sorted(reason);
}

FlowTableCounters FlowTable::counters() const {
  FlowTableCounters all = counters_;
  all.active = size_;
  all.memory_bytes = size_ * sizeof(Flow);
  return all;
}

void FlowTable::end_all(EndReason reason, TimestampNs now) {
  for (const Ends& ends : lists_) {
    while (ends.head != kNone) {
      Flow& flow = flows_[ends.head];
      end(flow, is_due(flow, now) ? EndReason::kTimeout : reason);
    }
  }
}

}  // namespace netmoth::flow
