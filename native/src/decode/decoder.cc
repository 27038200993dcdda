// One frame through its layers.
//
// Invariant: see decoder.h: at least one packet comes out of every frame.
#include "decode/decoder.h"

#include "decode/context.h"
#include "decode/layers.h"

namespace netmoth::decode {

void Decoder::decode(const Frame& frame, DecodedFrame& out) {
  FrameContext context(frame, out, options_, counters_, defragmenter_);
  ++counters_.frames;
  counters_.bytes += frame.data.size();
  decode_link(context, frame.link, frame.data);
  if (!context.has_packets()) {
    Packet* packet = context.add_packet(frame.data);
    packet->invalid = context.invalid();
    packet->payload = {};
  }
  if (context.invalid()) ++counters_.invalid;
}

Packet* FrameContext::add_packet(Bytes datagram) {
  if (out_.packet_count_ == kMaxPacketsPerFrame) {
    fail(DecodeEvent::kTooManyLayers);
    return nullptr;
  }
  const bool outermost = tunnel_depth == 0;
  // A link layer's padding behind the datagram counts as Suricata counts it.
  const std::size_t captured =
      outermost ? frame_.data.size() : std::max(carried_.size(), datagram.size());
  Packet& packet = out_.packets_[out_.packet_count_++];
  packet = Packet{};
  packet.datagram = datagram;
  packet.frame = frame_.data;
  packet.link = frame_.link;
  packet.time = frame_.time;
  packet.number = frame_.number;
  packet.captured_length = static_cast<std::uint32_t>(captured);
  packet.wire_length = outermost ? frame_.wire_length : packet.captured_length;
  packet.ether_type = ether_type;
  packet.interface = frame_.interface;
  packet.vlan_count = vlan_count;
  packet.vlan = vlan;
  packet.source_mac = source_mac;
  packet.destination_mac = destination_mac;
  packet.has_mac = has_mac;
  packet.tunnel_depth = tunnel_depth;
  packet.origin = origin;
  if (!outermost) ++counters.tunneled;
  return &packet;
}

std::optional<Bytes> FrameContext::join(Packet& packet, std::uint32_t identification,
                                        Fragment fragment) {
  const bool v4 = packet.ip_version == 4;
  packet.is_fragment = true;
  ++counters.fragments;
  if (packet.truncated) {  // a part of it would leave a hole
    note(v4 ? DecodeEvent::kIpv4FragIgnored : DecodeEvent::kIpv6FragIgnored);
    return std::nullopt;
  }
  auto& words = fragment.key.words;
  std::memcpy(words.data(), packet.source.octets.data(), 16);
  std::memcpy(words.data() + 2, packet.destination.octets.data(), 16);
  // Fragments of one IPv6 datagram may name different next headers (RFC 8200): it is no part of it.
  words[4] = std::uint64_t{identification} << 32 | std::uint64_t{packet.interface} << 16 |
             (v4 ? packet.protocol : 0U) << 8 | packet.ip_version;
  words[5] = std::uint64_t{tunnel_depth} << 56 | std::uint64_t{vlan_count} << 48 |
             std::uint64_t{vlan[2]} << 32 | std::uint64_t{vlan[1]} << 16 | vlan[0];
  fragment.ttl = packet.ttl;
  fragment.protocol = packet.protocol;
  const auto receiver = options.host_policies.find(packet.destination, packet.ip_version);
  fragment.policy = receiver ? defrag_policy_of(*receiver) : options.defrag_policy;

  const auto index = static_cast<std::size_t>(&packet - out_.packets_.data());
  const FragmentOutcome outcome =
      defragmenter_.insert(fragment, frame_.time, out_.reassembled_[index]);
  if (outcome.overlap) note(v4 ? DecodeEvent::kIpv4FragOverlap : DecodeEvent::kIpv6FragOverlap);
  switch (outcome.verdict) {
    case FragmentVerdict::kKept:
      return std::nullopt;
    case FragmentVerdict::kTooLarge:
      note(v4 ? DecodeEvent::kIpv4FragTooLarge : DecodeEvent::kIpv6FragTooLarge);
      return std::nullopt;
    case FragmentVerdict::kRefused:
      note(v4 ? DecodeEvent::kIpv4FragIgnored : DecodeEvent::kIpv6FragIgnored);
      return std::nullopt;
    case FragmentVerdict::kComplete:
      break;
  }
  packet.is_fragment = false;
  packet.origin = PacketOrigin::kDefragmented;
  packet.ttl = outcome.ttl;
  packet.protocol = outcome.protocol;
  packet.captured_length =
      outcome.header_bytes + static_cast<std::uint32_t>(outcome.datagram.size());
  packet.wire_length = packet.captured_length;
  return outcome.datagram;
}

void FrameContext::note(DecodeEvent event) {
  ++counters.events[static_cast<std::size_t>(event)];
  const std::uint8_t last = out_.packet_count_ == 0 ? 0 : out_.packet_count_ - 1;
  for (const Anomaly& told : out_.anomalies()) {
    if (told.event == event && told.packet == last) return;
  }
  if (out_.anomaly_count_ == kMaxAnomaliesPerFrame) {
    ++counters.anomalies_dropped;
    return;
  }
  out_.anomalies_[out_.anomaly_count_++] = {event, last};
}

std::string_view packet_origin_name(PacketOrigin origin) {
  switch (origin) {
    case PacketOrigin::kWire:
      return "wire/pcap";
    case PacketOrigin::kIpv4Tunnel:
      return "ipv4 tunnel";
    case PacketOrigin::kIpv6Tunnel:
      return "ipv6 tunnel";
    case PacketOrigin::kGre:
    case PacketOrigin::kErspan:  // Suricata knows it as a payload of GRE
      return "gre tunnel";
    case PacketOrigin::kVxlan:
      return "vxlan encapsulation";
    case PacketOrigin::kGeneve:
      return "geneve encapsulation";
    case PacketOrigin::kTeredo:
      return "teredo tunnel";
    case PacketOrigin::kGtp:
      return "gtp tunnel";
    case PacketOrigin::kAyiya:
      return "ayiya tunnel";
    case PacketOrigin::kDefragmented:
      return "defrag";
    case PacketOrigin::kOtherTunnel:
      return "tunnel";
  }
  return "wire/pcap";
}

}  // namespace netmoth::decode
