// Reads frames and deals them out to several workers, a chunk at a time.
//
// A packet goes to the worker that has its flow's share (flow::share_of), so both directions of a
// conversation, what came out of a tunnel and a datagram put together from fragments meet their
// flow whatever frame they came in. Most frames need a look only (decode/plain_frame.h) and are
// decoded by the worker; the others are decoded here. For ICMP errors see dealt.h.
//
// Invariant: used by one thread at a time; chunks come in the order of the frames. A chunk owns all
// that its packets point to, so it may be worked on while later ones are dealt. Memory: what a
// chunk holds is bounded by kChunkBytes of frames or one frame, and by kChunkFrames.
#pragma once

#include <deque>
#include <vector>

#include "capture/pcap_file.h"
#include "pipeline/dealt.h"
#include "pipeline/file_run.h"
#include "pipeline/front.h"

namespace netmoth::pipeline {

inline constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
inline constexpr std::size_t kChunkFrames = 512;

// Reused, so that its memory is asked for only once.
struct Chunk {
  capture::ByteSource::Buffer bytes;
  std::vector<decode::Packet> packets;  // never grows beyond what is reserved: `odd` points into it
  std::vector<std::vector<std::uint8_t>> joined;  // payloads put together from fragments
  std::deque<QuoteVerdict> verdicts;
  std::vector<OddPacket> odd;
  std::vector<std::vector<Dealt>> hands;  // by worker, that for ICMP errors last
  std::uint64_t first_number = 0;         // of its frames
  FrameClock clock;                       // of its last frame
  std::size_t unfinished = 0;             // workers that are not through with it

  explicit Chunk(std::size_t workers) : hands(workers + 1) {
    packets.reserve(kChunkFrames * decode::kMaxPacketsPerFrame);
    for (auto& hand : hands)
      hand.reserve(kChunkFrames);
  }
  void clear();
  [[nodiscard]] Hand hand(std::size_t worker) const { return {hands[worker], odd, first_number}; }
};

struct DealerOptions {
  decode::DecoderOptions decoding;
  std::size_t workers = 1;
  bool detects = false;   // rules also look at packets of no flow
  bool in_order = false;  // and at what workers share: no flow may be behind the others
};

class Dealer {
 public:
  // Both outlive the dealer. `result` gets the frame counts.
  Dealer(capture::PcapFile& source, const DealerOptions& options, FileRunResult& result);

  // Reads the first frames; says what the source says.
  capture::SourceStatus begin();
  // False: there are no more frames. `writer` takes decode anomalies.
  bool deal(Chunk& chunk, output::EventWriter& writer);

  [[nodiscard]] const Front& front() const { return front_; }

 private:
  void read();
  void deal_frame(const decode::Frame& frame, Chunk& chunk, output::EventWriter& writer);
  void deal_odd_frame(const decode::Frame& frame, Chunk& chunk, output::EventWriter& writer);
  void deal_packet(const decode::Packet& packet, const decode::Packet* outermost, Chunk& chunk);
  void deal_anomaly(const decode::Anomaly& anomaly, std::span<const decode::Packet> packets,
                    bool told, Chunk& chunk, output::EventWriter& writer);
  void deal_odd(const OddPacket& odd, std::size_t worker, Announced announced, Chunk& chunk);
  [[nodiscard]] std::size_t worker_of(const flow::FlowKey& key) const {
    return key.one_way && !in_order_ ? workers_ : worker_of_share_[flow::share_of(key)];
  }

  capture::PcapFile& source_;
  Front front_;
  Announcers announcers_;
  std::array<std::uint8_t, flow::kShares> worker_of_share_{};
  FileRunResult& result_;
  std::size_t workers_;  // and one for ICMP errors
  bool detects_;
  bool in_order_;
  std::vector<decode::Frame> frames_;
  std::size_t count_ = 0;
  bool has_read_ = false;  // frames that are not dealt yet, or the end
  capture::SourceStatus status_ = capture::SourceStatus::kEnd;
  decode::DecodedFrame decoded_;
};

}  // namespace netmoth::pipeline
