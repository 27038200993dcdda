// Tunnels in UDP: VXLAN, GENEVE, Teredo, GTP-U, AYIYA, L2TP, CAPWAP, GRE and MPLS in UDP, TZSP.
//
// Invariant: a port number is only a hint. Each function looks whether the payload has its tunnel's
// shape and otherwise leaves the datagram alone, without an anomaly: other programs use these ports
// too.
#include "decode/layers.h"

namespace netmoth::decode {
namespace {

// RFC 7348, and the generic protocol extension (draft-ietf-nvo3-vxlan-gpe) on a port of its own.
void decode_vxlan(FrameContext& context, Bytes data, bool generic) {
  constexpr std::uint8_t kHasNetwork = 0x08, kHasNextProtocol = 0x04, kGroupPolicy = 0x80;
  base::Reader reader(data);
  const std::uint8_t flags = reader.u8();
  reader.skip(2);
  const std::uint8_t next = reader.u8();
  reader.skip(3);
  const std::uint8_t reserved = reader.u8();
  if (!reader.ok() || (flags & kHasNetwork) == 0 || reserved != 0) return;
  if (!generic && (flags & ~(kHasNetwork | kGroupPolicy | 0x40)) != 0) return;
  const Bytes inner = reader.rest();
  // Senders exist that name the next protocol without the bit that says so.
  const bool named = generic && ((flags & kHasNextProtocol) != 0 || next != 0);
  const int protocol = named ? next : 3;
  if (protocol < 1 || protocol > 4) return context.note(DecodeEvent::kVxlanUnknownPayload);
  context.in_tunnel(PacketOrigin::kVxlan, inner, [&] {
    switch (protocol) {
      case 1:
        return decode_ipv4(context, inner);
      case 2:
        return decode_ipv6(context, inner);
      case 3:
        return decode_ethernet(context, inner);
      default:
        return decode_network_service(context, inner);
    }
  });
}

// RFC 8926.
void decode_geneve(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::uint8_t first = reader.u8();
  reader.skip(1);
  const std::uint16_t type = reader.u16();
  reader.skip(3);
  const std::uint8_t reserved = reader.u8();
  reader.skip((first & 0x3FU) * 4U);
  if (!reader.ok() || first >> 6 != 0 || reserved != 0) return;
  if (type != 0x6558 && type != 0x0800 && type != 0x86DD)
    return context.note(DecodeEvent::kGeneveUnknownPayload);
  const Bytes inner = reader.rest();
  context.in_tunnel(PacketOrigin::kGeneve, inner, [&] { decode_ether_type(context, type, inner); });
}

void decode_inner_ip(FrameContext& context, PacketOrigin origin, Bytes inner) {
  if (looks_like_ip(context, inner)) {
    context.in_tunnel(origin, inner, [&] { decode_ip(context, inner); });
  }
}

// RFC 4380: an authentication and an origin indication may come first; trailers (RFC 6081) last.
void decode_teredo(FrameContext& context, Bytes data) {
  constexpr std::uint16_t kAuthentication = 1, kOrigin = 0;
  base::Reader reader(data);
  for (int indications = 0; indications < 2 && reader.peek_u8() == 0; ++indications) {
    const std::uint16_t indicator = reader.u16();
    if (indicator == kAuthentication) {
      const std::size_t identifier = reader.u8();
      const std::size_t value = reader.u8();
      reader.skip(identifier + value + 9);  // nonce, confirmation
    } else if (indicator == kOrigin) {
      reader.skip(6);  // port, address
    } else {
      return;
    }
  }
  if (!reader.ok() || reader.peek_u8() >> 4 != 6) return;
  decode_inner_ip(context, PacketOrigin::kTeredo, reader.rest());
}

// 3GPP TS 29.281 (version 1) and 29.060 (version 0): user data is message type 255.
void decode_gtp(FrameContext& context, Bytes data) {
  constexpr std::uint8_t kUserData = 0xFF, kProtocolType = 0x10, kOptionalFields = 0x07,
                         kExtension = 0x04;
  constexpr int kMaxExtensions = 8;
  base::Reader reader(data);
  const std::uint8_t flags = reader.u8();
  const std::uint8_t type = reader.u8();
  if (type != kUserData || (flags & kProtocolType) == 0) return;
  reader.skip(2);  // length
  const int version = flags >> 5;
  if (version == 0) {
    reader.skip(16);  // sequence, flow label, number, tunnel identifier
  } else if (version == 1) {
    reader.skip(4);  // tunnel endpoint
    if ((flags & kOptionalFields) != 0) {
      reader.skip(3);
      std::uint8_t next = reader.u8();
      if ((flags & kExtension) == 0) next = 0;
      for (int i = 0; next != 0 && reader.ok(); ++i) {
        const std::size_t words = reader.u8();
        if (words == 0 || i == kMaxExtensions) return;
        reader.skip(words * 4 - 2);
        next = reader.u8();
      }
    }
  } else {
    return;
  }
  if (reader.ok()) decode_inner_ip(context, PacketOrigin::kGtp, reader.rest());
}

// draft-massar-v6ops-ayiya: lengths of identity (a power of two) and signature (in words) come
// first.
void decode_ayiya(FrameContext& context, Bytes data) {
  constexpr std::uint8_t kNextIpv4 = 4, kNextIpv6 = 41;
  base::Reader reader(data);
  const unsigned identity_log2 = reader.u8() >> 4U;
  const std::size_t signature_words = reader.u8() >> 4U;
  reader.skip(1);
  const std::uint8_t next = reader.u8();
  reader.skip(4);  // epoch
  reader.skip((std::size_t{1} << identity_log2) + signature_words * 4);
  if (!reader.ok() || (next != kNextIpv4 && next != kNextIpv6)) return;
  decode_inner_ip(context, PacketOrigin::kAyiya, reader.rest());
}

// RFC 2661: data messages carry PPP.
void decode_l2tp(FrameContext& context, Bytes data) {
  constexpr std::uint16_t kControl = 0x8000, kLength = 0x4000, kSequence = 0x0800, kOffset = 0x0200;
  base::Reader reader(data);
  const std::uint16_t flags = reader.u16();
  if ((flags & 0x0F) != 2 || (flags & kControl) != 0) return;
  if ((flags & kLength) != 0 && reader.u16() > data.size()) return;
  reader.skip(4);  // tunnel, session
  if ((flags & kSequence) != 0) reader.skip(4);
  if ((flags & kOffset) != 0) reader.skip(reader.u16());
  const Bytes inner = reader.rest();
  if (!reader.ok() || inner.empty()) return;
  context.in_tunnel(PacketOrigin::kOtherTunnel, inner, [&] { decode_ppp(context, inner); });
}

// RFC 5415 section 4.3, data channel. Access points exist that swap the octets of frame control.
void decode_capwap(FrameContext& context, Bytes data) {
  constexpr std::uint32_t kNative = 0x100, kFragment = 0x80;
  base::Reader reader(data);
  const std::uint32_t head = reader.u32();
  const std::size_t header_bytes = (head >> 19 & 0x1F) * 4;
  reader.seek(header_bytes);
  const Bytes inner = reader.rest();
  if (!reader.ok() || head >> 24 != 0 || header_bytes < 8 || (head & kFragment) != 0) return;
  if (inner.size() < 24) return;
  context.in_tunnel(PacketOrigin::kOtherTunnel, inner, [&] {
    if ((head & kNative) == 0) return decode_ethernet(context, inner);
    if ((inner[0] & 0x0F) == 0x08) return decode_ieee80211(context, inner);
    if ((inner[1] & 0x0F) != 0x08) return;
    // Swapped: the header's length follows from both octets, then comes LLC.
    const bool qos = (inner[1] & 0x80) != 0;
    const bool relayed = (inner[0] & 3) == 3;
    const std::size_t length = 24U + (relayed ? 6U : 0U) + (qos ? 2U : 0U);
    if ((inner[1] & 0x40) == 0 && (inner[0] & 0x40) == 0 && length < inner.size()) {
      decode_llc(context, inner.subspan(length));
    }
  });
}

// TaZmen sniffer protocol: tagged fields, then a frame.
void decode_tzsp(FrameContext& context, Bytes data) {
  constexpr std::uint8_t kPadding = 0, kEnd = 1;
  constexpr std::uint16_t kEthernet = 1, kIeee80211 = 18;
  base::Reader reader(data);
  const std::uint8_t version = reader.u8();
  const std::uint8_t type = reader.u8();
  const std::uint16_t protocol = reader.u16();
  if (version != 1 || type > 1) return;
  for (std::uint8_t tag = reader.u8(); tag != kEnd; tag = reader.u8()) {
    if (tag != kPadding) reader.skip(reader.u8());
    if (!reader.ok()) return;
  }
  const Bytes inner = reader.rest();
  if (inner.size() < 14) return;
  context.in_tunnel(PacketOrigin::kOtherTunnel, inner, [&] {
    if (protocol == kEthernet) return decode_ethernet(context, inner);
    if (protocol == kIeee80211) return decode_ieee80211(context, inner);
  });
}

// RFC 8086: no flags but checksum, key and sequence number, and a payload that is known here.
void decode_gre_in_udp(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::uint16_t flags = reader.u16();
  const std::uint16_t type = reader.u16();
  if ((flags & 0x4FFF) != 0) return;
  if (type == 0x0800 || type == 0x86DD || type == 0x6558) decode_gre(context, data);
}

// RFC 7510.
void decode_mpls_in_udp(FrameContext& context, Bytes data) {
  if (data.size() < 24) return;
  context.in_tunnel(PacketOrigin::kOtherTunnel, data, [&] { decode_mpls(context, data); });
}

}  // namespace

bool is_udp_tunnel_port(std::uint16_t port) {
  switch (port) {
    case 1701:
    case 2152:
    case 3386:
    case 3544:
    case 4754:
    case 4789:
    case 4790:
    case 5072:
    case 5247:
    case 6081:
    case 6635:
    case 8472:
    case 37008:
      return true;
    default:
      return false;
  }
}

void decode_udp_tunnel(FrameContext& context, const Packet& packet) {
  const Bytes data = packet.payload;
  switch (packet.destination_port) {
    case 4789:
    case 8472:
      return decode_vxlan(context, data, false);
    case 4790:
      return decode_vxlan(context, data, true);
    case 6081:
      return decode_geneve(context, data);
    case 3544:
      return decode_teredo(context, data);
    case 2152:
    case 3386:
      return decode_gtp(context, data);
    case 5072:
      return decode_ayiya(context, data);
    case 1701:
      return decode_l2tp(context, data);
    case 5247:
      return decode_capwap(context, data);
    case 4754:
      return decode_gre_in_udp(context, data);
    case 6635:
      return decode_mpls_in_udp(context, data);
    case 37008:
      return decode_tzsp(context, data);
    default:
      break;
  }
  switch (packet.source_port) {  // those whose server answers from its port
    case 3544:
      return decode_teredo(context, data);
    case 2152:
      return decode_gtp(context, data);
    case 4790:
      return decode_vxlan(context, data, true);
    case 5072:
      return decode_ayiya(context, data);
    case 1701:
      return decode_l2tp(context, data);
    case 5247:
      return decode_capwap(context, data);
    default:
      return;
  }
}

}  // namespace netmoth::decode
