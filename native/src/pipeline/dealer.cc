#include "pipeline/dealer.h"

#include <functional>

namespace netmoth::pipeline {
namespace {

// std::less is a total order over pointers of different objects too.
bool lies_within(Bytes part, Bytes whole) {
  const std::less_equal<const std::uint8_t*> ordered;
  return ordered(whole.data(), part.data()) &&
         ordered(part.data() + part.size(), whole.data() + whole.size());
}

}  // namespace

void Chunk::clear() {
  packets.clear();
  joined.clear();
  verdicts.clear();
  for (auto& hand : hands)
    hand.clear();
}

Dealer::Dealer(capture::PcapFile& source, const decode::DecoderOptions& decoding,
               FileRunResult& result)
    : source_(source), front_(decoding), result_(result), frames_(kChunkFrames) {
  source_.limit_reads(kChunkBytes);
}

capture::SourceStatus Dealer::begin() {
  status_ = source_.next_batch(frames_, count_);
  if (count_ > 0) result_.first_packet = frames_[0].time;
  return status_;
}

bool Dealer::deal(Chunk& chunk, output::EventWriter& writer) {
  if (status_ != capture::SourceStatus::kFrames) return false;
  chunk.clear();
  for (const decode::Frame& frame : std::span(frames_).first(count_))
    deal_frame(frame, chunk, writer);
  result_.frames += count_;
  result_.last_packet = frames_[count_ - 1].time;
  chunk.clock = front_.clock();
  source_.exchange_buffer(chunk.bytes);
  status_ = source_.next_batch(frames_, count_);
  return true;
}

void Dealer::deal_frame(const decode::Frame& frame, Chunk& chunk, output::EventWriter& writer) {
  result_.bytes += frame.data.size();
  front_.decode(frame, decoded_);
  front_.advance(decoded_);
  const std::size_t first = chunk.packets.size();
  for (const decode::Packet& packet : decoded_.packets()) {
    decode::Packet& kept = chunk.packets.emplace_back(packet);
    if (kept.payload.empty() || lies_within(kept.payload, frame.data)) continue;
    chunk.joined.emplace_back(kept.payload.begin(), kept.payload.end());
    kept.payload = chunk.joined.back();
  }
  const auto packets = std::span<const decode::Packet>(chunk.packets).subspan(first);
  for (const decode::Packet& packet : packets) {
    if (belongs_to_a_flow(packet))
      deal_packet(packet, packet.tunnel_depth == 0 ? nullptr : packets.data(), chunk);
  }
  for (const decode::Anomaly& anomaly : decoded_.anomalies()) {
    if (front_.tells(anomaly)) deal_anomaly(anomaly, packets, chunk, writer);
  }
}

void Dealer::deal_packet(const decode::Packet& packet, const decode::Packet* outermost,
                         Chunk& chunk) {
  const std::size_t own = worker_of(flow::key_of(packet), chunk);
  Dealt dealt{.packet = &packet, .outermost = outermost, .clock = front_.clock()};
  if (packet.has_quoted) {
    const std::size_t quoted = worker_of(flow::key_of_quoted(packet), chunk);
    if (quoted != own) {
      dealt.verdict = &chunk.verdicts.emplace_back();
      dealt.part = Dealt::Part::kQuoted;
      chunk.hands[quoted].push_back(dealt);
      dealt.part = Dealt::Part::kUnlessQuoted;
    }
  }
  chunk.hands[own].push_back(dealt);
}

// By the worker that has the packet's flow; by none where it has none.
void Dealer::deal_anomaly(const decode::Anomaly& anomaly, std::span<const decode::Packet> packets,
                          Chunk& chunk, output::EventWriter& writer) {
  const decode::Packet& packet = packet_of(anomaly, packets);
  const decode::Packet* const outermost = packet.tunnel_depth == 0 ? nullptr : packets.data();
  if (belongs_to_a_flow(packet)) {
    chunk.hands[worker_of(flow::key_of(packet), chunk)].push_back({.packet = &packet,
                                                                   .outermost = outermost,
                                                                   .clock = front_.clock(),
                                                                   .part = Dealt::Part::kAnomaly,
                                                                   .event = anomaly.event});
    return;
  }
  output::EventContext told;
  told.time = front_.clock().now;
  told.packet_number = packet.number;
  told.packet = &packet;
  told.outermost = outermost;
  writer.decode_anomaly(told, decode::decode_event_name(anomaly.event));
}

}  // namespace netmoth::pipeline
