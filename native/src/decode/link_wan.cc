// PPP (RFC 1661, 1662), PPPoE (RFC 2516), Cisco HDLC, frame relay (RFC 2427) and MPLS (RFC 3032).
//
// Invariant: as layers.h says.
#include <algorithm>

#include "decode/layers.h"

namespace netmoth::decode {
namespace {

// RFC 1661 section 2: numbers below carry the datagrams of network layers.
constexpr std::uint16_t kFirstControlProtocol = 0x4000;

enum PppProtocol : std::uint16_t {
  kPppIpv4 = 0x0021,
  kPppIpv6 = 0x0057,
  kPppMultilink = 0x003D,
  kPppBridging = 0x0031,
  kPppMpls = 0x0281,
  kPppMplsMulticast = 0x0283,
  kPppCompressedTcp = 0x002D,
  kPppUncompressedTcp = 0x002F,
};

constexpr std::size_t kIpv4HeaderBytes = 20;
constexpr std::size_t kIpv6HeaderBytes = 40;

void decode_ppp_protocol(FrameContext& context, std::uint16_t protocol, Bytes data) {
  switch (protocol) {
    case kPppIpv4:
      if (data.size() < kIpv4HeaderBytes) return context.fail(DecodeEvent::kPppIpv4TooSmall);
      return decode_ipv4(context, data);
    case kPppIpv6:
      if (data.size() < kIpv6HeaderBytes) return context.fail(DecodeEvent::kPppIpv6TooSmall);
      return decode_ipv6(context, data);
    case kPppUncompressedTcp:  // RFC 1144: the IP protocol is replaced by a connection number
      if (data.size() < kIpv4HeaderBytes) context.fail(DecodeEvent::kPppVjuTooSmall);
      return;
    case kPppCompressedTcp:
    case kPppMultilink:
      return;
    case kPppMpls:
    case kPppMplsMulticast:
      return decode_mpls(context, data);
    case kPppBridging:  // flags, MAC type, then the frame (RFC 3518)
      if (data.size() < 2) return context.fail(DecodeEvent::kPppTooSmall);
      return decode_ethernet(context, data.subspan(2));
    default:
      // Link control (LCP, PAP, …), network control and compressed data carry no IP to read. An
      // even number is none at all: the lowest bit ends the field.
      if ((protocol & 1) == 0) {
        context.fail(DecodeEvent::kPppWrongType);
      } else if (protocol < kFirstControlProtocol) {  // a network layer that is not read here
        context.note(DecodeEvent::kPppUnsupportedProtocol);
      }
      return;
  }
}

// RFC 2516: offer, initiation, request, confirmation, termination.
bool is_discovery(std::uint8_t code) {
  return code == 0x07 || code == 0x09 || code == 0x19 || code == 0x65 || code == 0xA7;
}

// RFC 3032 section 2.1: labels below 16 have meanings of their own; those said to come last here.
void check_last_label(FrameContext& context, std::uint32_t label) {
  constexpr std::uint32_t kRouterAlert = 1, kIpv6Null = 2, kImplicitNull = 3, kFirstFree = 16;
  if (label >= kFirstFree || label == 0 || label == kIpv6Null) return;
  if (label == kRouterAlert) return context.note(DecodeEvent::kMplsBadRouterAlert);
  context.note(label == kImplicitNull ? DecodeEvent::kMplsBadImplicitNull
                                      : DecodeEvent::kMplsBadReserved);
}

// Judged by an EtherType that may well be there.
bool looks_like_ethernet(Bytes data) {
  base::Reader reader(data);
  reader.skip(12);
  switch (reader.u16()) {
    case 0x0800:
    case 0x0806:
    case 0x8100:
    case 0x86DD:
    case 0x8847:
    case 0x8864:
    case 0x88A8:
      return true;
    default:
      return false;
  }
}

}  // namespace

void decode_ppp(FrameContext& context, Bytes data) {
  if (!context.enter_layer()) return;
  base::Reader reader(data);
  // Address and control are there (0xFF 0x03; 0x0F for Cisco's unicast) or were negotiated away.
  const std::uint8_t first = reader.peek_u8();
  if (first == 0xFF || first == 0x0F) {
    if (first == 0x0F) return decode_cisco_hdlc(context, data);
    reader.skip(2);
  }
  std::uint16_t protocol = reader.u8();
  if ((protocol & 1) == 0) protocol = static_cast<std::uint16_t>(protocol << 8 | reader.u8());
  if (!reader.ok()) return context.fail(DecodeEvent::kPppTooSmall);
  decode_ppp_protocol(context, protocol, reader.rest());
}

void decode_pppoe(FrameContext& context, Bytes data) {
  if (!context.enter_layer()) return;
  base::Reader reader(data);
  reader.skip(1);  // version and type
  const std::uint8_t code = reader.u8();
  reader.skip(2);  // session
  reader.skip(2);  // length: of the first segment only where the card merged several; IP's is used
  if (!reader.ok()) return context.fail(DecodeEvent::kPppoeTooSmall);
  if (code != 0) {
    if (!is_discovery(code)) context.note(DecodeEvent::kPppoeWrongCode);
    return;
  }
  decode_ppp(context, reader.rest());
}

void decode_pppoe_discovery(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  reader.skip(1);  // version and type
  const std::uint8_t code = reader.u8();
  reader.skip(2);  // session
  const std::size_t length = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kPppoeTooSmall);
  if (!is_discovery(code)) return context.note(DecodeEvent::kPppoeWrongCode);
  const Bytes rest = reader.rest();
  base::Reader tags(rest.first(std::min(length, rest.size())));
  while (!tags.at_end()) {
    const std::uint16_t tag = tags.u16();
    tags.skip(tags.u16());
    if (!tags.ok()) {
      if (!context.snapped()) context.fail(DecodeEvent::kPppoeMalformedTags);
      return;
    }
    if (tag == 0) return;  // end of list
  }
}

