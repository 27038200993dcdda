// What a worker leaves undone under overload. See overload.h.
//
// Invariant: a flow that is in the table is never sampled out, and neither is DNS: only who is new
// is left out, all of its packets alike, and each packet left out is counted.
#include "base/reader.h"
#include "decode/plain_frame.h"
#include "pipeline/worker.h"

namespace netmoth::pipeline {
namespace {

constexpr std::uint16_t kDns = 53;
constexpr std::uint16_t kMdns = 5353;
constexpr std::uint16_t kLlmnr = 5355;
constexpr decode::LinkType kEthernet = 1;
constexpr std::size_t kEtherTypeAt = 12;
constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kIpv6 = 0x86dd;
// Of the packets after which flows are shunted: by level.
constexpr std::array<std::uint64_t, 4> kShuntAfter{kShuntAfterPackets, kShuntAfterPackets / 2,
                                                   flow::kWatchedPackets, flow::kWatchedPackets};

bool names_hosts(std::uint16_t port) {
  return port == kDns || port == kMdns || port == kLlmnr;
}

bool is_tagged(const decode::Frame& frame) {
  base::Reader reader(frame.data);
  reader.skip(kEtherTypeAt);
  const std::uint16_t type = reader.u16();
  return frame.vlan_present || (type != kIpv4 && type != kIpv6);
}

}  // namespace

void Worker::shed(Overload level, std::uint8_t sampling) {
  overload_ = level;
  sampling_ = sampling;
  if (shunted_.active()) shunt_after_ = kShuntAfter[static_cast<std::size_t>(level)];
}

// The sample of a higher rate is part of that of a lower one: whoever is looked at stays looked at
// while the rate falls.
bool Worker::is_sampled_out(const decode::Frame& frame) {
  decode::PlainFrame plain;
  if (frame.link != kEthernet || is_tagged(frame) || !decode::look_at(frame, plain)) return false;
  if (names_hosts(plain.source_port) || names_hosts(plain.destination_port)) return false;
  const std::uint64_t fixed = flow::hash_of(plain, flow::kFixedSeed);
  if (fixed >> (64 - sampling_) == 0) return false;
  flow::FlowKey key;
  key.source = plain.source;
  key.destination = plain.destination;
  key.source_port = plain.source_port;
  key.destination_port = plain.destination_port;
  key.protocol = plain.protocol;
  key.ip_version = plain.ip_version;
  key.interface = frame.interface;
  return table_.find(key, table_.hash(key)).flow == nullptr;
}

void Worker::process_sample(std::span<const decode::Frame> frames) {
  std::array<decode::Frame, kBatchFrames> kept;
  std::size_t count = 0;
  for (const decode::Frame& frame : frames.first(std::min(frames.size(), kBatchFrames))) {
    if (is_sampled_out(frame))
      ++sampled_out_;
    else
      kept[count++] = frame;
  }
  if (count > 0) return process_all(std::span(kept).first(count));
  if (!frames.empty()) idle(front_.advance(frames.back().time));
}

// Of an encrypted flow only what opens, ends or resets it is still worth a look.
bool Worker::leaves_payload(const flow::Flow& flow, const decode::Packet& packet) const {
  constexpr std::uint8_t kMoves =
      decode::tcp_flag::kSyn | decode::tcp_flag::kFin | decode::tcp_flag::kRst;
  return overload_ >= Overload::kEncrypted && packet.protocol == ip_proto::kTcp &&
         (packet.tcp.flags & kMoves) == 0 && detector_.rules() != nullptr && !flow.inspect &&
         detector_.is_done_with(flow);
}

}  // namespace netmoth::pipeline
