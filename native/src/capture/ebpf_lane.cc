#include "capture/ebpf_lane.h"

#include <net/if_arp.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <thread>
#include <utility>

#include "capture/bpf/tap_record.h"

namespace netmoth::capture {
namespace {

constexpr decode::LinkType kRawIp = 101;
constexpr TimestampNs kRetryNs = 1'000'000'000;
// The wall clock is set now and then; the difference is looked at every so many batches.
constexpr std::uint64_t kClockEvery = 64;

TimestampNs clock_ns(clockid_t clock) {
  timespec now{};
  (void)::clock_gettime(clock, &now);
  return TimestampNs{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Others begin with the IP header, as AF_PACKET's SOCK_DGRAM has it.
decode::LinkType link_type(const Link& link) {
  return link.hardware == ARPHRD_ETHER || link.hardware == ARPHRD_LOOPBACK ? 1 : kRawIp;
}

bool is_older(Bytes left, Bytes right) {
  tap_record a;
  tap_record b;
  std::memcpy(&a, left.data(), sizeof a);
  std::memcpy(&b, right.data(), sizeof b);
  return a.time < b.time;
}

TimestampNs time_of(Bytes record) {
  tap_record head;
  std::memcpy(&head, record.data(), sizeof head);
  return static_cast<TimestampNs>(head.time);
}

}  // namespace

EbpfLane::EbpfLane(EbpfTap& tap, const InterfaceWatch& watch, unsigned number,
                   std::vector<sock_filter> filter)
    : tap_(tap),
      watch_(watch),
      number_(number),
      filter_(std::move(filter)),
      rings_(tap.rings(number)),
      heads_(rings_.size()) {
  set_clock();
}

EbpfLane::~EbpfLane() {
  if (number_ != 0) return;
  for (const auto& [index, entry] : entries_) {
    if (entry.attached) tap_.detach(index);
  }
}

void EbpfLane::set_clock() {
  wall_minus_monotonic_ = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

SourceStatus EbpfLane::next_batch(std::span<decode::Frame> frames, std::size_t& count) {
  for (TapRing& ring : rings_)
    octets_ += ring.release();
  if (watch_.version() != version_ || (retry_at_ != 0 && clock_ns(CLOCK_MONOTONIC) >= retry_at_))
    reconcile();
  if (++batches_ % kClockEvery == 0) set_clock();
  count = read(frames);
  if (count > 0) {
    empty_looks_ = 0;
    return SourceStatus::kFrames;
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms()));
  set_clock();
  return SourceStatus::kIdle;
}

// Each look costs as much as a hundred packets, so there are few as long as the rings have room:
// what came since the last one may come eight times over before the next.
int EbpfLane::pause_ms() {
  constexpr int kBusyMs = 1;
  constexpr int kUsualMs = 5;
  constexpr int kIdleMs = 10;
  const std::size_t came = std::exchange(octets_, 0);
  if (++empty_looks_ >= kPatience) return kIdleMs;
  return !rings_.empty() && came > rings_[0].bytes() / 8 ? kBusyMs : kUsualMs;
}

std::size_t EbpfLane::read(std::span<decode::Frame> frames) {
  const TimestampNs settled = clock_ns(CLOCK_MONOTONIC) - kGraceNs;
  bool some_empty = false;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    heads_[i] = rings_[i].peek();
    some_empty = some_empty || heads_[i].empty();
  }
  std::size_t count = 0;
  while (count < frames.size()) {
    std::size_t oldest = rings_.size();
    for (std::size_t i = 0; i < rings_.size(); ++i) {
      if (heads_[i].size() < sizeof(tap_record)) continue;
      if (oldest == rings_.size() || is_older(heads_[i], heads_[oldest])) oldest = i;
    }
    if (oldest == rings_.size()) break;
    if (some_empty && rings_.size() > 1 && time_of(heads_[oldest]) > settled) break;
    if (take(heads_[oldest], frames[count])) ++count;
    rings_[oldest].pop();
    heads_[oldest] = rings_[oldest].peek();
    some_empty = some_empty || heads_[oldest].empty();
  }
  return count;
}

bool EbpfLane::take(Bytes record, decode::Frame& frame) {
  tap_record head;
  std::memcpy(&head, record.data(), sizeof head);
  const Bytes data = record.subspan(sizeof head);
  frame = decode::Frame{};
  frame.time = static_cast<TimestampNs>(head.time) + wall_minus_monotonic_;
  frame.wire_length = head.wire_length;
  frame.data = data.first(std::min<std::size_t>(head.captured, data.size()));
  frame.checksum_not_ready = head.checksum_not_ready != 0;
  frame.vlan_present = head.vlan_present != 0;
  frame.vlan_tci = head.vlan_tci;
  // An interface that went while its last packets waited keeps its slot until it is reconciled.
  const auto entry = entries_.find(head.ifindex);
  if (entry != entries_.end()) {
    frame.interface = entry->second.slot;
    frame.link = entry->second.link;
  }
  if (!filter_.empty()) {
    // The two structures are one: <pcap/bpf.h> and <linux/filter.h> describe classic BPF.
    const auto* const program = reinterpret_cast<const bpf_insn*>(filter_.data());
    if (::bpf_filter(program, frame.data.data(), frame.wire_length,
                     static_cast<unsigned>(frame.data.size())) == 0) {
      filtered_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
  }
  frame.number = ++frames_;
  return true;
}

void EbpfLane::reconcile() {
  version_ = watch_.version();
  const std::vector<WatchedInterface> wanted = watch_.interfaces();
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& each) {
    const bool stays = std::ranges::any_of(
        wanted, [&](const WatchedInterface& one) { return one.link.index == each.first; });
    if (!stays && number_ == 0) tap_.detach(each.first);
    return !stays;
  });
  retry_at_ = 0;
  for (const WatchedInterface& each : wanted) {
    Entry& entry = entries_[each.link.index];
    entry.slot = each.slot;
    entry.link = link_type(each.link);
    if (entry.name != each.link.name) {
      entry.name = each.link.name;
      tell_name(each.slot, each.link.name);
    }
    if (number_ == 0 && !entry.attached) attach(each.link.index, entry, each.link);
  }
}

void EbpfLane::attach(unsigned index, Entry& entry, const Link& link) {
  const TimestampNs now = clock_ns(CLOCK_MONOTONIC);
  if (now >= entry.retry_at) {
    entry.attached = tap_.attach(index, link.loopback, entry.fault);
    entry.retry_at = now + kRetryNs;
  }
  if (!entry.attached && (retry_at_ == 0 || entry.retry_at < retry_at_)) retry_at_ = entry.retry_at;
}

void EbpfLane::tell_names() const {
  for (const auto& [index, entry] : entries_)
    tell_name(entry.slot, entry.name);
}

KernelCounters EbpfLane::counters() {
  KernelCounters all = tap_.counters(number_);
  all.filtered = filtered_.load(std::memory_order_relaxed);
  return all;
}

double EbpfLane::fill() const {
  double most = 0;
  for (const TapRing& ring : rings_)
    most = std::max(most, static_cast<double>(ring.waiting()) / static_cast<double>(ring.bytes()));
  return most;
}

std::vector<LaneSource::SlotFault> EbpfLane::faults() const {
  const std::lock_guard lock(mutex_);
  std::vector<SlotFault> found;
  for (const auto& [index, entry] : entries_) {
    if (number_ == 0 && !entry.attached) found.push_back({entry.slot, entry.fault});
  }
  return found;
}

}  // namespace netmoth::capture
