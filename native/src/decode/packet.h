// What the decoder makes of a frame: one Packet per IP datagram (several where tunnels nest).
//
// Invariant: every view points into the frame and lives as long as the frame's bytes do, or, where
// the packet was put together from fragments, into the DecodedFrame it stands in. payload is
// already cut to what the IP and UDP lengths say.
#pragma once

#include "base/types.h"

namespace netmoth::decode {

// Link types by libpcap's DLT/LINKTYPE numbers (https://www.tcpdump.org/linktypes.html).
using LinkType = std::uint32_t;

// A frame as a capture source hands it over.
struct Frame {
  TimestampNs time = 0;
  std::uint64_t number = 0;  // 1-based within the source (EVE pcap_cnt)
  std::uint32_t wire_length = 0;
  LinkType link = 1;
  Bytes data;
  bool checksum_not_ready = false;  // TP_STATUS_CSUMNOTREADY: never validate
  std::uint16_t vlan_tci = 0;       // outer tag the kernel took off, with vlan_present
  bool vlan_present = false;
  std::uint8_t interface = 0;  // slot of where it came in (capture/interface_set.h)
};

namespace tcp_flag {
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;
inline constexpr std::uint8_t kUrg = 0x20;
inline constexpr std::uint8_t kEce = 0x40;
inline constexpr std::uint8_t kCwr = 0x80;
}  // namespace tcp_flag

struct TcpHeader {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint16_t window = 0;
  std::uint8_t flags = 0;
  std::uint8_t window_scale = 0;  // from the SYN's option, with has_window_scale
  bool has_window_scale = false;
  std::uint16_t mss = 0;  // 0 where absent
  bool sack_permitted = false;
  bool has_timestamp = false;
  std::uint32_t timestamp_value = 0;
  std::uint32_t timestamp_echo = 0;
};

inline constexpr std::size_t kMaxVlanTags = 3;

// How a packet came to the decoder (EVE's pkt_src, see packet_origin_name).
enum class PacketOrigin : std::uint8_t {
  kWire,
  kIpv4Tunnel,
  kIpv6Tunnel,
  kGre,
  kErspan,
  kVxlan,
  kGeneve,
  kTeredo,
  kGtp,
  kAyiya,
  kDefragmented,
  kOtherTunnel,
};

// Suricata's spelling where it has one: "wire/pcap", "vxlan encapsulation", … Static storage.
std::string_view packet_origin_name(PacketOrigin origin);

// The packet an ICMP error speaks about, from the headers it quotes.
struct QuotedPacket {
  Address source;
  Address destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t icmp_type = 0;  // where the quoted packet is ICMP itself
  std::uint8_t icmp_code = 0;
};

struct Packet {
  TimestampNs time = 0;
  std::uint64_t number = 0;
  // Outermost packet: of the whole frame, link layer included. In a tunnel: of the inner datagram.
  std::uint32_t wire_length = 0;
  std::uint32_t captured_length = 0;  // what Suricata counts as bytes of a flow
  Address source;
  Address destination;
  std::uint16_t source_port = 0;  // TCP, UDP, SCTP; else 0
  std::uint16_t destination_port = 0;
  std::uint8_t ip_version = 0;  // 4 or 6; 0 where the frame carries no IP
  std::uint8_t protocol = 0;    // of the transport, extension headers skipped
  std::uint8_t ttl = 0;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint32_t icmp_rest = 0;  // octets 5 to 8: identifier and sequence of an echo
  bool invalid = false;      // a header could not be read: an anomaly says why; make no flow of it
  bool is_fragment = false;  // its datagram still has holes: no ports, no payload
  bool checksum_valid = true;  // of the transport; true where it was not validated
  bool ip_checksum_valid = true;
  // Cut by the snap length: payload is shorter than payload_length. Sound, but incomplete.
  bool truncated = false;
  std::uint8_t tunnel_depth = 0;  // 0: outermost
  PacketOrigin origin = PacketOrigin::kWire;
  std::uint8_t interface = 0;  // of the frame
  std::uint8_t vlan_count = 0;
  std::array<std::uint16_t, kMaxVlanTags> vlan{};  // VIDs, outermost first
  MacAddress source_mac{};
  MacAddress destination_mac{};
  bool has_mac = false;
  std::uint16_t ether_type = 0;  // of what the frame carries, tags skipped; 0 where unknown
  TcpHeader tcp;
  bool has_quoted = false;  // ICMP error with a readable quote
  QuotedPacket quoted;
  LinkType link = 0;  // of the frame
  Bytes frame;        // all of it, link layer included
  Bytes datagram;     // from the IP header on; of a datagram put together, its last fragment
  Bytes transport;    // from the transport header on
  Bytes payload;      // of the transport; for ICMP what follows the 8-byte header
  // Bytes of payload there were on the wire; payload.size() unless truncated.
  std::uint32_t payload_length = 0;
};

}  // namespace netmoth::decode
