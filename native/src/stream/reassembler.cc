#include "stream/reassembler.h"

#include <algorithm>

namespace netmoth::stream {
namespace {

std::int32_t distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}

std::uint32_t size32(Bytes data) {
  return static_cast<std::uint32_t>(data.size());
}

}  // namespace

void Reassembler::start(std::uint32_t next, OverlapPolicy policy, BufferPool& pool,
                        StreamCounters& counters) {
  clear();
  next_ = next;
  acknowledged_ = next;
  policy_ = policy;
  pool_ = &pool;
  counters_ = &counters;
  finished_ = false;
}

void Reassembler::clear() {
  for (Run& run : runs_)
    pool_->give_back(run.data);
  held_bytes_ = 0;
  runs_ = {};
  marks_ = {};
  finished_ = true;
}

bool Reassembler::deliver(Bytes data, StreamConsumer& consumer) {
  next_ += size32(data);
  if (consumer.on_stream_data(data)) return true;
  clear();
  return false;
}

// Segments all of whose octets were delivered decide nothing any more.
void Reassembler::forget_marks() {
  if (runs_.empty()) {
    marks_.clear();
    return;
  }
  std::size_t done = 0;
  while (done < marks_.size() && distance(next_, marks_[done].end) <= 0)
    ++done;
  if (done > 0) marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(done));
}

// Delivers what is held, in order and within the limit; gives up at most `holes` holes on the way.
bool Reassembler::advance(Limit limit, std::size_t holes, StreamConsumer& consumer) {
  if (!open_) return true;
  const std::uint32_t from = next_;
  std::size_t done = 0;
  for (; done < runs_.size(); ++done) {
    Run& run = runs_[done];
    if (run.front() != next_) {
      if (holes == 0) break;
      --holes;
      if (!tell_gap(run.front() - next_, consumer)) return false;
    }
    std::size_t size = run.size();
    if (limit == Limit::kAcknowledged && !immediate_) {
      const std::int32_t known = std::max(distance(next_, acknowledged_), 0);
      size = std::min(size, static_cast<std::size_t>(known));
    }
    if (size == 0) break;
    held_bytes_ -= size;
    const Bytes part = Bytes(run.data).subspan(run.head, size);
    run.head += size;
    if (!deliver(part, consumer)) return false;
    if (run.size() > 0) break;
    pool_->give_back(run.data);
    run.head = 0;
  }
  if (next_ == from) return true;
  runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(done));
  forget_marks();
  return true;
}

bool Reassembler::tell_gap(std::uint32_t missing, StreamConsumer& consumer) {
  ++counters_->gaps;
  counters_->gap_bytes += missing;
  saw_gap_ = true;
  next_ += missing;
  if (consumer.on_stream_gap(missing)) return true;
  clear();
  return false;
}

// Something must go: what is in order, else holes in front, several so that a storm of segments
// pays for the clearing but seldom. Call with something held.
bool Reassembler::make_room(StreamConsumer& consumer) {
  const bool in_order = runs_.front().front() == next_;
  if (!in_order) ++counters_->dropped_segments;
  const std::uint32_t from = next_;
  const std::uint64_t lost = counters_->gap_bytes;
  const bool wanted = advance(Limit::kNone, in_order ? 0 : kRoomHoles, consumer);
  if (distance(acknowledged_, next_) > 0)
    counters_->early_bytes += next_ - from - (counters_->gap_bytes - lost);
  return wanted;
}

std::uint8_t Reassembler::regions() const {
  std::uint32_t end = next_;
  std::size_t count = 1;
  for (const Run& run : runs_) {
    if (distance(end, run.front()) > kRegionGapBytes) ++count;
    end = run.end();
  }
  return static_cast<std::uint8_t>(std::min<std::size_t>(count, 255));
}

