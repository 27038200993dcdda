#include "stream/reassembler.h"

#include <algorithm>

namespace netmoth::stream {
namespace {

std::int32_t distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}

}  // namespace

void Reassembler::start(std::uint32_t next, MemoryBudget& budget, StreamCounters& counters) {
  clear();
  next_ = next;
  budget_ = &budget;
  counters_ = &counters;
  finished_ = false;
}

void Reassembler::clear() {
  if (budget_ != nullptr) budget_->give_back(held_bytes_);
  held_bytes_ = 0;
  held_.clear();
  held_.shrink_to_fit();
  finished_ = true;
}

bool Reassembler::deliver(Bytes data, StreamConsumer& consumer) {
  next_ += static_cast<std::uint32_t>(data.size());
  if (consumer.on_stream_data(data)) return true;
  clear();
  return false;
}

// Delivers what is held and has become contiguous.
bool Reassembler::drain(StreamConsumer& consumer) {
  std::size_t done = 0;
  while (done < held_.size() && held_[done].sequence == next_) {
    const std::size_t size = held_[done].data.size();
    next_ += static_cast<std::uint32_t>(size);
    if (!consumer.on_stream_data(held_[done].data)) {
      clear();
      return false;
    }
    held_bytes_ -= size;
    budget_->give_back(size);
    ++done;
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(done));
  return true;
}

bool Reassembler::skip_hole(StreamConsumer& consumer) {
  const std::uint32_t missing = held_.front().sequence - next_;
  ++counters_->gaps;
  counters_->gap_bytes += missing;
  saw_gap_ = true;
  next_ += missing;
  if (!consumer.on_stream_gap(missing)) {
    clear();
    return false;
  }
  return drain(consumer);
}

bool Reassembler::insert(std::uint32_t sequence, Bytes data, TimestampNs now,
                         StreamConsumer& consumer) {
  if (finished_) return false;
  const std::int32_t ahead = distance(next_, sequence);
  if (ahead > static_cast<std::int32_t>(kMaxAheadBytes)) {
    ++counters_->dropped_segments;
    return true;
  }
  if (ahead < 0) {  // a retransmission, in whole or in part: the first version counts
    const auto old = static_cast<std::size_t>(-static_cast<std::int64_t>(ahead));
    if (old >= data.size()) return true;
    data = data.subspan(old);
    sequence = next_;
  }
  while (!data.empty() && sequence == next_) {
    std::size_t size = data.size();
    if (!held_.empty()) size = std::min<std::size_t>(size, held_.front().sequence - next_);
    if (!deliver(data.first(size), consumer)) return false;
    if (held_.empty()) return true;
    if (!drain(consumer)) return false;
    const auto covered = static_cast<std::size_t>(next_ - sequence);
    if (covered >= data.size()) return true;
    data = data.subspan(covered);
    sequence = next_;
  }
  if (data.empty()) return true;
  if (hold(sequence, data, now)) return true;
  // No room: give up the hole in front, which frees at least one segment, then look again.
  ++counters_->dropped_segments;
  if (held_.empty()) return true;
  return skip_hole(consumer) && insert(sequence, data, now, consumer);
}

void Reassembler::keep(std::uint32_t sequence, Bytes data, TimestampNs now) {
  const std::int32_t ahead = distance(next_, sequence);
  if (finished_ || ahead < 0 || data.empty() || ahead > static_cast<std::int32_t>(kMaxAheadBytes) ||
      !hold(sequence, data, now))
    ++counters_->dropped_segments;
}

// Copies the parts of `data` that no held segment covers. False where that exceeds a bound.
bool Reassembler::hold(std::uint32_t sequence, Bytes data, TimestampNs now) {
  if (held_bytes_ + data.size() > kMaxHeldBytes || held_.size() >= kMaxHeldSegments) return false;
  if (held_.empty()) hole_since_ = now;
  auto at = std::ranges::partition_point(
      held_, [&](const Segment& segment) { return distance(sequence, segment.end()) <= 0; });
  while (!data.empty()) {
    std::size_t free = data.size();
    if (at != held_.end()) {
      const std::int32_t until = distance(sequence, at->sequence);
      free = until > 0 ? std::min<std::size_t>(free, static_cast<std::size_t>(until)) : 0;
    }
    if (free > 0) {
      if (!budget_->take(free)) return false;
      held_bytes_ += free;
      const Bytes part = data.first(free);
      at = held_.insert(at, Segment{sequence, {part.begin(), part.end()}}) + 1;
      data = data.subspan(free);
      sequence += static_cast<std::uint32_t>(free);
    }
    if (data.empty() || at == held_.end()) break;
    const auto covered = static_cast<std::size_t>(at->end() - sequence);
    if (covered >= data.size()) break;
    data = data.subspan(covered);
    sequence += static_cast<std::uint32_t>(covered);
    ++at;
  }
  return true;
}

bool Reassembler::acknowledge(std::uint32_t acknowledged, TimestampNs now,
                              StreamConsumer& consumer) {
  if (finished_) return false;
  while (!held_.empty() && distance(held_.front().sequence, acknowledged) > 0 &&
         (held_.size() >= kPatienceSegments || now - hole_since_ >= kPatienceNs)) {
    if (!skip_hole(consumer)) return false;
    hole_since_ = now;
  }
  return true;
}

bool Reassembler::flush(StreamConsumer& consumer) {
  while (!finished_ && !held_.empty()) {
    if (!skip_hole(consumer)) return false;
  }
  return !finished_;
}

}  // namespace netmoth::stream
