// TCP (RFC 9293), UDP (RFC 768), UDP-Lite (RFC 3828), SCTP (RFC 9260) and what tunnels directly in
// IP.
//
// Invariant: payload lies within what IP and UDP lengths say; checksums are only judged where every
// octet they cover was captured.
#include "decode/checksum.h"
#include "decode/layers.h"

namespace netmoth::decode {
namespace {

constexpr std::size_t kTcpHeaderBytes = 20;
constexpr std::size_t kUdpHeaderBytes = 8;
constexpr std::size_t kSctpHeaderBytes = 12;
constexpr std::size_t kEspHeaderBytes = 8;    // RFC 4303: SPI, sequence number
constexpr std::uint8_t kMaxWindowScale = 14;  // RFC 7323 section 2.3

enum IpProtocol : std::uint8_t {
  kIpv4InIp = 4,
  kIpv6InIp = 41,
  kGre = 47,
  kEsp = 50,
  kEtherIp = 97,
  kUdpLite = 136,
  kMplsInIp = 137,
};

void set_payload(Packet& packet, Bytes data, std::size_t length) {
  packet.payload = data;
  packet.payload_length = static_cast<std::uint32_t>(length);
}

void check_sum(FrameContext& context, Packet& packet, Bytes segment, std::uint8_t protocol) {
  ChecksumSum sum;
  const std::size_t address_bytes = packet.ip_version == 4 ? 4 : 16;
  sum.add(Bytes(packet.source.octets).first(address_bytes));
  sum.add(Bytes(packet.destination.octets).first(address_bytes));
  sum.add_word(protocol);
  sum.add_word(static_cast<std::uint16_t>(segment.size() >> 16));
  sum.add_word(static_cast<std::uint16_t>(segment.size()));
  sum.add(segment);
  packet.checksum_valid = sum.valid();
  if (!packet.checksum_valid) ++context.counters.bad_checksums;
}

enum TcpOption : std::uint8_t {
  kEnd = 0,
  kNop = 1,
  kMss = 2,
  kScale = 3,
  kSackOk = 4,
  kTimestamp = 8
};

// A second one is told of.
bool is_once_only(std::uint8_t kind) {
  return kind == kMss || kind == kScale || kind == kSackOk || kind == kTimestamp;
}

// RFC 9293 section 3.1, RFC 7323.
void read_tcp_options(FrameContext& context, TcpHeader& tcp, Bytes options) {
  base::Reader reader(options);
  std::uint32_t seen = 0;  // bit per kind below 32
  while (!reader.at_end()) {
    const std::uint8_t kind = reader.u8();
    if (kind == kEnd) return;
    if (kind == kNop) continue;
    const std::uint8_t length = reader.u8();
    const Bytes value = length >= 2 ? reader.bytes(length - 2U) : Bytes{};
    if (length < 2 || !reader.ok()) return context.note(DecodeEvent::kTcpOptionInvalidLength);
    if (is_once_only(kind)) {
      if ((seen >> kind & 1U) != 0) context.note(DecodeEvent::kTcpOptionDuplicate);
      seen |= 1U << kind;
    }
    base::Reader field(value);
    switch (kind) {
      case kMss:
        if (value.size() == 2) tcp.mss = field.u16();
        break;
      case kScale:
        if (value.size() == 1) {
          tcp.window_scale = std::min(field.u8(), kMaxWindowScale);
          tcp.has_window_scale = true;
        }
        break;
      case kSackOk:
        tcp.sack_permitted = true;
        break;
      case kTimestamp:
        if (value.size() == 8) {
          tcp.timestamp_value = field.u32();
          tcp.timestamp_echo = field.u32();
          tcp.has_timestamp = true;
        }
        break;
      default:
        break;
    }
  }
}

void decode_tcp(FrameContext& context, Packet& packet, Bytes data, std::size_t length) {
  if (data.size() < kTcpHeaderBytes) return context.fail(packet, DecodeEvent::kTcpTooSmall);
  ++context.counters.tcp;
  base::Reader reader(data);
  packet.source_port = reader.u16();
  packet.destination_port = reader.u16();
  packet.tcp.sequence = reader.u32();
  packet.tcp.acknowledgment = reader.u32();
  const std::size_t header_bytes = (reader.u8() >> 4) * 4U;
  packet.tcp.flags = reader.u8();
  packet.tcp.window = reader.u16();
  if (header_bytes < kTcpHeaderBytes) return context.fail(packet, DecodeEvent::kTcpHeaderTooSmall);
  if (header_bytes > data.size()) {
    return context.fail(packet, DecodeEvent::kTcpInvalidOptionLength);
  }
  if (header_bytes > kTcpHeaderBytes) {
    read_tcp_options(context, packet.tcp, data.first(header_bytes).subspan(kTcpHeaderBytes));
  }
  set_payload(packet, data.subspan(header_bytes), length - header_bytes);
  if (context.validate_checksums() && !packet.truncated) {
    check_sum(context, packet, data, ip_proto::kTcp);
  }
}

void decode_udp(FrameContext& context, Packet& packet, Bytes data, std::size_t ip_length) {
  if (data.size() < kUdpHeaderBytes) return context.fail(packet, DecodeEvent::kUdpHeaderTooSmall);
  ++context.counters.udp;
  base::Reader reader(data);
  packet.source_port = reader.u16();
  packet.destination_port = reader.u16();
  const std::size_t length = reader.u16();
  const std::uint16_t checksum = reader.u16();
  if (length < kUdpHeaderBytes) return context.fail(packet, DecodeEvent::kUdpLengthInvalid);
  if (length > ip_length) return context.fail(packet, DecodeEvent::kUdpTooSmall);
  const Bytes segment = data.first(std::min(length, data.size()));
  set_payload(packet, segment.subspan(kUdpHeaderBytes), length - kUdpHeaderBytes);
  // A checksum of 0 says "none": allowed in IPv4, and in IPv6 for tunnels (RFC 6935).
  if (context.validate_checksums() && checksum != 0 && segment.size() == length) {
    check_sum(context, packet, segment, ip_proto::kUdp);
  }
  decode_udp_tunnel(context, packet);
}

// Like UDP, but the third field says how much the checksum covers (0: all).
void decode_udp_lite(FrameContext& context, Packet& packet, Bytes data, std::size_t length) {
  if (data.size() < kUdpHeaderBytes) return context.fail(packet, DecodeEvent::kUdpHeaderTooSmall);
  base::Reader reader(data);
  packet.source_port = reader.u16();
  packet.destination_port = reader.u16();
  set_payload(packet, data.subspan(kUdpHeaderBytes), length - kUdpHeaderBytes);
}

void decode_sctp(FrameContext& context, Packet& packet, Bytes data, std::size_t length) {
  if (data.size() < kSctpHeaderBytes) return context.fail(packet, DecodeEvent::kSctpTooSmall);
  ++context.counters.sctp;
  base::Reader reader(data);
  packet.source_port = reader.u16();
  packet.destination_port = reader.u16();
  set_payload(packet, data.subspan(kSctpHeaderBytes), length - kSctpHeaderBytes);
}

void decode_icmp(FrameContext& context, Packet& packet, Bytes data, std::size_t length) {
  const bool v4 = packet.protocol == ip_proto::kIcmp;
  if (v4 != (packet.ip_version == 4)) {
    context.note(v4 ? DecodeEvent::kIpv6WithIcmpV4 : DecodeEvent::kIpv4WithIcmpV6);
    return set_payload(packet, data, length);
  }
  v4 ? decode_icmpv4(context, packet, data) : decode_icmpv6(context, packet, data);
  if (packet.invalid) return;
  packet.payload_length =
      static_cast<std::uint32_t>(length - (data.size() - packet.payload.size()));
  if (!context.validate_checksums() || packet.truncated) return;
  if (v4) {
    ChecksumSum sum;
    sum.add(data);
    packet.checksum_valid = sum.valid();
    if (!packet.checksum_valid) ++context.counters.bad_checksums;
  } else {
    check_sum(context, packet, data, ip_proto::kIcmpV6);
  }
}

// What is wrong with a datagram right inside IPv6 has names of its own.
bool inner_version_is(FrameContext& context, Packet& packet, Bytes data, int version,
                      DecodeEvent too_small, DecodeEvent wrong_version) {
  if (data.size() < (version == 4 ? 20U : 40U)) {
    context.fail(packet, too_small);
    return false;
  }
  if (data[0] >> 4 != version) {
    context.fail(packet, wrong_version);
    return false;
  }
  return true;
}

}  // namespace

bool tcp_options_are_sound(Bytes options) {
  base::Reader reader(options);
  std::uint32_t seen = 0;
  while (!reader.at_end()) {
    const std::uint8_t kind = reader.u8();
    if (kind == kEnd) return true;
    if (kind == kNop) continue;
    const std::uint8_t length = reader.u8();
    if (length < 2) return false;
    reader.skip(length - 2U);
    if (!reader.ok()) return false;
    if (!is_once_only(kind)) continue;
    if ((seen >> kind & 1U) != 0) return false;
    seen |= 1U << kind;
  }
  return true;
}

void decode_transport(FrameContext& context, Packet& packet, Bytes data, std::size_t length) {
  packet.transport = data;
  switch (packet.protocol) {
    case ip_proto::kTcp:
      return decode_tcp(context, packet, data, length);
    case ip_proto::kUdp:
      return decode_udp(context, packet, data, length);
    case kUdpLite:
      return decode_udp_lite(context, packet, data, length);
    case ip_proto::kSctp:
      return decode_sctp(context, packet, data, length);
    case ip_proto::kIcmp:
    case ip_proto::kIcmpV6:
      return decode_icmp(context, packet, data, length);
    default:
      break;
  }
  set_payload(packet, data, length);
  const auto origin =
      packet.ip_version == 4 ? PacketOrigin::kIpv4Tunnel : PacketOrigin::kIpv6Tunnel;
  switch (packet.protocol) {
    case kIpv4InIp:
      if (packet.ip_version == 6 &&
          !inner_version_is(context, packet, data, 4, DecodeEvent::kIpv4InIpv6TooSmall,
                            DecodeEvent::kIpv4InIpv6WrongVersion)) {
        return;
      }
      return context.in_tunnel(origin, data, [&] { decode_ipv4(context, data); });
    case kIpv6InIp:
      if (packet.ip_version == 6 &&
          !inner_version_is(context, packet, data, 6, DecodeEvent::kIpv6InIpv6TooSmall,
                            DecodeEvent::kIpv6InIpv6WrongVersion)) {
        return;
      }
      return context.in_tunnel(origin, data, [&] { decode_ipv6(context, data); });
    case kGre:
      return decode_gre(context, data);
    case kEsp:
      if (data.size() < kEspHeaderBytes) context.fail(packet, DecodeEvent::kEspTooSmall);
      return;
    case kMplsInIp:
      return context.in_tunnel(PacketOrigin::kOtherTunnel, data,
                               [&] { decode_mpls(context, data); });
    case kEtherIp:  // RFC 3378: version 3 and twelve zero bits
      if (data.size() < 2 || data[0] != 0x30) return;
      data = data.subspan(2);
      return context.in_tunnel(PacketOrigin::kOtherTunnel, data,
                               [&] { decode_ethernet(context, data); });
    default:
      return;
  }
}

}  // namespace netmoth::decode