void decode_cisco_hdlc(FrameContext& context, Bytes data) {
  if (!context.enter_layer()) return;
  base::Reader reader(data);
  reader.skip(2);  // address, control
  const std::uint16_t type = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kChdlcTooSmall);
  decode_ether_type(context, type, reader.rest());
}

void decode_frame_relay(FrameContext& context, Bytes data) {
  if (!context.enter_layer()) return;
  constexpr std::uint8_t kLastAddressOctet = 0x01, kUnnumbered = 0x03;
  constexpr std::uint8_t kNlpidIpv4 = 0xCC, kNlpidIpv6 = 0x8E, kNlpidSnap = 0x80;
  base::Reader reader(data);
  for (int octets = 0; octets < 4; ++octets) {
    if ((reader.u8() & kLastAddressOctet) != 0) break;
  }
  if (reader.peek_u8() != kUnnumbered) {
    // Cisco's encapsulation: an EtherType right behind the address.
    const std::uint16_t type = reader.u16();
    if (!reader.ok()) return context.fail(DecodeEvent::kLinkTooSmall);
    return decode_ether_type(context, type, reader.rest());
  }
  reader.skip(1);
  if (reader.peek_u8() == 0) reader.skip(1);  // padding
  switch (reader.u8()) {
    case kNlpidIpv4:
      return decode_ipv4(context, reader.rest());
    case kNlpidIpv6:
      return decode_ipv6(context, reader.rest());
    case kNlpidSnap: {
      const std::uint32_t organization = reader.u24();
      const std::uint16_t type = reader.u16();
      if (organization == 0) return decode_ether_type(context, type, reader.rest());
      if (organization == 0x0080C2 && (type == 1 || type == 7)) {
        if (type == 1) reader.skip(4);  // a frame check sequence comes first
        return decode_ethernet(context, reader.rest());
      }
      return;
    }
    default:
      break;
  }
  if (!reader.ok()) context.fail(DecodeEvent::kLinkTooSmall);
}

// What follows the last label is not told: IP by its version, else a pseudowire (RFC 4385: a
// control word whose first nibble is 0), else bare Ethernet.
void decode_mpls(FrameContext& context, Bytes data) {
  constexpr std::uint32_t kBottomOfStack = 0x100;
  base::Reader reader(data);
  std::uint32_t entry = 0;
  do {
    if (!context.enter_layer()) return;
    entry = reader.u32();
    if (!reader.ok()) return context.fail(DecodeEvent::kMplsHeaderTooSmall);
  } while ((entry & kBottomOfStack) == 0);
  const Bytes rest = reader.rest();
  if (rest.size() < 4) return context.fail(DecodeEvent::kMplsPacketTooSmall);
  check_last_label(context, entry >> 12);
  switch (rest[0] >> 4) {
    case 4:
      if (looks_like_ip(context, rest)) return decode_ipv4(context, rest);
      break;
    case 6:
      if (looks_like_ip(context, rest)) return decode_ipv6(context, rest);
      break;
    default:
      break;
  }
  // A pseudowire without control word may begin with an address whose first nibble is 0, too.
  const bool control_word = rest[0] >> 4 == 0;
  const Bytes inner = control_word ? rest.subspan(4) : rest;
  const std::uint16_t head = base::Reader(inner).u16();
  if (head == kPppIpv4 || head == kPppIpv6 || head == 0xFF03) return decode_ppp(context, inner);
  if (looks_like_ethernet(inner)) return decode_ethernet(context, inner);
  if (looks_like_ethernet(rest)) return decode_ethernet(context, rest);
  context.note(DecodeEvent::kMplsUnknownPayload);
}

}  // namespace netmoth::decode
