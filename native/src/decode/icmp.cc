// ICMP (RFC 792) and ICMPv6 (RFC 4443), with the packet their errors quote.
//
// Invariant: a quote is told only where its addresses are whole; its ports only where they are.
#include "decode/layers.h"

namespace netmoth::decode {
namespace {

constexpr std::size_t kHeaderBytes = 8;

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
  switch (packet.icmp_type) {
    case kUnreachable:
    case kQuench:
    case kRedirect:
    case kExceeded:
    case kProblem:
      return read_quoted_ipv4(context, packet);
    default:
      break;
  }
  // 0 echo reply, 8 echo to 18 address mask reply; Suricata knows no others.
  if (packet.icmp_type != 0 && (packet.icmp_type < 8 || packet.icmp_type > 18)) {
    context.note(DecodeEvent::kIcmpV4UnknownType);
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
