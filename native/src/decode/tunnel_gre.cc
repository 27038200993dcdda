// GRE (RFC 2784, 2890), PPTP's version 1 (RFC 2637) and ERSPAN I to III inside it.
//
// Invariant: as layers.h says; routing entries (RFC 1701) are skipped one by one within the packet.
#include "decode/layers.h"

namespace netmoth::decode {
namespace {

enum GreFlag : std::uint16_t {
  kChecksum = 0x8000,
  kRouting = 0x4000,
  kKey = 0x2000,
  kSequence = 0x1000,
  kStrictRoute = 0x0800,
  kRecursion = 0x0700,
  kAcknowledgment = 0x0080,
  kReservedV0 = 0x00F8,
  kReservedV1 = 0x0078,
};

enum GreProtocol : std::uint16_t {
  kErspan2 = 0x88BE,
  kErspan3 = 0x22EB,
  kWccp = 0x883E,
  kPpp = 0x880B,
};

void decode_erspan(FrameContext& context, std::uint16_t protocol, bool has_sequence, Bytes data) {
  std::size_t header_bytes = 0;  // type I has none, and no sequence number either
  if (protocol == kErspan3) {
    constexpr std::uint8_t kOptional = 0x01;
    header_bytes = 12;
    if (data.size() >= 12 && (data[11] & kOptional) != 0) header_bytes += 8;
  } else if (has_sequence) {
    header_bytes = 8;
  }
  if (data.size() < header_bytes) return context.fail(DecodeEvent::kErspanHeaderTooSmall);
  const int version = header_bytes == 0 ? 0 : data[0] >> 4;
  if (header_bytes != 0 && version != (protocol == kErspan3 ? 2 : 1)) {
    return context.fail(DecodeEvent::kErspanUnsupportedVersion);
  }
  const Bytes mirrored = data.subspan(header_bytes);
  context.in_tunnel(PacketOrigin::kErspan, mirrored, [&] { decode_ethernet(context, mirrored); });
}

// Bits that the version does not have (RFC 2784 section 2.3, RFC 2637 section 4.1).
void check_flags(FrameContext& context, std::uint16_t flags) {
  const auto note = [&](std::uint16_t bits, DecodeEvent event) {
    if ((flags & bits) != 0) context.note(event);
  };
  if ((flags & 7) == 0) {
    note(kRecursion, DecodeEvent::kGreV0Recursion);
    note(kReservedV0, DecodeEvent::kGreV0Flags);
    return;
  }
  note(kChecksum, DecodeEvent::kGreV1Checksum);
  note(kRouting, DecodeEvent::kGreV1Routing);
  note(kStrictRoute, DecodeEvent::kGreV1StrictRoute);
  note(kRecursion, DecodeEvent::kGreV1Recursion);
  note(kReservedV1, DecodeEvent::kGreV1Flags);
}

// Returns false where the routing entries do not end within the packet.
bool skip_routing(base::Reader& reader) {
  for (;;) {
    const std::uint16_t family = reader.u16();
    reader.skip(1);
    const std::uint8_t length = reader.u8();
    if (!reader.ok()) return false;
    if (family == 0 && length == 0) return true;
    reader.skip(length);
  }
}

}  // namespace

void decode_gre(FrameContext& context, Bytes data) {
  if (!context.enter_layer()) return;
  base::Reader reader(data);
  const std::uint16_t flags = reader.u16();
  const std::uint16_t protocol = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kGreTooSmall);
  const int version = flags & 7;
  if (version > 1) return context.fail(DecodeEvent::kGreWrongVersion);
  check_flags(context, flags);
  if (version == 1 && protocol != kPpp) return context.fail(DecodeEvent::kGreV1WrongProtocol);
  if (version == 1 && (flags & kKey) == 0) return context.fail(DecodeEvent::kGreV1NoKey);
  if ((flags & (kChecksum | kRouting)) != 0) reader.skip(4);
  if ((flags & kKey) != 0) reader.skip(4);
  if ((flags & kSequence) != 0) reader.skip(4);
  if (version == 1 && (flags & kAcknowledgment) != 0) reader.skip(4);
  if (!reader.ok()) {
    return context.fail(version == 0 ? DecodeEvent::kGreV0HeaderTooBig
                                     : DecodeEvent::kGreV1HeaderTooBig);
  }
  if (version == 0 && (flags & kRouting) != 0 && !skip_routing(reader)) {
    return context.fail(DecodeEvent::kGreV0MalformedRouting);
  }
  Bytes rest = reader.rest();
  if (rest.empty()) return;  // keep-alives and bare acknowledgments
  if (protocol == kErspan2 || protocol == kErspan3) {
    return decode_erspan(context, protocol, (flags & kSequence) != 0, rest);
  }
  if (protocol == kWccp) {  // version 2 puts a redirect header of 4 octets before the packet
    if (!looks_like_ip(context, rest) && rest.size() > 4) rest = rest.subspan(4);
    return context.in_tunnel(PacketOrigin::kGre, rest, [&] { decode_ip(context, rest); });
  }
  context.in_tunnel(PacketOrigin::kGre, rest, [&] { decode_ether_type(context, protocol, rest); });
}

}  // namespace netmoth::decode
