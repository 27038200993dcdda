// Puts one direction of a TCP connection back in order.
//
// Invariant: the bytes delivered are the stream from its start, each octet once, the first version
// seen of each octet that is held; or a gap of known size is told in between. In-order segments are
// delivered in place without a copy; only what comes too early is copied and held.
//
// Bounds: at most kMaxHeldBytes and kMaxHeldSegments per direction, and what MemoryBudget allows
// over all flows of the worker. Beyond either the hole in front is given up (a gap), so memory is
// returned. Segments further ahead than kMaxAheadBytes are not of this stream and are dropped
// (counted).
#pragma once

#include <cstddef>
#include <vector>

#include "base/types.h"

namespace netmoth::stream {

inline constexpr std::size_t kMaxHeldBytes = 1U << 20;
inline constexpr std::size_t kMaxHeldSegments = 1024;
inline constexpr std::uint32_t kMaxAheadBytes = 1U << 24;
// A hole that the receiver has acknowledged is given up after this much more was held behind it or
// this much time has passed: frames of the two directions may be captured out of order.
inline constexpr std::size_t kPatienceSegments = 16;
inline constexpr TimestampNs kPatienceNs = 200'000'000;

// Octets held out of order by all flows of one worker.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit_bytes) : limit_(limit_bytes) {}
  [[nodiscard]] bool take(std::size_t bytes) {
    if (used_ + bytes > limit_) return false;
    used_ += bytes;
    return true;
  }
  void give_back(std::size_t bytes) { used_ -= bytes; }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  std::size_t limit_;
  std::size_t used_ = 0;
};

struct StreamCounters {
  std::uint64_t gaps = 0;
  std::uint64_t gap_bytes = 0;
  std::uint64_t dropped_segments = 0;  // too far ahead, or no memory
};

class StreamConsumer {
 public:
  virtual ~StreamConsumer() = default;
  // The next octets of the stream; false: nobody wants more, the reassembler may forget all.
  virtual bool on_stream_data(Bytes data) = 0;
  virtual bool on_stream_gap(std::uint64_t missing) = 0;
};

class Reassembler {
 public:
  Reassembler() = default;
  ~Reassembler() { clear(); }
  Reassembler(const Reassembler&) = delete;
  Reassembler& operator=(const Reassembler&) = delete;

  // `next` is the sequence number of the first octet to come.
  void start(std::uint32_t next, MemoryBudget& budget, StreamCounters& counters);
  [[nodiscard]] bool started() const { return budget_ != nullptr; }

  // One segment's payload. Returns false once the consumer wants no more.
  bool insert(std::uint32_t sequence, Bytes data, TimestampNs now, StreamConsumer& consumer);
  // Keeps a segment without delivering anything, until release(): the handshake is not complete
  // yet.
  void keep(std::uint32_t sequence, Bytes data, TimestampNs now);
  bool release(StreamConsumer& consumer) { return finished_ ? false : drain(consumer); }
  // The sequence number of the octet behind the last one of the stream (FIN).
  void set_end(std::uint32_t end) {
    end_ = end;
    end_known_ = true;
  }
  // The receiver has acknowledged all below `acknowledged`: holes there will not be filled any
  // more.
  bool acknowledge(std::uint32_t acknowledged, TimestampNs now, StreamConsumer& consumer);
  // Gives up every hole, as at the end of the flow.
  bool flush(StreamConsumer& consumer);
  // Forgets what is held; later segments are ignored.
  void clear();

  [[nodiscard]] bool at_end() const {
    return end_known_ && static_cast<std::int32_t>(next_ - end_) >= 0;
  }
  [[nodiscard]] std::uint32_t next() const { return next_; }
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  [[nodiscard]] bool saw_gap() const { return saw_gap_; }

 private:
  struct Segment {
    std::uint32_t sequence;
    std::vector<std::uint8_t> data;
    [[nodiscard]] std::uint32_t end() const {
      return sequence + static_cast<std::uint32_t>(data.size());
    }
  };

  bool deliver(Bytes data, StreamConsumer& consumer);
  bool drain(StreamConsumer& consumer);
  bool skip_hole(StreamConsumer& consumer);
  bool hold(std::uint32_t sequence, Bytes data, TimestampNs now);

  std::vector<Segment> held_;  // sorted, disjoint, all behind next_
  MemoryBudget* budget_ = nullptr;
  StreamCounters* counters_ = nullptr;
  std::size_t held_bytes_ = 0;
  TimestampNs hole_since_ = 0;
  std::uint32_t next_ = 0;
  std::uint32_t end_ = 0;
  bool end_known_ = false;
  bool finished_ = false;
  bool saw_gap_ = false;
};

}  // namespace netmoth::stream
