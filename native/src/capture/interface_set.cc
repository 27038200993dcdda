#include "capture/interface_set.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

namespace netmoth::capture {
namespace {

TimestampNs steady_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

SourceStatus InterfaceSet::next_batch(std::span<decode::Frame> frames, std::size_t& count) {
  count = 0;
  if (watch_.version() != version_ || (retry_at_ != 0 && steady_now() >= retry_at_)) reconcile();
  const auto one_round = [&] {
    for (std::size_t turns = entries_.size(); turns > 0; --turns) {
      if (next_ >= entries_.size()) next_ = 0;
      if (read(entries_[next_++], frames, count)) return true;
    }
    return false;
  };
  if (one_round()) return SourceStatus::kFrames;
  if (entries_.size() == 1 && entries_[0].source != nullptr) return SourceStatus::kIdle;  // waited
  wait();
  return one_round() ? SourceStatus::kFrames : SourceStatus::kIdle;
}

bool InterfaceSet::read(Entry& entry, std::span<decode::Frame> frames, std::size_t& count) {
  if (entry.source == nullptr) return false;
  const SourceStatus status = entry.source->next_batch(frames, count);
  if (status == SourceStatus::kIdle) return false;
  if (status != SourceStatus::kFrames) {
    fail(entry);
    return false;
  }
  for (decode::Frame& frame : frames.first(count)) {
    frame.interface = entry.slot;
    frame.number = ++frames_;
  }
  return true;
}

void InterfaceSet::wait() {
  std::array<pollfd, kMaxWatched> waiting;
  std::array<std::size_t, kMaxWatched> whose;
  std::size_t count = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].source == nullptr || count == waiting.size()) continue;
    waiting[count] = {entries_[i].source->descriptor(), POLLIN | POLLERR, 0};
    whose[count++] = i;
  }
  const int ready = ::poll(waiting.data(), count, LiveSource::kPollMs);
  for (std::size_t i = 0; ready > 0 && i < count; ++i) {
    if ((waiting[i].revents & POLLERR) == 0) continue;
    Entry& entry = entries_[whose[i]];
    if (entry.source->check_error() != SourceStatus::kIdle) fail(entry);
  }
}

void InterfaceSet::reconcile() {
  version_ = watch_.version();
  const std::vector<WatchedInterface> wanted = watch_.interfaces();
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](Entry& entry) {
    const bool stays = std::ranges::any_of(wanted, [&](const WatchedInterface& each) {
      return each.link.index == entry.index && each.slot == entry.slot;
    });
    if (!stays) close(entry);
    return !stays;
  });
  for (const WatchedInterface& each : wanted) {
    auto entry = std::ranges::find(entries_, each.link.index, &Entry::index);
    if (entry == entries_.end()) {
      Entry fresh;
      fresh.slot = each.slot;
      fresh.index = each.link.index;
      entry = entries_.insert(entries_.end(), std::move(fresh));
    }
    if (entry->name != each.link.name) {
      entry->name = each.link.name;
      tell_name(each.slot, each.link.name);
    }
    if (entry->source == nullptr && steady_now() >= entry->retry_at) open(*entry, each);
  }
  retry_at_ = 0;
  for (const Entry& entry : entries_) {
    if (entry.source == nullptr && (retry_at_ == 0 || entry.retry_at < retry_at_))
      retry_at_ = entry.retry_at;
    if (entry.source != nullptr) entry.source->wait_in_next_batch(entries_.size() == 1);
  }
}

void InterfaceSet::tell_names() const {
  for (const Entry& entry : entries_)
    tell_name(entry.slot, entry.name);
}

void InterfaceSet::open(Entry& entry, const WatchedInterface& interface) {
  entry.source = opener_(interface, entry.fault);
  if (entry.source == nullptr) entry.retry_at = steady_now() + kRetryNs;
}

void InterfaceSet::close(Entry& entry) {
  if (entry.source == nullptr) return;
  gone_ += entry.source->counters();
  entry.source.reset();
}

void InterfaceSet::fail(Entry& entry) {
  const std::lock_guard lock(mutex_);
  entry.fault = {LiveProblem::kSystem, entry.source->fault().error_number,
                 entry.source->fault().message};
  close(entry);
  entry.retry_at = steady_now() + kRetryNs;
  if (retry_at_ == 0) retry_at_ = entry.retry_at;
}

KernelCounters InterfaceSet::counters() {
  const std::lock_guard lock(mutex_);
  KernelCounters all = gone_;
  for (const Entry& entry : entries_) {
    if (entry.source != nullptr) all += entry.source->counters();
  }
  return all;
}

std::vector<LaneSource::SlotMode> InterfaceSet::modes() const {
  const std::lock_guard lock(mutex_);
  std::vector<SlotMode> found;
  for (const Entry& entry : entries_) {
    if (entry.source != nullptr) found.push_back({entry.slot, entry.source->mode()});
  }
  return found;
}

double InterfaceSet::fill() const {
  double most = 0;
  for (const Entry& entry : entries_) {
    if (entry.source != nullptr) most = std::max(most, entry.source->fill());
  }
  return most;
}

std::vector<LaneSource::SlotFault> InterfaceSet::faults() const {
  const std::lock_guard lock(mutex_);
  std::vector<SlotFault> found;
  for (const Entry& entry : entries_) {
    if (entry.source == nullptr) found.push_back({entry.slot, entry.fault});
  }
  return found;
}

}  // namespace netmoth::capture
