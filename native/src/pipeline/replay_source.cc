#include "pipeline/replay_source.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

namespace netmoth::pipeline {
namespace {

using capture::SourceStatus;

TimestampNs latest_time_of(const std::string& path) {
  capture::PcapFile file(path);
  std::array<decode::Frame, kBatchFrames> frames;
  std::size_t count = 0;
  TimestampNs latest = std::numeric_limits<TimestampNs>::min();
  while (file.next_batch(frames, count) == SourceStatus::kFrames) {
    for (const decode::Frame& frame : std::span(frames).first(count))
      latest = std::max(latest, frame.time);
  }
  return latest;
}

}  // namespace

TimestampNs wall_clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TimestampNs steady_clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

ReplaySource::ReplaySource(const std::string& path, double speed, bool rebase)
    : file_(path), speed_(speed), rebase_(rebase) {
  fill();
  if (held_count_ == 0) return;
  first_frame_ = held_[0].time;
  if (rebase_ && speed_ <= 0 && path != "-") shift_ = wall_clock_ns() - latest_time_of(path);
  started_wall_ = wall_clock_ns();
}

void ReplaySource::fill() {
  next_ = 0;
  held_count_ = 0;
  status_ = file_.next_batch(held_, held_count_);
}

TimestampNs ReplaySource::due_at(TimestampNs frame_time) const {
  return started_wall_ +
         static_cast<TimestampNs>(static_cast<double>(frame_time - first_frame_) / speed_);
}

SourceStatus ReplaySource::next_batch(std::span<decode::Frame> frames, std::size_t& count) {
  count = 0;
  if (next_ == held_count_) fill();
  if (held_count_ == 0) return status_;
  const bool paced = speed_ > 0;
  if (paced) {
    const TimestampNs wait = due_at(held_[next_].time) - wall_clock_ns();
    constexpr TimestampNs kLongest = TimestampNs{kPollMs} * 1'000'000;
    if (wait > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(wait, kLongest)));
    if (wait > kLongest) return SourceStatus::kIdle;
  }
  const TimestampNs now = wall_clock_ns();
  while (next_ < held_count_ && count < frames.size()) {
    decode::Frame frame = held_[next_];
    if (paced) {
      const TimestampNs due = due_at(frame.time);
      if (due > now && count > 0) break;
      if (rebase_) frame.time = due;
    } else {
      frame.time += shift_;
    }
    frames[count++] = frame;
    ++next_;
  }
  return SourceStatus::kFrames;
}

}  // namespace netmoth::pipeline
