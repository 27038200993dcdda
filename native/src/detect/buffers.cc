// Finding buffers by name, and those of single packets. See buffers.h.
#include "detect/buffers.h"

#include <algorithm>

#include "base/reader.h"

namespace netmoth::detect {
namespace {

// Octets of an IP header with its options (RFC 791 §3.1).
Bytes ipv4_header(const decode::Packet& packet) {
  if (packet.ip_version != 4 || packet.datagram.empty()) return {};
  const std::size_t octets = (packet.datagram[0] & 15U) * 4U;
  return packet.datagram.first(std::min(octets, packet.datagram.size()));
}

Bytes ipv6_header(const decode::Packet& packet) {
  constexpr std::size_t kOctets = 40;
  if (packet.ip_version != 6) return {};
  // With its extension headers, which end where the transport begins.
  base::Reader reader(packet.datagram);
  reader.skip(6);
  std::uint8_t next = reader.u8();
  reader.seek(std::min(kOctets, packet.datagram.size()));
  for (int count = 0; count < 16 && reader.ok(); ++count) {
    const std::size_t end = reader.position();
    const bool extension = next == 0 || next == 43 || next == 44 || next == 60;
    if (!extension) return packet.datagram.first(end);
    const bool fragment = next == 44;
    next = reader.u8();
    const std::size_t units = reader.u8();
    reader.skip(fragment ? 6 : units * 8 + 6);
    if (fragment && reader.ok()) return packet.datagram.first(reader.position());
  }
  return packet.datagram;
}

Bytes transport_header(const decode::Packet& packet, std::size_t octets) {
  return packet.transport.first(std::min(octets, packet.transport.size()));
}

Bytes tcp_header(const decode::Packet& packet) {
  constexpr std::size_t kOffsetAt = 12;
  if (packet.protocol != ip_proto::kTcp || packet.transport.size() <= kOffsetAt) return {};
  return transport_header(packet, (packet.transport[kOffsetAt] >> 4) * 4U);
}

Bytes udp_header(const decode::Packet& packet) {
  return packet.protocol == ip_proto::kUdp ? transport_header(packet, 8) : Bytes();
}

Bytes icmpv4_header(const decode::Packet& packet) {
  return packet.protocol == ip_proto::kIcmp ? packet.transport : Bytes();
}

Bytes icmpv6_header(const decode::Packet& packet) {
  return packet.protocol == ip_proto::kIcmpV6 ? packet.transport : Bytes();
}

Bytes ether_header(const decode::Packet& packet) {
  constexpr std::size_t kOctets = 14;
  return packet.has_mac ? packet.frame.first(std::min(kOctets, packet.frame.size())) : Bytes();
}

Bytes source(const decode::Packet& packet) {
  return Bytes(packet.source.octets).first(packet.ip_version == 4 ? 4 : 16);
}

Bytes destination(const decode::Packet& packet) {
  return Bytes(packet.destination.octets).first(packet.ip_version == 4 ? 4 : 16);
}

constexpr PacketBufferRow kPacketRows[] = {
    {"ether.hdr", ether_header},
    {"icmpv4.hdr", icmpv4_header},
    {"icmpv6.hdr", icmpv6_header},
    {"ip.dst", destination},
    {"ip.src", source},
    {"ipv4.hdr", ipv4_header},
    {"ipv6.hdr", ipv6_header},
    {"tcp.hdr", tcp_header},
    {"udp.hdr", udp_header},
};

}  // namespace

const BufferRow* find_buffer(std::string_view name) {
  for (const auto rows :
       {http_buffers(), tls_buffers(), dns_buffers(), mail_buffers(), session_buffers(),
        sip_buffers(), service_buffers(), file_buffers(), frame_buffers()}) {
    const auto found = std::ranges::find(rows, name, &BufferRow::name);
    if (found != rows.end()) return &*found;
  }
  return nullptr;
}

std::span<const PacketBufferRow> packet_buffers() {
  return kPacketRows;
}

}  // namespace netmoth::detect