bool Reassembler::insert(std::uint32_t sequence, Bytes data, TimestampNs now,
                         StreamConsumer& consumer) {
  if (finished_) return false;
  const Extent segment{sequence, sequence + size32(data)};
  const std::int32_t ahead = distance(next_, sequence);
  if (ahead > static_cast<std::int32_t>(kMaxAheadBytes)) {
    ++counters_->dropped_segments;
    return true;
  }
  if (ahead < 0) {  // a retransmission, in whole or in part, of what was delivered
    const auto old = static_cast<std::size_t>(-static_cast<std::int64_t>(ahead));
    if (old >= data.size()) return true;
    data = data.subspan(old);
    sequence = next_;
  }
  if (data.empty()) return true;
  for (;;) {
    const bool settled = immediate_ || distance(segment.end, acknowledged_) >= 0;
    if (runs_.empty() && sequence == next_ && open_ && settled) return deliver(data, consumer);
    if (store(segment, sequence, data, now, consumer))
      return advance(Limit::kAcknowledged, 0, consumer);
    if (!open_ || (runs_.empty() && sequence != next_)) {
      ++counters_->dropped_segments;
      return true;
    }
    if (runs_.empty()) {  // the pool is empty: others hold everything
      if (!settled) counters_->early_bytes += data.size();
      return deliver(data, consumer);
    }
    if (!make_room(consumer)) return false;
    const std::int32_t passed = distance(sequence, next_);
    if (passed <= 0) continue;
    if (static_cast<std::size_t>(passed) >= data.size()) return true;
    data = data.subspan(static_cast<std::size_t>(passed));
    sequence = next_;
  }
}

// Takes a copy of the segment, decided octet by octet against what is held. False where that
// exceeds a bound; what was written by then may stay, the same segment can be stored again.
bool Reassembler::store(Extent segment, std::uint32_t sequence, Bytes data, TimestampNs now,
                        StreamConsumer& consumer) {
  if (held_bytes_ + data.size() > kMaxHeldBytes || marks_.size() >= kMaxHeldSegments) return false;
  const bool whole = runs_.empty() || runs_.back().end() - next_ == held_bytes_;
  if (whole) hole_since_ = now;
  const bool behind_all = runs_.empty() || distance(runs_.back().end(), sequence) >= 0;
  if (behind_all) {
    const bool joins = !runs_.empty() && runs_.back().end() == sequence;
    if (joins) {
      Run& run = runs_.back();
      if (!pool_->reserve(run.data, data.size())) return false;
      run.data.insert(run.data.end(), data.begin(), data.end());
      held_bytes_ += data.size();
    } else if (!write_hole(runs_.size(), sequence, data)) {
      return false;
    }
    marks_.push_back(segment);
    return true;
  }
  BufferPool::Buffer& scratch = pool_->scratch();
  scratch.assign(data.begin(), data.end());
  if (resolve(segment, sequence, scratch)) {
    ++counters_->overlaps;
    if (overlaps_ < kMaxOverlaps) ++overlaps_;
    consumer.on_stream_overlap();
  }
  const std::size_t held_before = held_bytes_;
  if (!write(sequence, scratch)) return false;
  if (overlaps_ == kMaxOverlaps && held_bytes_ == held_before) return true;
  const auto at = std::ranges::partition_point(
      marks_, [&](const Extent& mark) { return distance(mark.start, segment.start) > 0; });
  const auto same = [&](const Extent& mark) {
    return mark.start == segment.start && mark.end == segment.end;
  };
  if (std::find_if(at, marks_.end(), same) == marks_.end()) marks_.insert(at, segment);
  return true;
}

std::size_t Reassembler::first_run_behind(std::uint32_t sequence) const {
  const auto at = std::ranges::partition_point(
      runs_, [&](const Run& run) { return distance(sequence, run.end()) <= 0; });
  return static_cast<std::size_t>(at - runs_.begin());
}

// Calls use(held octets, their number in the sequence) for each part of [from, until) that is held.
template <typename Use>
void Reassembler::for_held(std::uint32_t from, std::uint32_t until, Use use) const {
  for (std::size_t i = first_run_behind(from); i < runs_.size(); ++i) {
    const Run& run = runs_[i];
    if (distance(run.front(), until) <= 0) return;
    const std::uint32_t a = distance(from, run.front()) > 0 ? run.front() : from;
    const std::uint32_t b = distance(run.end(), until) > 0 ? run.end() : until;
    use(Bytes(run.data).subspan(a - run.start, b - a), a);
  }
}

