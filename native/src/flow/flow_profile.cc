#include "flow/flow_profile.h"

#include <limits>

#include "base/reader.h"

namespace netmoth::flow {
namespace {

constexpr std::size_t kTcpHeaderBytes = 20;
constexpr std::uint8_t kEndOfOptions = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::size_t kFlagsOfIpv4 = 6;
constexpr std::uint8_t kDontFragment = 0x40;

void read_option_kinds(SynTuple& syn, Bytes transport, Bytes payload) {
  const std::size_t header = transport.size() - std::min(transport.size(), payload.size());
  if (header < kTcpHeaderBytes) return;
  base::Reader reader(transport.first(header).subspan(kTcpHeaderBytes));
  while (!reader.at_end() && syn.option_count < kMaxSynOptions) {
    const std::uint8_t kind = reader.u8();
    if (kind == kEndOfOptions) return;
    syn.options[syn.option_count++] = kind;
    if (kind == kNoOperation) continue;
    const std::uint8_t length = reader.u8();
    if (length < 2) return;
    reader.skip(length - 2U);
  }
}

SynTuple syn_of(const decode::Packet& packet) {
  SynTuple syn;
  syn.seen = true;
  syn.window = packet.tcp.window;
  syn.mss = packet.tcp.mss;
  syn.ttl = packet.ttl;
  syn.scale = packet.tcp.window_scale;
  syn.scaled = packet.tcp.has_window_scale;
  constexpr std::uint8_t kEcn = decode::tcp_flag::kEce | decode::tcp_flag::kCwr;
  syn.ecn = (packet.tcp.flags & kEcn) == kEcn;
  if (packet.ip_version == 4) {
    base::Reader reader(packet.datagram);
    reader.skip(kFlagsOfIpv4);
    syn.dont_fragment = (reader.u8() & kDontFragment) != 0;
  }
  read_option_kinds(syn, packet.transport, packet.payload);
  return syn;
}

}  // namespace

void FlowProfile::add(const Flow& flow, Direction direction, const decode::Packet& packet,
                      bool tunnelled) {
  const std::size_t side = index_of(direction) ^ std::size_t{flow.turned};
  if (packet.has_mac && !tunnelled && !mac_known_[side]) {
    macs_[side] = packet.source_mac;
    mac_known_[side] = true;
  }
  if (packet.protocol == ip_proto::kTcp && !syn_.seen) {
    constexpr std::uint8_t kBoth = decode::tcp_flag::kSyn | decode::tcp_flag::kAck;
    if ((packet.tcp.flags & kBoth) == decode::tcp_flag::kSyn) {
      syn_ = syn_of(packet);
      syn_.side = static_cast<std::uint8_t>(side);
    }
  }
  if (packet.payload_length == 0 || count_ == kProfiledSizes) return;
  constexpr int kMaxSize = std::numeric_limits<std::int16_t>::max();
  const int size = static_cast<int>(std::min<std::uint32_t>(packet.payload_length, kMaxSize));
  sizes_[count_] = static_cast<std::int16_t>(side == 0 ? size : -size);
  if (count_ > 0) {
    constexpr TimestampNs kMaxGapUs = std::numeric_limits<std::uint32_t>::max();
    gaps_us_[count_] = static_cast<std::uint32_t>(
        std::clamp<TimestampNs>((packet.time - last_) / 1000, 0, kMaxGapUs));
  }
  last_ = packet.time;
  ++count_;
}

}  // namespace netmoth::flow
