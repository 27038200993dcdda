// What a worker does with frames that another thread read and dealt to it.
//
// Invariant: as Worker::process: a batch is decoded and its flows asked for before the first of it
// is handled, and each packet is handled at its own time.
#include <algorithm>

#include "pipeline/worker.h"

namespace netmoth::pipeline {
namespace {

// Frames that were dealt may lie in another core's cache: they are asked for so many ahead.
constexpr std::size_t kFramesAhead = 6;
constexpr std::size_t kDealtAhead = 20;

void prefetch(const Dealt& dealt) {
  constexpr std::size_t kLine = 64;
  if (dealt.is_odd) return;
  for (std::size_t at = 0; at < dealt.length; at += kLine)
    __builtin_prefetch(dealt.octets + at);
}

}  // namespace

void Worker::process_dealt(const Hand& hand) {
  std::array<std::uint32_t, kBatchFrames> hashes{};
  std::array<const decode::Packet*, kBatchFrames> packets{};
  for (auto dealt = hand.dealt; !dealt.empty();) {
    const auto left = dealt;
    const auto batch = dealt.first(std::min(dealt.size(), kBatchFrames));
    dealt = dealt.subspan(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      __builtin_prefetch(left.data() + i + kDealtAhead);
      if (i + kFramesAhead < left.size()) prefetch(left[i + kFramesAhead]);
      packets[i] = &packet_in(hand, batch[i], decoded_[i]);
      hashes[i] = table_.hash(flow::key_of(*packets[i]));
      table_.prefetch_bucket(hashes[i]);
    }
    for (std::size_t i = 0; i < batch.size(); ++i)
      table_.prefetch_flow(hashes[i]);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      advance(batch[i].clock());
      announced_ = batch[i].announced;
      if (batch[i].is_odd) {
        handle_odd(hand.odd[batch[i].length], hashes[i]);
      } else {
        enter(*packets[i], nullptr);
        handle_packet(*packets[i], hashes[i]);
      }
      expire();
    }
    labeller_.publish();
    if (labeller_.has_late()) keep_up();
  }
}

const decode::Packet& Worker::packet_in(const Hand& hand, const Dealt& dealt,
                                        decode::DecodedFrame& decoded) {
  if (dealt.is_odd) return *hand.odd[dealt.length].packet;
  front_.decode(hand.frame(dealt), decoded);
  return decoded.packets()[0];
}

void Worker::handle_odd(const OddPacket& odd, std::uint32_t hash) {
  const decode::Packet& packet = *odd.packet;
  enter(packet, odd.outermost);
  switch (odd.part) {
    case OddPacket::Part::kWhole:
      if (!packet.has_quoted || !handle_quoting(packet)) handle_packet(packet, hash);
      break;
    case OddPacket::Part::kQuoted:
      odd.verdict->tell(handle_quoting(packet));
      break;
    case OddPacket::Part::kUnlessQuoted:
      // The others may wait for what this worker has handled, so it says so before it waits.
      labeller_.publish();
      if (!odd.verdict->await()) handle_packet(packet, hash);
      break;
    case OddPacket::Part::kAnomaly:
      tell_decode_anomaly(odd.event, odd.told);
      break;
    case OddPacket::Part::kAlone:
      detect_alone(packet);
      break;
  }
}

}  // namespace netmoth::pipeline
