// Link types by number, and those whose header is a few octets.
//
// Invariant: Decoder::supports() and decode_link() come from the same table, so a link type is
// either decoded or refused by name. Formats: https://www.tcpdump.org/linktypes.html
#include <algorithm>

#include "decode/layers.h"

namespace netmoth::decode {
namespace {

// 802.3 address families as the operating systems number them: IPv4 is 2 everywhere.
void decode_family(FrameContext& context, std::uint32_t family, Bytes data) {
  switch (family) {
    case 2:
      return decode_ipv4(context, data);
    case 10:  // Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // macOS
      return decode_ipv6(context, data);
    default:
      return context.fail(DecodeEvent::kNullUnsupportedType);
  }
}

// The family in the writer's byte order: whichever order makes it a small number.
std::uint32_t either_order(std::uint32_t value) {
  return std::min(value, __builtin_bswap32(value));
}

void decode_null(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::uint32_t family = either_order(reader.u32());
  if (!reader.ok()) return context.fail(DecodeEvent::kNullTooSmall);
  decode_family(context, family, reader.rest());
}

// OpenBSD's encapsulating interface: family, SPI, flags.
void decode_enc(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::uint32_t family = either_order(reader.u32());
  reader.skip(8);
  if (!reader.ok()) return context.fail(DecodeEvent::kNullTooSmall);
  decode_family(context, family, reader.rest());
}

void decode_pflog(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::size_t length = reader.u8();
  const std::uint8_t family = reader.u8();
  reader.seek((length + 3) / 4 * 4);
  if (!reader.ok() || length < 4) return context.fail(DecodeEvent::kLinkTooSmall);
  decode_family(context, family, reader.rest());
}

constexpr std::uint16_t kArphrdNetlink = 824;
constexpr std::uint16_t kArphrdGre = 778;
constexpr std::uint16_t kArphrdRadiotap = 803;

void decode_cooked(FrameContext& context, std::uint16_t hardware, std::uint16_t protocol,
                   Bytes address, Bytes data) {
  if (address.size() == 6) {
    constexpr std::uint8_t kNone[6] = {};
    context.set_macs(kNone, address);
    context.has_mac = false;  // the sender's alone; the receiver's is not told
  }
  if (hardware == kArphrdNetlink) return;
  if (hardware == kArphrdRadiotap) return decode_radiotap(context, data);
  if (hardware == kArphrdGre && protocol < 0x600) return;
  if (protocol == 1) return decode_ethernet(context, data);  // "Novell raw"
  if (protocol == 4) return decode_llc(context, data);
  decode_ether_type(context, protocol, data);
}

void decode_sll(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  reader.skip(2);
  const std::uint16_t hardware = reader.u16();
  const std::uint16_t address_bytes = reader.u16();
  const Bytes address = reader.bytes(8);
  const std::uint16_t protocol = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kSllTooSmall);
  decode_cooked(context, hardware, protocol, address.first(std::min<std::size_t>(address_bytes, 8)),
                reader.rest());
}

void decode_sll2(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::uint16_t protocol = reader.u16();
  reader.skip(6);  // reserved, interface index
  const std::uint16_t hardware = reader.u16();
  reader.skip(1);  // packet type
  const std::uint8_t address_bytes = reader.u8();
  const Bytes address = reader.bytes(8);
  if (!reader.ok()) return context.fail(DecodeEvent::kSll2TooSmall);
  decode_cooked(context, hardware, protocol, address.first(std::min<std::size_t>(address_bytes, 8)),
                reader.rest());
}

// Netfilter log: TLVs in the host's byte order, of which one is the packet.
void decode_nflog(FrameContext& context, Bytes data) {
  constexpr std::uint16_t kPayload = 9;
  base::Reader reader(data);
  const std::uint8_t family = reader.u8();
  reader.skip(3);
  while (reader.remaining() >= 4) {
    const std::size_t length = reader.u16_le();
    const std::uint16_t type = reader.u16_le();
    if (length < 4) break;
    const Bytes value = reader.bytes(std::min(length - 4, reader.remaining()));
    if (type == kPayload) return decode_family(context, family, value);
    reader.skip((4 - length % 4) % 4);
  }
  context.fail(DecodeEvent::kLinkTooSmall);
}

// What a header of fixed length leaves.
template <void (*kDecode)(FrameContext&, Bytes), std::size_t kHeaderBytes>
void after(FrameContext& context, Bytes data) {
  if (data.size() < kHeaderBytes) return context.fail(DecodeEvent::kLinkTooSmall);
  kDecode(context, data.subspan(kHeaderBytes));
}

// Juniper: magic, flags, optional extensions with their length, then the link's own header.
template <void (*kDecode)(FrameContext&, Bytes)>
void decode_juniper(FrameContext& context, Bytes data) {
  constexpr std::uint32_t kMagic = 0x4D4743;
  base::Reader reader(data);
  const std::uint32_t magic = reader.u24();
  const std::uint8_t flags = reader.u8();
  if ((flags & 0x80) != 0) reader.skip(reader.u16());
  const bool no_link_header = (flags & 0x02) != 0;
  if (no_link_header) reader.skip(4);  // the address family instead
  if (!reader.ok() || magic != kMagic) return context.fail(DecodeEvent::kLinkTooSmall);
  no_link_header ? decode_ip(context, reader.rest()) : kDecode(context, reader.rest());
}

// Header length, type, and the real link type: the same link types as in the file.
void decode_pktap(FrameContext& context, Bytes data) {
  constexpr LinkType kPktap = 258;
  base::Reader reader(data);
  const std::size_t length = reader.u32_le();
  reader.skip(4);
  const LinkType link = reader.u32_le();
  reader.seek(length);
  if (!reader.ok() || length < 12 || link == kPktap) {
    return context.fail(DecodeEvent::kLinkTooSmall);
  }
  decode_link(context, link, reader.rest());
}

// Per-Packet Information: a block of fields before any other 802.11 or Ethernet link type.
void decode_ppi(FrameContext& context, Bytes data) {
  constexpr LinkType kPpi = 192;
  base::Reader reader(data);
  reader.skip(2);
  const std::size_t length = reader.u16_le();
  const LinkType link = reader.u32_le();
  reader.seek(length);
  if (!reader.ok() || length < 8 || link == kPpi) return context.fail(DecodeEvent::kLinkTooSmall);
  decode_link(context, link, reader.rest());
}

// Prism and AVS headers tell their length in the second word, the latter in network order.
void decode_prism(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::uint32_t code = reader.u32();
  const std::uint32_t length = (code & 0xFFFFF000) == 0x80211000 ? reader.u32() : 144;
  reader.seek(length);
  if (!reader.ok()) return context.fail(DecodeEvent::kLinkTooSmall);
  decode_ieee80211(context, reader.rest());
}

void decode_plain_ieee80211(FrameContext& context, Bytes data) {
  decode_ieee80211(context, data);
}

// IP over IEEE 1394: two addresses of 8 octets, then the EtherType.
void decode_firewire(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  reader.skip(16);
  const std::uint16_t type = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kLinkTooSmall);
  decode_ether_type(context, type, reader.rest());
}

