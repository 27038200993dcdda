// How the packets of a flow came here: what tunnelled flows and, where MAC addresses are told, all
// flows keep beside the Flow.
//
// Invariant: fixed size, no memory of its own; more MAC addresses than kMaxMacsOfSide are not kept.
#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include "decode/packet.h"

namespace netmoth::flow {

// Suricata's limit of a flow's MAC addresses on one side.
inline constexpr std::size_t kMaxMacsOfSide = 10;

// The outermost packet around a tunnelled one.
struct TunnelEnds {
  Address source;
  Address destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t ip_version = 0;  // 0: no tunnel
  std::uint8_t depth = 0;       // of the inner packet: 1 right inside the outermost
  decode::PacketOrigin origin = decode::PacketOrigin::kWire;  // of the outermost
  std::uint64_t packet_number = 0;

  void reverse() {
    std::swap(source, destination);
    std::swap(source_port, destination_port);
  }
};

inline TunnelEnds tunnel_of(const decode::Packet& outermost, const decode::Packet& inner) {
  return {outermost.source,           outermost.destination, outermost.source_port,
          outermost.destination_port, outermost.protocol,    outermost.ip_version,
          inner.tunnel_depth,         outermost.origin,      outermost.number};
}

// MAC addresses in the order in which they were first seen.
class MacSet {
 public:
  void add(const MacAddress& address) {
    if (std::ranges::find(all(), address) == all().end() && count_ < kMaxMacsOfSide)
      addresses_[count_++] = address;
  }
  [[nodiscard]] std::span<const MacAddress> all() const { return {addresses_.data(), count_}; }

 private:
  std::array<MacAddress, kMaxMacsOfSide> addresses_{};
  std::size_t count_ = 0;
};

struct FlowRoute {
  TunnelEnds tunnel;  // of the first packet, from client to server
  MacSet client_macs;
  MacSet server_macs;

  void reverse() {
    tunnel.reverse();
    std::swap(client_macs, server_macs);
  }
};

}  // namespace netmoth::flow
