// One frame through its layers.
//
// Invariant: see decoder.h: at least one packet comes out of every frame.
#include "decode/decoder.h"

#include "decode/context.h"
#include "decode/layers.h"

namespace netmoth::decode {

void Decoder::decode(const Frame& frame, DecodedFrame& out) {
  FrameContext context(frame, out, options_, counters_);
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
  Packet& packet = out_.packets_[out_.packet_count_++];
  packet = Packet{};
  packet.time = frame_.time;
  packet.number = frame_.number;
  packet.captured_length =
      static_cast<std::uint32_t>(outermost ? frame_.data.size() : datagram.size());
  packet.wire_length = outermost ? frame_.wire_length : packet.captured_length;
  packet.ether_type = ether_type;
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
      return "gre tunnel";
    case PacketOrigin::kErspan:
      return "erspan encapsulation";
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