// A link type that promises one IP version; packets of the other are told of, and read all the
// same.
template <int kVersion>
void decode_ip_of(FrameContext& context, Bytes data) {
  const int version = base::Reader(data).peek_u8() >> 4;
  if (version != kVersion && (version == 4 || version == 6)) {
    context.note(kVersion == 4 ? DecodeEvent::kIpv4WrongVersion : DecodeEvent::kIpv6WrongVersion);
  }
  decode_ip(context, data);
}

struct LinkDecoder {
  LinkType link;
  void (*decode)(FrameContext&, Bytes);
};

// Sorted by number.
constexpr LinkDecoder kLinks[] = {
    {0, decode_null},
    {1, decode_ethernet},
    {6, after<decode_llc, 14>},  // token ring without source routing
    {8, after<decode_ip, 16>},   // SLIP
    {9, decode_ppp},
    {10, after<decode_llc, 13>},  // FDDI
    {12, decode_ip},
    {14, decode_ip},
    {50, decode_ppp},  // with HDLC framing, told apart by its first octets
    {51, decode_pppoe},
    {100, decode_llc},  // ATM, RFC 1483
    {101, decode_ip},
    {104, decode_cisco_hdlc},
    {105, decode_plain_ieee80211},
    {107, decode_frame_relay},
    {108, decode_null},
    {109, decode_enc},
    {113, decode_sll},
    {117, decode_pflog},
    {119, decode_prism},
    {123, after<decode_llc, 4>},  // SunATM
    {127, decode_radiotap},
    {138, decode_firewire},
    {163, decode_prism},
    {178, decode_juniper<decode_ethernet>},
    {179, decode_juniper<decode_ppp>},
    {180, decode_juniper<decode_frame_relay>},
    {181, decode_juniper<decode_cisco_hdlc>},
    {192, decode_ppi},
    {204, after<decode_ppp, 1>},  // the same with a direction before
    {205, after<decode_cisco_hdlc, 1>},
    {206, after<decode_frame_relay, 1>},
    {228, decode_ip_of<4>},
    {229, decode_ip_of<6>},
    {239, decode_nflog},
    {240, after<decode_ethernet, 4>},  // netANALYZER
    {258, decode_pktap},
    {276, decode_sll2},
};

const LinkDecoder* find_link(LinkType link) {
  if (link == 1) return &kLinks[1];
  const auto* const at = std::ranges::lower_bound(kLinks, link, {}, &LinkDecoder::link);
  return at != std::end(kLinks) && at->link == link ? at : nullptr;
}

}  // namespace

bool Decoder::supports(LinkType link) {
  return find_link(link) != nullptr;
}

void decode_link(FrameContext& context, LinkType link, Bytes data) {
  if (!context.enter_layer()) return;
  const LinkDecoder* const decoder = find_link(link);
  if (decoder == nullptr) return context.fail(DecodeEvent::kLinkUnsupported);
  decoder->decode(context, data);
}

}  // namespace netmoth::decode
