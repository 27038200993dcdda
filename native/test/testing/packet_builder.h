// Packets built in code for tests: Ethernet, VLAN, IPv4, IPv6, TCP, UDP, ICMP, with right
// checksums.
//
//   Buffer frame = ethernet(ipv4("10.0.0.1", "10.0.0.2", tcp({.source_port = 1, …}, "GET /
//   HTTP/1.1")));
//
// Invariant: written from the RFCs and sharing no code with the decoder, so the two check each
// other.
#pragma once

#include <arpa/inet.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace netmoth::testing {

using Buffer = std::vector<std::uint8_t>;

inline Buffer bytes(std::initializer_list<int> values) {
  Buffer out;
  for (const int value : values)
    out.push_back(static_cast<std::uint8_t>(value));
  return out;
}
inline Buffer bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

// "45 00 0054" → octets; spaces are ignored.
inline Buffer from_hex(std::string_view text) {
  Buffer out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == ':') continue;
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return out;
}

inline Buffer be16(std::uint64_t v) {
  return bytes({int(v >> 8 & 255), int(v & 255)});
}
inline Buffer be32(std::uint64_t v) {
  return bytes({int(v >> 24 & 255), int(v >> 16 & 255), int(v >> 8 & 255), int(v & 255)});
}
inline Buffer le16(std::uint64_t v) {
  return bytes({int(v & 255), int(v >> 8 & 255)});
}
inline Buffer le32(std::uint64_t v) {
  return bytes({int(v & 255), int(v >> 8 & 255), int(v >> 16 & 255), int(v >> 24 & 255)});
}

inline Buffer operator+(Buffer left, const Buffer& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
inline Buffer operator+(Buffer left, std::string_view right) {
  return std::move(left) + bytes(right);
}

inline void put16(Buffer& out, std::size_t at, std::uint32_t value) {
  out.at(at) = static_cast<std::uint8_t>(value >> 8);
  out.at(at + 1) = static_cast<std::uint8_t>(value);
}

// RFC 1071, two octets at a time.
inline std::uint16_t internet_checksum(const Buffer& data) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    sum += static_cast<std::uint32_t>(data[i]) << 8 | (i + 1 < data.size() ? data[i + 1] : 0U);
    sum = (sum & 0xFFFF) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(~sum);
}

inline Buffer address_bytes(const std::string& text) {
  Buffer out(text.find(':') == std::string::npos ? 4 : 16);
  inet_pton(out.size() == 4 ? AF_INET : AF_INET6, text.c_str(), out.data());
  return out;
}

inline Address address(const std::string& text) {
  Address out;
  const Buffer octets = address_bytes(text);
  std::copy(octets.begin(), octets.end(), out.octets.begin());
  return out;
}

// A transport segment whose checksum depends on the IP header it will get.
struct Segment {
  std::uint8_t protocol = 0;
  Buffer data;
  std::size_t checksum_at = 0;
  bool has_checksum = false;
  bool pseudo_header = true;
};

struct TcpSpec {
  std::uint16_t source_port = 40000;
  std::uint16_t destination_port = 80;
  std::uint32_t sequence = 1;
  std::uint32_t acknowledgment = 0;
  std::uint8_t flags = 0x10;
  std::uint16_t window = 65535;
  Buffer options = {};  // padded with zeros to a multiple of 4
};

inline Segment tcp(TcpSpec spec, const Buffer& payload = {}) {
  while (spec.options.size() % 4 != 0)
    spec.options.push_back(0);
  const auto words = static_cast<int>(5 + spec.options.size() / 4);
  Buffer data = be16(spec.source_port) + be16(spec.destination_port) + be32(spec.sequence) +
                be32(spec.acknowledgment) + bytes({words << 4, spec.flags}) + be16(spec.window) +
                be16(0) + be16(0) + spec.options + payload;
  return {ip_proto::kTcp, std::move(data), 16, true};
}
inline Segment tcp(TcpSpec spec, std::string_view payload) {
  return tcp(std::move(spec), bytes(payload));
}

inline Segment udp(std::uint16_t source_port, std::uint16_t destination_port,
                   const Buffer& payload = {}) {
  return {ip_proto::kUdp,
          be16(source_port) + be16(destination_port) + be16(8 + payload.size()) + be16(0) + payload,
          6, true};
}
inline Segment udp(std::uint16_t source_port, std::uint16_t destination_port,
                   std::string_view payload) {
  return udp(source_port, destination_port, bytes(payload));
}

