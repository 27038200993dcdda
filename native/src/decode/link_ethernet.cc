// Ethernet II, 802.3 with LLC and SNAP, and everything that continues with an EtherType.
//
// Invariant: each tag or label moves forward and passes enter_layer(), so nesting is bounded.
#include <algorithm>

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
  kArp = 0x0806,
  kPppoeDiscovery = 0x8863,
  kFabricPath = 0x8903,
  kCiscoMetadata = 0x8909,
  kVnTag = 0x8926,
  kETag = 0x893F,
};

// Types that carry no IP and are no surprise either: they are left unread without a word.
constexpr std::uint16_t kNotIp[] = {
    0x0842,                                  // wake on LAN
    0x22EA, 0x22F0, 0x22F3,                  // stream reservation, audio/video transport, TRILL
    0x8035,                                  // reverse ARP
    0x809B, 0x80F3,                          // AppleTalk, its ARP
    0x8137, 0x8138,                          // IPX
    0x8204,                                  // QNX
    0x8808, 0x8809,                          // Ethernet flow control, slow protocols (LACP, OAM)
    0x8819, 0x886D,                          // load balancers' and adapters' probes
    0x8870, 0x887B,                          // jumbo frames, HomePlug
    0x888E,                                  // 802.1X
    0x8892, 0x889A, 0x88A2, 0x88A4,          // PROFINET, HyperSCSI, ATA over Ethernet, EtherCAT
    0x88B5, 0x88B6,                          // local experiments
    0x88B8, 0x88B9, 0x88BA,                  // GOOSE, GSE, sampled values
    0x88C7, 0x88CC, 0x88CD,                  // 802.11 pre-authentication, LLDP, SERCOS III
    0x88D9, 0x88DC, 0x88E1, 0x88E3,          // LLTD, WSMP, HomePlug AV, media redundancy
    0x88F5, 0x88F6, 0x88F7, 0x88F8, 0x88FB,  // MVRP, MMRP, PTP, NC-SI, parallel redundancy
    0x8902, 0x8906, 0x8914, 0x8915, 0x891D, 0x892F,  // CFM, FCoE, its start, RoCE, TTE, HSR
    0x9000, 0x9003,                                  // loopback test, keep-alives of switches
    0xFEFE,                                          // OSI over Cisco HDLC
};

bool is_known_type(std::uint16_t type) {
  switch (type) {
    case kIpv4:
    case kTransparentEthernet:
    case kVlan:
    case kIpv6:
    case kPpp:
    case kMpls:
    case kMplsMulticast:
    case kPppoeSession:
    case kPppoeDiscovery:
    case kProviderVlan:
    case kMacsec:
    case kProviderBackbone:
    case kOldQinQ:
    case kOlderQinQ:
    case kNetworkService:
    case kArp:
    case kFabricPath:
    case kCiscoMetadata:
    case kVnTag:
    case kETag:
      return true;
    default:
      return type <= kMaxLength || std::ranges::find(kNotIp, type) != std::end(kNotIp);
  }
}

void decode_vlan(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::uint16_t tci = reader.u16();
  const std::uint16_t type = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kVlanTooSmall);
  if (context.vlan_count == 0) ++context.counters.vlan;
  context.push_vlan(tci);
  if (!is_known_type(type)) context.note(DecodeEvent::kVlanUnknownType);
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

// Cisco's VN-Tag: virtual interfaces (4 octets), then the EtherType.
void decode_vn_tag(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  reader.skip(4);
  const std::uint16_t type = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kVnTagTooSmall);
  if (!is_known_type(type)) context.note(DecodeEvent::kVnTagUnknownType);
  decode_ether_type(context, type, reader.rest());
}

// IEEE 802.1BR and Cisco's security group tags: six octets, then the EtherType.
void decode_long_tag(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  reader.skip(6);
  const std::uint16_t type = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kLinkTooSmall);
  decode_ether_type(context, type, reader.rest());
}

// What an outer header of fixed length leaves is a frame of its own.
void decode_framed(FrameContext& context, Bytes data, std::size_t header_bytes,
                   DecodeEvent too_small) {
  if (data.size() < header_bytes + kEthernetHeaderBytes) return context.fail(too_small);
  decode_ethernet(context, data.subspan(header_bytes));
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
      return decode_framed(context, data, 4, DecodeEvent::kProviderBackboneTooSmall);
    case kFabricPath:  // a tag of 2 octets, then the frame that is switched
      return decode_framed(context, data, 2, DecodeEvent::kDceTooSmall);
    case kNetworkService:
      return decode_network_service(context, data);
    case kVnTag:
      return decode_vn_tag(context, data);
    case kETag:
    case kCiscoMetadata:
      return decode_long_tag(context, data);
    case kPppoeDiscovery:
      return decode_pppoe_discovery(context, data);
    case kArp:
      return decode_arp(context, data);
    default:
      if (!is_known_type(type)) context.note(DecodeEvent::kEthernetUnknownType);
  }
}

}  // namespace netmoth::decode
