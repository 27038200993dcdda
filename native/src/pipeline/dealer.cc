#include "pipeline/dealer.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "decode/plain_frame.h"

namespace netmoth::pipeline {
namespace {

// What is looked at of a frame is fetched into the nearest cache this many frames earlier.
constexpr std::size_t kAhead = 8;
constexpr std::size_t kLastPart = 40;
constexpr std::size_t kDealtAhead = 8;

constexpr std::uint64_t kMaxNumber = std::numeric_limits<decltype(Dealt::number)>::max();

// More than fits takes four thousand million frames while the capture's time stands still; then
// some of them are of one moment.
std::uint32_t further(const FrameClock& clock) {
  constexpr TimestampNs kMost = std::numeric_limits<decltype(Dealt::further)>::max();
  return static_cast<std::uint32_t>(std::min(clock.order - clock.now, kMost));
}

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
  odd.clear();
  for (auto& hand : hands)
    hand.clear();
}

Dealer::Dealer(capture::PcapFile& source, const DealerOptions& options, FileRunResult& result)
    : source_(source),
      front_(options.decoding),
      result_(result),
      workers_(options.workers),
      detects_(options.detects),
      in_order_(options.in_order),
      frames_(kChunkFrames) {
  for (std::size_t share = 0; share < flow::kShares; ++share)
    worker_of_share_[share] = static_cast<std::uint8_t>(share % workers_);
  source_.limit_reads(kChunkBytes);
}

capture::SourceStatus Dealer::begin() {
  read();
  if (count_ > 0) result_.first_packet = frames_[0].time;
  return status_;
}

void Dealer::read() {
  status_ = source_.next_batch(frames_, count_);
  has_read_ = true;
}

bool Dealer::deal(Chunk& chunk, output::EventWriter& writer) {
  // Now and not at the end of the last chunk, so that who reads the octets also looks at them.
  if (!has_read_) read();
  if (status_ != capture::SourceStatus::kFrames) return false;
  has_read_ = false;
  chunk.clear();
  chunk.first_number = frames_[0].number;
  for (std::size_t i = 0; i < count_; ++i) {
    if (i + kAhead < count_) {
      const std::uint8_t* const ahead = frames_[i + kAhead].data.data();
      __builtin_prefetch(ahead);
      __builtin_prefetch(ahead + kLastPart);
    }
    deal_frame(frames_[i], chunk, writer);
  }
  result_.frames += count_;
  result_.last_packet = frames_[count_ - 1].time;
  chunk.clock = front_.clock();
  source_.exchange_buffer(chunk.bytes);
  return true;
}

void Dealer::deal_frame(const decode::Frame& frame, Chunk& chunk, output::EventWriter& writer) {
  result_.bytes += frame.data.size();
  const FrameClock& clock = front_.advance(frame.time);
  const std::uint64_t number = frame.number - chunk.first_number;
  decode::PlainFrame plain;
  if (!decode::look_at(frame, plain) || frame.time != clock.now || number > kMaxNumber)
    return deal_odd_frame(frame, chunk, writer);
  auto& hand = chunk.hands[worker_of_share_[flow::share_of(plain)]];
  // Another core read what stood here: to be owned again before it is written.
  __builtin_prefetch(hand.data() + hand.size() + kDealtAhead, 1);
  hand.push_back({.octets = frame.data.data(),
                  .now = clock.now,
                  .length = static_cast<std::uint32_t>(frame.data.size()),
                  .wire_length = frame.wire_length,
                  .further = further(clock),
                  .number = static_cast<std::uint16_t>(number),
                  .announced = plain.protocol == ip_proto::kTcp
                                   ? announcers_.see(plain, plain.payload)
                                   : Announced::kNowhere});
}

void Dealer::deal_odd_frame(const decode::Frame& frame, Chunk& chunk, output::EventWriter& writer) {
  front_.decode(frame, decoded_);
  const std::size_t first = chunk.packets.size();
  for (const decode::Packet& packet : decoded_.packets()) {
    decode::Packet& kept = chunk.packets.emplace_back(packet);
    if (kept.payload.empty() || lies_within(kept.payload, frame.data)) continue;
    chunk.joined.emplace_back(kept.payload.begin(), kept.payload.end());
    kept.payload = chunk.joined.back();
  }
  const auto packets = std::span<const decode::Packet>(chunk.packets).subspan(first);
  for (const decode::Packet& packet : packets) {
    const decode::Packet* const outermost = packet.tunnel_depth == 0 ? nullptr : packets.data();
    if (belongs_to_a_flow(packet))
      deal_packet(packet, outermost, chunk);
    else if (detects_)
      deal_odd({.packet = &packet, .outermost = outermost, .part = OddPacket::Part::kAlone},
               worker_of(flow::key_of(packet)), Announced::kNowhere, chunk);
  }
  for (const decode::Anomaly& anomaly : decoded_.anomalies()) {
    const bool told = front_.tells(anomaly);
    if (told || detects_) deal_anomaly(anomaly, packets, told, chunk, writer);
  }
}

void Dealer::deal_odd(const OddPacket& odd, std::size_t worker, Announced announced, Chunk& chunk) {
  chunk.hands[worker].push_back({.now = front_.clock().now,
                                 .length = static_cast<std::uint32_t>(chunk.odd.size()),
                                 .further = further(front_.clock()),
                                 .announced = announced,
                                 .is_odd = true});
  chunk.odd.push_back(odd);
}

void Dealer::deal_packet(const decode::Packet& packet, const decode::Packet* outermost,
                         Chunk& chunk) {
  const flow::FlowKey key = flow::key_of(packet);
  const std::size_t own = worker_of(key);
  const Announced announced = packet.protocol == ip_proto::kTcp
                                  ? announcers_.see(key, packet.payload)
                                  : Announced::kNowhere;
  OddPacket odd{.packet = &packet, .outermost = outermost};
  if (packet.has_quoted) {
    const std::size_t quoted = worker_of(flow::key_of_quoted(packet));
    if (quoted != own) {
      odd.verdict = &chunk.verdicts.emplace_back();
      odd.part = OddPacket::Part::kQuoted;
      deal_odd(odd, quoted, announced, chunk);
      odd.part = OddPacket::Part::kUnlessQuoted;
    }
  }
  deal_odd(odd, own, announced, chunk);
}

// By the worker that has the packet's flow; where it has none by the one that rules look at it in,
// else by none.
void Dealer::deal_anomaly(const decode::Anomaly& anomaly, std::span<const decode::Packet> packets,
                          bool told, Chunk& chunk, output::EventWriter& writer) {
  const decode::Packet& packet = packet_of(anomaly, packets);
  const decode::Packet* const outermost = packet.tunnel_depth == 0 ? nullptr : packets.data();
  if (detects_ || belongs_to_a_flow(packet)) {
    return deal_odd({.packet = &packet,
                     .outermost = outermost,
                     .part = OddPacket::Part::kAnomaly,
                     .event = anomaly.event,
                     .told = told},
                    worker_of(flow::key_of(packet)), Announced::kNowhere, chunk);
  }
  output::EventContext about;
  about.time = front_.clock().now;
  about.packet_number = packet.number;
  about.packet = &packet;
  about.outermost = outermost;
  writer.decode_anomaly(about, decode::decode_event_name(anomaly.event));
}

}  // namespace netmoth::pipeline