inline Segment icmp(int type, int code, const Buffer& rest) {
  return {ip_proto::kIcmp, bytes({type, code, 0, 0}) + rest, 2, true, false};
}
inline Segment icmpv6(int type, int code, const Buffer& rest) {
  return {ip_proto::kIcmpV6, bytes({type, code, 0, 0}) + rest, 2, true};
}
inline Segment other(std::uint8_t protocol, const Buffer& payload) {
  return {protocol, payload};
}

inline Buffer finish_segment(const Segment& segment, const Buffer& source,
                             const Buffer& destination) {
  Buffer data = segment.data;
  if (!segment.has_checksum) return data;
  Buffer summed = data;
  if (segment.pseudo_header) {
    summed = source + destination + be32(data.size()) + be32(segment.protocol) + data;
  }
  std::uint16_t sum = internet_checksum(summed);
  if (segment.protocol == ip_proto::kUdp && sum == 0) sum = 0xFFFF;
  put16(data, segment.checksum_at, sum);
  return data;
}

struct Ipv4Spec {
  std::uint8_t ttl = 64;
  std::uint16_t identification = 1;
  bool more_fragments = false;
  std::uint16_t fragment_offset_units = 0;  // of 8 octets
  Buffer options = {};                      // padded to a multiple of 4
};

inline Buffer ipv4(const std::string& source, const std::string& destination,
                   const Segment& segment, Ipv4Spec spec = {}) {
  while (spec.options.size() % 4 != 0)
    spec.options.push_back(0);
  const Buffer from = address_bytes(source);
  const Buffer to = address_bytes(destination);
  const Buffer data = finish_segment(segment, from, to);
  const std::size_t header = 20 + spec.options.size();
  const int fragment = (spec.more_fragments ? 0x2000 : 0) | spec.fragment_offset_units;
  Buffer out = bytes({static_cast<int>(0x40 | header / 4), 0}) + be16(header + data.size()) +
               be16(spec.identification) + be16(static_cast<std::uint64_t>(fragment)) +
               bytes({spec.ttl, segment.protocol}) + be16(0) + from + to + spec.options;
  put16(out, 10, internet_checksum(out));
  return out + data;
}

struct Ipv6Spec {
  std::uint8_t hop_limit = 64;
  // Extension headers in order: number of each and its octets, whose first one (next header) is set
  // here.
  std::vector<std::pair<std::uint8_t, Buffer>> extensions = {};
};

inline Buffer ipv6(const std::string& source, const std::string& destination,
                   const Segment& segment, Ipv6Spec spec = {}) {
  const Buffer from = address_bytes(source);
  const Buffer to = address_bytes(destination);
  Buffer rest;
  for (std::size_t i = 0; i < spec.extensions.size(); ++i) {
    Buffer header = spec.extensions[i].second;
    header.at(0) = i + 1 < spec.extensions.size() ? spec.extensions[i + 1].first : segment.protocol;
    rest = rest + header;
  }
  rest = rest + finish_segment(segment, from, to);
  const int first = spec.extensions.empty() ? segment.protocol : spec.extensions[0].first;
  return bytes({0x60, 0, 0, 0}) + be16(rest.size()) + bytes({first, spec.hop_limit}) + from + to +
         rest;
}

inline constexpr int kTypeIpv4 = 0x0800;
inline constexpr int kTypeIpv6 = 0x86DD;

inline Buffer ethernet_typed(int ether_type, const Buffer& payload) {
  return from_hex("02000000000b 02000000000a") + be16(static_cast<std::uint64_t>(ether_type)) +
         payload;
}

// Ethernet around an IP packet; the type comes from its version.
inline Buffer ethernet(const Buffer& ip) {
  return ethernet_typed(!ip.empty() && ip[0] >> 4 == 6 ? kTypeIpv6 : kTypeIpv4, ip);
}

// What follows an ether type of 0x8100 or 0x88a8: tag, inner type, payload.
inline Buffer vlan_tag(int vid, int inner_type, const Buffer& payload) {
  return be16(static_cast<std::uint64_t>(vid)) + be16(static_cast<std::uint64_t>(inner_type)) +
         payload;
}

}  // namespace netmoth::testing
