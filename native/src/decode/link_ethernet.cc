// Ethernet II, 802.3 with LLC and SNAP, and everything that continues with an EtherType.
//
// Invariant: each tag or label moves forward and passes enter_layer(), so nesting is bounded.
#include "decode/layers.h"

namespace netmoth::decode {
namespace {

constexpr std::size_t kEthernetHeaderBytes = 14;
constexpr std::uint16_t kMaxLength = 1500;  // IEEE 802.3: up to here the field is a length

enum EtherType : std::uint16_t {
  kIpv4 = 0x0800,
  kTransparentEthernet = 0x6558,
  kVlan = 0x8100,
  kIpv6 = 0x86DD,
  kPpp = 0x880B,
  kMpls = 0x8847,
  kMplsMulticast = 0x8848,
  kPppoeSession = 0x8864,
  kProviderVlan = 0x88A8,
  kMacsec = 0x88E5,
  kProviderBackbone = 0x88E7,
  kOldQinQ = 0x9100,
  kOlderQinQ = 0x9200,
  kNetworkService = 0x894F,
};

void decode_vlan(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::uint16_t tci = reader.u16();
  const std::uint16_t type = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kVlanTooSmall);
  if (context.vlan_count == 0) ++context.counters.vlan;
  context.push_vlan(tci);
  if (type <= kMaxLength) return decode_llc(context, reader.rest());
  decode_ether_type(context, type, reader.rest());
}

// IEEE 802.1AE: only frames that are signed but not encrypted can be read on.
void decode_macsec(FrameContext& context, Bytes data) {
  constexpr std::uint8_t kEncrypted = 0x08, kChanged = 0x04, kHasChannel = 0x20;
  base::Reader reader(data);
  const std::uint8_t control = reader.u8();
  reader.skip(5);  // short length, packet number
  if ((control & kHasChannel) != 0) reader.skip(8);
  if ((control & (kEncrypted | kChanged)) != 0) return;
  const std::uint16_t type = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kLinkTooSmall);
  decode_ether_type(context, type, reader.rest());
}

// RFC 8300: the length is in words, the protocol a registry of its own.
void decode_network_service(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::size_t length = (reader.u16() & 0x3FU) * 4U;
  reader.skip(1);
  const std::uint8_t protocol = reader.u8();
  reader.seek(length);
  if (!reader.ok() || length < 8) return context.fail(DecodeEvent::kLinkTooSmall);
  switch (protocol) {
    case 1:
      return decode_ipv4(context, reader.rest());
    case 2:
      return decode_ipv6(context, reader.rest());
    case 3:
      return decode_ethernet(context, reader.rest());
    case 5:
      return decode_mpls(context, reader.rest());
    default:
      return;
  }
}

}  // namespace

void decode_ethernet(FrameContext& context, Bytes data) {
  if (!context.enter_layer()) return;
  if (data.size() < kEthernetHeaderBytes) return context.fail(DecodeEvent::kEthernetTooSmall);
  context.set_macs(data.first(6), data.subspan(6, 6));
  base::Reader reader(data);
  reader.seek(12);
  const std::uint16_t type = reader.u16();
  if (type <= kMaxLength) return decode_llc(context, reader.rest());
  decode_ether_type(context, type, reader.rest());
}

// IEEE 802.2. Only what may carry IP is followed; the rest (spanning tree, IS-IS, IPX) is not IP.
void decode_llc(FrameContext& context, Bytes data) {
  constexpr std::uint16_t kSnap = 0xAAAA, kIp = 0x0606, kIso = 0xFEFE;
  constexpr std::uint8_t kUnnumbered = 0x03, kNlpidIpv4 = 0xCC, kNlpidIpv6 = 0x8E;
  base::Reader reader(data);
  const std::uint16_t points = reader.u16();
  const std::uint8_t control = reader.u8();
  if (!reader.ok() || control != kUnnumbered) return;
  if (points == kSnap) {
    const std::uint32_t organization = reader.u24();
    const std::uint16_t type = reader.u16();
    if (!reader.ok()) return;
    // 00-00-00: an EtherType; 00-80-C2 7: bridged Ethernet (RFC 2684), with a padding of two
    // octets.
    if (organization == 0x0080C2 && type == 7) {
      reader.skip(2);
      return decode_ethernet(context, reader.rest());
    }
    if (organization == 0 || organization == 0x0000F8) {
      return decode_ether_type(context, type, reader.rest());
    }
    return;
  }
  if (points == kIp) return decode_ipv4(context, reader.rest());
  if (points == kIso) {
    const std::uint8_t nlpid = reader.u8();
    if (nlpid == kNlpidIpv4) return decode_ipv4(context, reader.rest());
    if (nlpid == kNlpidIpv6) return decode_ipv6(context, reader.rest());
  }
}

void decode_ether_type(FrameContext& context, std::uint16_t type, Bytes data) {
  if (!context.enter_layer()) return;
  context.ether_type = type;
  switch (type) {
    case kIpv4:
      return decode_ipv4(context, data);
    case kIpv6:
      return decode_ipv6(context, data);
    case kVlan:
    case kProviderVlan:
    case kOldQinQ:
    case kOlderQinQ:
      return decode_vlan(context, data);
    case kMpls:
    case kMplsMulticast:
      return decode_mpls(context, data);
    case kPppoeSession:
      return decode_pppoe(context, data);
    case kPpp:
      return decode_ppp(context, data);
    case kTransparentEthernet:
      return decode_ethernet(context, data);
    case kMacsec:
      return decode_macsec(context, data);
    case kProviderBackbone:  // IEEE 802.1ah: a service tag of 4 octets, then the customer's frame
      if (data.size() < 4) return context.fail(DecodeEvent::kEthernetTooSmall);
      return decode_ethernet(context, data.subspan(4));
    case kNetworkService:
      return decode_network_service(context, data);
    default:
      return;  // ARP, LLDP …: no IP in it
  }
}

}  // namespace netmoth::decode
