// Reads and decodes frames and deals their packets out to several workers, a chunk at a time.
//
// A packet goes to the worker that has its flow's share (flow::share_of), so both directions of a
// conversation, what came out of a tunnel and a datagram put together from fragments meet their
// flow whatever frame they came in. For ICMP errors see dealt.h.
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
inline constexpr std::size_t kChunkFrames = 2048;

// Reused, so that its memory is asked for only once.
struct Chunk {
  capture::ByteSource::Buffer bytes;
  std::vector<decode::Packet> packets;  // never grows beyond what is reserved: Dealt points into it
  std::vector<std::vector<std::uint8_t>> joined;  // payloads put together from fragments
  std::deque<QuoteVerdict> verdicts;
  std::vector<std::vector<Dealt>> hands;  // by worker
  FrameClock clock;                       // of its last frame
  std::size_t unfinished = 0;             // workers that are not through with it

  explicit Chunk(std::size_t workers) : hands(workers) {
    packets.reserve(kChunkFrames * decode::kMaxPacketsPerFrame);
  }
  void clear();
};

class Dealer {
 public:
  // Both outlive the dealer. `result` gets the frame counts.
  Dealer(capture::PcapFile& source, const decode::DecoderOptions& decoding, FileRunResult& result);

  // Reads the first frames; says what the source says.
  capture::SourceStatus begin();
  // False: there are no more frames. `writer` takes decode anomalies.
  bool deal(Chunk& chunk, output::EventWriter& writer);

  [[nodiscard]] const Front& front() const { return front_; }

 private:
  void deal_frame(const decode::Frame& frame, Chunk& chunk, output::EventWriter& writer);
  void deal_packet(const decode::Packet& packet, const decode::Packet* outermost, Chunk& chunk);
  void deal_anomaly(const decode::Anomaly& anomaly, std::span<const decode::Packet> packets,
                    Chunk& chunk, output::EventWriter& writer);
  std::size_t worker_of(const flow::FlowKey& key, const Chunk& chunk) const {
    return flow::share_of(key) % chunk.hands.size();
  }

  capture::PcapFile& source_;
  Front front_;
  FileRunResult& result_;
  std::vector<decode::Frame> frames_;
  std::size_t count_ = 0;
  capture::SourceStatus status_ = capture::SourceStatus::kEnd;
  decode::DecodedFrame decoded_;
};

}  // namespace netmoth::pipeline
