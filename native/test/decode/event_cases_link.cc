// Events of link layers, tags and labels.
#include "event_cases.h"

namespace netmoth::decode {

using namespace testing;
using E = DecodeEvent;

namespace {

const Buffer kUdp4 = ipv4(kClient, kServer, udp(1111, 2222, "payload"));
const Buffer kUdp6 = ipv6(kClient6, kServer6, udp(1111, 2222, "payload"));

Buffer first(const Buffer& data, std::size_t size) {
  return {data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size)};
}

Buffer typed(int type, std::string_view hex) {
  return ethernet_typed(type, from_hex(hex));
}

// Hardware, protocol, their sizes, operation, then two ends.
Buffer arp(std::string_view head) {
  return ethernet_typed(0x0806, from_hex(head) + Buffer(20));
}

Buffer mpls(std::string_view label) {
  return ethernet_typed(0x8847, from_hex(label) + kUdp4);
}

Buffer nsh(std::string_view header) {
  return ethernet_typed(0x894F, from_hex(header) + kUdp4);
}

}  // namespace

std::vector<EventCase> link_event_cases() {
  const Buffer plain = ethernet(kUdp4);
  const Buffer good_arp = arp("0001 0800 06 04 0001");
  const Buffer good_nsh = nsh("0fc2 0201 00000001");
  const Buffer sll = from_hex("0000 0001 0006 02000000000a0000 0800") + kUdp4;
  const Buffer sll2 = from_hex("0800 0000 00000001 0001 00 06 02000000000a0000") + kUdp4;
  const Buffer null = from_hex("02000000") + kUdp4;
  const Buffer ppp = from_hex("ff03 0021") + kUdp4;
  const Buffer chdlc = from_hex("0f00 0800") + kUdp4;
  const Buffer customer = ethernet(kUdp4);
  return {
      {E::kEthernetTooSmall, 1, {first(plain, 13)}, {plain}},
      {E::kEthernetUnknownType, 1, {typed(0x1234, "00")}, {typed(0x88CC, "00")}},
      {E::kArpTooSmall, 1, {first(good_arp, 14 + 27)}, {good_arp}},
      {E::kArpUnsupportedHardware, 1, {arp("0011 0800 06 04 0001")}, {good_arp}},
      {E::kArpUnsupportedProtocol, 1, {arp("0001 86dd 06 04 0001")}, {good_arp}},
      {E::kArpInvalidHardwareSize, 1, {arp("0001 0800 08 04 0001")}, {good_arp}},
      {E::kArpInvalidProtocolSize, 1, {arp("0001 0800 06 10 0001")}, {good_arp}},
      {E::kArpUnsupportedOpcode, 1, {arp("0001 0800 06 04 0000")}, {good_arp}},
      {E::kSllTooSmall, 113, {first(sll, 15)}, {sll}},
      {E::kSll2TooSmall, 276, {first(sll2, 19)}, {sll2}},
      {E::kNullTooSmall, 0, {first(null, 3)}, {null}},
      {E::kNullUnsupportedType, 0, {from_hex("09000000") + kUdp4}, {null}},
      {E::kRawInvalidIpVersion, 101, {from_hex("55") + kUdp4}, {kUdp4}},
      {E::kPppTooSmall, 9, {from_hex("ff03 00")}, {ppp}},
      {E::kPppIpv4TooSmall, 9, {first(ppp, 4 + 19)}, {ppp}},
      {E::kPppIpv6TooSmall,
       9,
       {from_hex("ff03 0057") + first(kUdp6, 39)},
       {from_hex("ff03 0057") + kUdp6}},
      {E::kPppVjuTooSmall,
       9,
       {from_hex("ff03 002f") + first(kUdp4, 19)},
       {from_hex("ff03 002f") + kUdp4}},
      {E::kPppWrongType, 9, {from_hex("ff03 0020") + kUdp4}, {ppp}},
      {E::kPppUnsupportedProtocol,
       9,
       {from_hex("ff03 0029") + kUdp4},
       {from_hex("ff03 c021 01010004")}},
      {E::kPppoeTooSmall,
       1,
       {typed(0x8864, "1100 0001 00")},
       {ethernet_typed(0x8864, from_hex("1100 0001 0037 0021") + kUdp4)}},
      {E::kPppoeWrongCode, 1, {typed(0x8863, "1155 0000 0000")}, {typed(0x8863, "1109 0000 0000")}},
      {E::kPppoeMalformedTags,
       1,
       {typed(0x8863, "1109 0000 0008 0101 0000 0103 0009")},
       {typed(0x8863, "1109 0000 0008 0101 0000 0103 0000")}},
      {E::kChdlcTooSmall, 104, {first(chdlc, 3)}, {chdlc}},
      {E::kDceTooSmall,
       1,
       {ethernet_typed(0x8903, from_hex("0140") + first(customer, 13))},
       {ethernet_typed(0x8903, from_hex("0140") + customer)}},
      {E::kLinkTooSmall,
       127,
       {from_hex("0000 0800 0000")},
       {from_hex("0000 0800 00000000 0801 0000 020000000001 02000000000a 02000000000b 0000"
                 "aaaa03 000000 0800") +
        kUdp4}},
      {E::kLinkUnsupported, 77, {plain}, {}},
      {E::kVlanTooSmall,
       1,
       {typed(0x8100, "0005 08")},
       {ethernet_typed(0x8100, vlan_tag(5, 0x0800, kUdp4))}},
      {E::kVlanUnknownType,
       1,
       {ethernet_typed(0x8100, vlan_tag(5, 0x1234, {}))},
       {ethernet_typed(0x8100, vlan_tag(5, 0x88CC, {}))}},
      {E::kVlanTooManyLayers,
       1,
       {ethernet_typed(
           0x88A8, vlan_tag(1, 0x8100,
                            vlan_tag(2, 0x8100, vlan_tag(3, 0x8100, vlan_tag(4, 0x0800, kUdp4)))))},
       {ethernet_typed(0x88A8,
                       vlan_tag(1, 0x8100, vlan_tag(2, 0x8100, vlan_tag(3, 0x0800, kUdp4))))}},
      {E::kProviderBackboneTooSmall,
       1,
       {ethernet_typed(0x88E7, from_hex("00000001") + first(customer, 13))},
       {ethernet_typed(0x88E7, from_hex("00000001") + customer)}},
      {E::kVnTagTooSmall,
       1,
       {typed(0x8926, "80000001 08")},
       {ethernet_typed(0x8926, from_hex("80000001 0800") + kUdp4)}},
      {E::kVnTagUnknownType,
       1,
       {typed(0x8926, "80000001 1234")},
       {ethernet_typed(0x8926, from_hex("80000001 0800") + kUdp4)}},
      {E::kMplsHeaderTooSmall, 1, {typed(0x8847, "000100")}, {mpls("00010140")}},
      {E::kMplsPacketTooSmall, 1, {typed(0x8847, "00010140 45")}, {mpls("00010140")}},
      {E::kMplsBadRouterAlert, 1, {mpls("00001140")}, {mpls("00001040 00010140")}},
      {E::kMplsBadImplicitNull, 1, {mpls("00003140")}, {mpls("00000140")}},
      {E::kMplsBadReserved, 1, {mpls("00009140")}, {mpls("00010140")}},
      {E::kMplsUnknownPayload,
       1,
       {typed(0x8847, "00010140 30112233445566778899")},
       {mpls("00010140")}},
      {E::kNshTooSmall, 1, {typed(0x894F, "0fc2 0201 000000")}, {good_nsh}},
      {E::kNshUnsupportedVersion, 1, {nsh("4fc2 0201 00000001")}, {good_nsh}},
      {E::kNshBadLength, 1, {nsh("0fc1 0201 00000001")}, {good_nsh}},
      {E::kNshReservedType, 1, {nsh("0fc2 0001 00000001")}, {good_nsh}},
      {E::kNshUnsupportedType, 1, {nsh("0fc2 0301 00000001")}, {good_nsh}},
      {E::kNshUnknownPayload, 1, {nsh("0fc2 0209 00000001")}, {good_nsh}},
      {E::kTooManyLayers,
       101,
       {[] {
         Buffer nested = kUdp4;
         for (int i = 0; i < 10; ++i)
           nested = ipv4(kClient, kServer, other(4, nested));
         return nested;
       }()},
       {ipv4(kClient, kServer, other(4, kUdp4))}},
  };
}

}  // namespace netmoth::decode
