// ICMP (RFC 792) and ICMPv6 (RFC 4443), with the packet their errors quote.
//
// Invariant: a quote is told only where its addresses are whole; its ports only where they are.
#include "decode/layers.h"

namespace netmoth::decode {
namespace {

constexpr std::size_t kHeaderBytes = 8;

// IANA "ICMP Type Numbers" and "ICMPv6 Parameters": the highest code of a type.
constexpr int kNoType = -1;
constexpr int highest_code_v4(std::uint8_t type) {
  switch (type) {
    case 3:
      return 15;
    case 5:
      return 3;
    case 9:
      return 16;
    case 11:
      return 1;
    case 12:
      return 2;
    default:  // 0 echo reply, 8 echo to 18 address mask reply; Suricata knows no others
      return type == 0 || type == 4 || (type >= 8 && type <= 18) ? 0 : kNoType;
  }
}

constexpr int highest_code_v6(std::uint8_t type) {
  switch (type) {
    case 1:
      return 8;
    case 3:
      return 1;
    case 4:
      return 10;
    case 138:  // router renumbering: 255 resets sequence numbers
    case 155:  // RPL: many, with a bit for secure ones
      return 255;
    case 139:
    case 140:
      return 2;
    case 157:
    case 160:
    case 161:
      return 4;
    default:
      return type == 2 || (type >= 128 && type <= 161) ? 0 : kNoType;
  }
}

void check_icmpv6_type(FrameContext& context, const Packet& packet) {
  const std::uint8_t type = packet.icmp_type;
  const int highest = highest_code_v6(type);
  if (highest != kNoType) {
    if (packet.icmp_code > highest) context.note(DecodeEvent::kIcmpV6UnknownCode);
    // Listener discovery never leaves its link (RFC 2710, RFC 3810).
    const bool mld = (type >= 130 && type <= 132) || type == 143;
    if (mld && packet.ttl != 1) context.note(DecodeEvent::kIcmpV6MldHopLimit);
  } else if (type == 100 || type == 101 || type == 200 || type == 201) {
    context.note(DecodeEvent::kIcmpV6ExperimentationType);
  } else if ((type > 4 && type < 127) || (type > 161 && type < 255)) {
    context.note(DecodeEvent::kIcmpV6UnassignedType);
  } else {
    context.note(DecodeEvent::kIcmpV6UnknownType);
  }
}

void read_ports(QuotedPacket& quoted, base::Reader& reader) {
  switch (quoted.protocol) {
    case ip_proto::kTcp:
    case ip_proto::kUdp:
    case ip_proto::kSctp:
      if (reader.remaining() < 4) return;
      quoted.source_port = reader.u16();
      quoted.destination_port = reader.u16();
      return;
    case ip_proto::kIcmp:
    case ip_proto::kIcmpV6:
      if (reader.remaining() < 2) return;
      quoted.icmp_type = reader.u8();
      quoted.icmp_code = reader.u8();
      return;
    default:
      return;
  }
}

void read_quoted_ipv4(FrameContext& context, Packet& packet) {
  base::Reader reader(packet.payload);
  const std::uint8_t first = reader.u8();
  reader.skip(5);
  const std::uint16_t fragment = reader.u16();
  reader.skip(1);
  packet.quoted.protocol = reader.u8();
  reader.skip(2);
  const Bytes source = reader.bytes(4);
  const Bytes destination = reader.bytes(4);
  if (!reader.ok()) return context.note(DecodeEvent::kIcmpV4QuotedTruncated);
  if (first >> 4 != 4) return context.note(DecodeEvent::kIcmpV4QuotedWrongVersion);
  packet.has_quoted = true;
  std::memcpy(packet.quoted.source.octets.data(), source.data(), 4);
  std::memcpy(packet.quoted.destination.octets.data(), destination.data(), 4);
  const std::size_t header_bytes = (first & 15U) * 4U;
  if (header_bytes < 20 || header_bytes > packet.payload.size()) return;
  reader.seek(header_bytes);
  if ((fragment & 0x1FFF) == 0) read_ports(packet.quoted, reader);
}

// Extension headers in a quote are followed only as far as the usual ones go.
void read_quoted_ipv6(FrameContext& context, Packet& packet) {
  base::Reader reader(packet.payload);
  const std::uint8_t first = reader.u8();
  reader.skip(5);
  std::uint8_t next = reader.u8();
  reader.skip(1);
  const Bytes source = reader.bytes(16);
  const Bytes destination = reader.bytes(16);
  if (!reader.ok()) return context.note(DecodeEvent::kIcmpV6QuotedTruncated);
  if (first >> 4 != 6) return context.note(DecodeEvent::kIcmpV6QuotedWrongVersion);
  packet.has_quoted = true;
  std::memcpy(packet.quoted.source.octets.data(), source.data(), 16);
  std::memcpy(packet.quoted.destination.octets.data(), destination.data(), 16);
  for (int count = 0; count < 4 && (next == 0 || next == 43 || next == 44 || next == 60); ++count) {
    const std::size_t start = reader.position();
    const bool fragment = next == 44;
    next = reader.u8();
    const std::size_t units = fragment ? 0 : base::Reader(reader).u8();
    if (fragment) {
      reader.skip(1);
      if ((reader.u16() & 0xFFF8) != 0) next = 59;  // not the first: no ports here
    }
    reader.seek(start + (units + 1) * 8);
    if (!reader.ok()) return;
  }
  packet.quoted.protocol = next;
  read_ports(packet.quoted, reader);
}

}  // namespace

void decode_icmpv4(FrameContext& context, Packet& packet, Bytes data) {
  enum Type : std::uint8_t {
    kUnreachable = 3,
    kQuench = 4,
    kRedirect = 5,
    kExceeded = 11,
    kProblem = 12
  };
  if (data.size() < kHeaderBytes) return context.fail(packet, DecodeEvent::kIcmpV4TooSmall);
  ++context.counters.icmp;
  packet.icmp_type = data[0];
  packet.icmp_code = data[1];
  packet.payload = data.subspan(kHeaderBytes);
  packet.icmp_rest = base::Reader(data.subspan(4)).u32();
  const int highest = highest_code_v4(packet.icmp_type);
  if (highest == kNoType)
    context.note(DecodeEvent::kIcmpV4UnknownType);
  else if (packet.icmp_code > highest)
    context.note(DecodeEvent::kIcmpV4UnknownCode);
  switch (packet.icmp_type) {
    case kUnreachable:
    case kQuench:
    case kRedirect:
    case kExceeded:
    case kProblem:
      return read_quoted_ipv4(context, packet);
    default:
      return;
  }
}

void decode_icmpv6(FrameContext& context, Packet& packet, Bytes data) {
  enum Type : std::uint8_t { kUnreachable = 1, kTooBig = 2, kExceeded = 3, kProblem = 4 };
  if (data.size() < kHeaderBytes) return context.fail(packet, DecodeEvent::kIcmpV6TooSmall);
  ++context.counters.icmpv6;
  packet.icmp_type = data[0];
  packet.icmp_code = data[1];
  packet.payload = data.subspan(kHeaderBytes);
  packet.icmp_rest = base::Reader(data.subspan(4)).u32();
  check_icmpv6_type(context, packet);
  switch (packet.icmp_type) {
    case kUnreachable:
    case kTooBig:
    case kExceeded:
    case kProblem:
      return read_quoted_ipv6(context, packet);
    default:
      return;
  }
}

}  // namespace netmoth::decode