// Puts into `data` the held octets that the policy prefers. True where any octets differed.
bool Reassembler::resolve(Extent segment, std::uint32_t sequence, std::span<std::uint8_t> data) {
  bool differs = false;
  const std::uint32_t end = sequence + static_cast<std::uint32_t>(data.size());
  for_held(sequence, end, [&](Bytes held, std::uint32_t at) {
    differs = differs || !std::ranges::equal(held, data.subspan(at - sequence, held.size()));
  });
  if (!differs) return false;
  const auto keep = [&](Bytes held, std::uint32_t at) {
    std::ranges::copy(held, data.begin() + (at - sequence));
  };
  if (overlaps_ == kMaxOverlaps) {
    for_held(sequence, end, keep);
    return true;
  }
  for (const Extent& mark : marks_) {
    if (distance(mark.start, end) <= 0) break;
    if (distance(sequence, mark.end) <= 0 || later_wins(policy_, mark, segment)) continue;
    for_held(distance(sequence, mark.start) > 0 ? mark.start : sequence,
             distance(mark.end, end) > 0 ? mark.end : end, keep);
  }
  return true;
}

// Writes over what is held and into the holes between.
bool Reassembler::write(std::uint32_t sequence, Bytes data) {
  for (std::size_t i = first_run_behind(sequence); !data.empty(); ++i) {
    if (i == runs_.size()) return write_hole(i, sequence, data);
    const std::int32_t hole = distance(sequence, runs_[i].front());
    if (hole > 0) {
      const std::size_t size = std::min(data.size(), static_cast<std::size_t>(hole));
      const std::size_t runs_before = runs_.size();
      if (!write_hole(i, sequence, data.first(size))) return false;
      i += runs_.size() - runs_before;  // where the hole became a run of its own
      data = data.subspan(size);
      sequence += static_cast<std::uint32_t>(size);
      if (data.empty()) break;
    }
    Run& run = runs_[i];
    const std::int32_t inside = distance(sequence, run.end());
    if (inside <= 0) continue;
    const std::size_t size = std::min(data.size(), static_cast<std::size_t>(inside));
    std::memcpy(run.data.data() + (sequence - run.start), data.data(), size);
    data = data.subspan(size);
    sequence += static_cast<std::uint32_t>(size);
  }
  return true;
}

// Adds octets nobody holds in front of run `index`, to the run before where they continue it.
bool Reassembler::write_hole(std::size_t index, std::uint32_t sequence, Bytes data) {
  if (index > 0 && runs_[index - 1].end() == sequence) {
    Run& run = runs_[index - 1];
    if (!pool_->reserve(run.data, data.size())) return false;
    run.data.insert(run.data.end(), data.begin(), data.end());
  } else {
    Run run;
    run.start = sequence;
    if (!pool_->reserve(run.data, data.size())) return false;
    run.data.assign(data.begin(), data.end());
    runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(index), std::move(run));
  }
  held_bytes_ += data.size();
  return true;
}

bool Reassembler::acknowledge(std::uint32_t acknowledged, TimestampNs now,
                              StreamConsumer& consumer) {
  if (finished_) return false;
  note_acknowledged(acknowledged);
  if (runs_.empty()) return true;
  if (!advance(Limit::kAcknowledged, 0, consumer)) return false;
  while (open_ && !runs_.empty() && distance(runs_.front().front(), acknowledged_) > 0 &&
         (marks_.size() >= kPatienceSegments || now - hole_since_ >= kPatienceNs)) {
    if (!advance(Limit::kAcknowledged, 1, consumer)) return false;
    hole_since_ = now;
  }
  return true;
}

bool Reassembler::flush(StreamConsumer& consumer) {
  if (finished_ || !open_) return !finished_;
  return advance(Limit::kNone, kMaxHeldSegments, consumer);
}

}  // namespace netmoth::stream
