// Puts one direction of a TCP connection back in order.
//
// Invariant: the bytes delivered are the stream from its start, each octet once; or a gap of known
// size is told in between. What is delivered is what the receiver has acknowledged (as Suricata in
// IDS mode): until then segments that overlap with different data can still be decided the way the
// receiver decides them (overlap_policy.h). Delivered octets are not kept, so a later version of
// them is ignored unseen.
//
// In order and acknowledged already, or with set_immediate(): delivered in place, without a copy.
// Everything else is copied once into a buffer of the worker's pool and delivered from there.
//
// Bounds: at most kMaxHeldBytes and kMaxHeldSegments per direction, and what BufferPool allows over
// all flows of the worker. Beyond either, in-order octets are delivered unacknowledged, else the
// hole in front is given up (a gap); both are counted. Segments further ahead than kMaxAheadBytes
// are not of this stream and are dropped (counted).
#pragma once

#include <cstddef>
#include <vector>

#include "base/types.h"
#include "stream/buffer_pool.h"
#include "stream/overlap_policy.h"

namespace netmoth::stream {

inline constexpr std::size_t kMaxHeldBytes = 1U << 20;
inline constexpr std::size_t kMaxHeldSegments = 1024;
inline constexpr std::uint32_t kMaxAheadBytes = 1U << 24;
// What is further from its neighbour than this is a region of its own, as Suricata counts them.
inline constexpr std::int32_t kRegionGapBytes = 1 << 18;
// A hole that the receiver has acknowledged is given up after this much more was held behind it or
// this much time has passed: frames of the two directions may be captured out of order.
inline constexpr std::size_t kPatienceSegments = 16;
inline constexpr TimestampNs kPatienceNs = 200'000'000;

// Segments with different data a stream decides by its policy; after that what is held stays.
inline constexpr std::uint8_t kMaxOverlaps = 128;
// Holes given up at once for want of room.
inline constexpr std::size_t kRoomHoles = 64;

struct StreamCounters {
  std::uint64_t gaps = 0;
  std::uint64_t gap_bytes = 0;
  std::uint64_t dropped_segments = 0;  // too far ahead, or no memory
  std::uint64_t early_bytes = 0;       // delivered before their acknowledgment for want of room
  std::uint64_t overlaps = 0;          // segments whose data differed from what was held

  StreamCounters& operator+=(const StreamCounters& other) {
    gaps += other.gaps;
    gap_bytes += other.gap_bytes;
    dropped_segments += other.dropped_segments;
    early_bytes += other.early_bytes;
    overlaps += other.overlaps;
    return *this;
  }
};

class StreamConsumer {
 public:
  virtual ~StreamConsumer() = default;
  // The next octets of the stream; false: nobody wants more, the reassembler may forget all.
  virtual bool on_stream_data(Bytes data) = 0;
  virtual bool on_stream_gap(std::uint64_t missing) = 0;
  // A segment carries other data than one that is still held.
  virtual void on_stream_overlap() {}
};

class Reassembler {
 public:
  Reassembler() = default;
  ~Reassembler() { clear(); }
  Reassembler(const Reassembler&) = delete;
  Reassembler& operator=(const Reassembler&) = delete;

  // `next` is the sequence number of the first octet to come; `policy` the receiver's. Nothing is
  // delivered before open().
  void start(std::uint32_t next, OverlapPolicy policy, BufferPool& pool, StreamCounters& counters);
  [[nodiscard]] bool started() const { return pool_ != nullptr; }
  // The handshake is complete.
  void open() { open_ = true; }
  // No acknowledgments will be seen: deliver as soon as in order.
  void set_immediate() { immediate_ = true; }

  // One segment's payload. Returns false once the consumer wants no more.
  bool insert(std::uint32_t sequence, Bytes data, TimestampNs now, StreamConsumer& consumer);
  // The receiver has acknowledged all below `acknowledged`: it is delivered, and holes there will
  // not be filled any more.
  bool acknowledge(std::uint32_t acknowledged, TimestampNs now, StreamConsumer& consumer);
  // Only takes note of it: for acknowledgments seen before the stream itself.
  void note_acknowledged(std::uint32_t acknowledged) {
    if (static_cast<std::int32_t>(acknowledged - acknowledged_) > 0) acknowledged_ = acknowledged;
  }
  // The sequence number of the octet behind the last one of the stream (FIN).
  void set_end(std::uint32_t end) {
    end_ = end;
    end_known_ = true;
  }
  // Delivers everything, acknowledged or not, and gives up every hole, as at the end of the flow.
  bool flush(StreamConsumer& consumer);
  // Forgets what is held; later segments are ignored.
  void clear();

  [[nodiscard]] bool at_end() const {
    return end_known_ && static_cast<std::int32_t>(next_ - end_) >= 0;
  }
  [[nodiscard]] std::uint32_t next() const { return next_; }
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  [[nodiscard]] std::size_t held_segments() const { return marks_.size(); }
  // Regions held now, with the one in order.
  [[nodiscard]] std::uint8_t regions() const;
  [[nodiscard]] bool saw_gap() const { return saw_gap_; }

 private:
  // Contiguous octets; `head` of them have been delivered.
  struct Run {
    std::uint32_t start = 0;  // of data[0]
    std::size_t head = 0;
    BufferPool::Buffer data;
    [[nodiscard]] std::uint32_t front() const { return start + static_cast<std::uint32_t>(head); }
    [[nodiscard]] std::uint32_t end() const {
      return start + static_cast<std::uint32_t>(data.size());
    }
    [[nodiscard]] std::size_t size() const { return data.size() - head; }
  };
  enum class Limit : std::uint8_t { kAcknowledged, kNone };

  bool deliver(Bytes data, StreamConsumer& consumer);
  bool advance(Limit limit, std::size_t holes, StreamConsumer& consumer);
  bool make_room(StreamConsumer& consumer);
  bool tell_gap(std::uint32_t missing, StreamConsumer& consumer);
  bool store(Extent segment, std::uint32_t sequence, Bytes data, TimestampNs now,
             StreamConsumer& consumer);
  bool resolve(Extent segment, std::uint32_t sequence, std::span<std::uint8_t> data);
  bool write(std::uint32_t sequence, Bytes data);
  bool write_hole(std::size_t index, std::uint32_t sequence, Bytes data);
  void forget_marks();
  [[nodiscard]] std::size_t first_run_behind(std::uint32_t sequence) const;
  template <typename Use>
  void for_held(std::uint32_t from, std::uint32_t until, Use use) const;

  std::vector<Run> runs_;      // sorted, disjoint, not empty, all at or behind next_
  std::vector<Extent> marks_;  // the segments they came in, sorted by start
  BufferPool* pool_ = nullptr;
  StreamCounters* counters_ = nullptr;
  std::size_t held_bytes_ = 0;
  TimestampNs hole_since_ = 0;
  std::uint32_t next_ = 0;
  std::uint32_t acknowledged_ = 0;
  std::uint32_t end_ = 0;
  OverlapPolicy policy_ = OverlapPolicy::kLinux;
  std::uint8_t overlaps_ = 0;  // seen, at most kMaxOverlaps
  bool open_ = false;
  bool immediate_ = false;
  bool end_known_ = false;
  bool finished_ = false;
  bool saw_gap_ = false;
};

}  // namespace netmoth::stream
