// Link layers, tags and labels: each vector must lead to the same UDP datagram.
#include "decode_testing.h"

namespace netmoth::decode {
namespace {

using namespace testing;

const Buffer kIp = ipv4(kClient, kServer, udp(1111, 2222, "inside"));
const Buffer kIp6 = ipv6(kClient6, kServer6, udp(1111, 2222, "inside"));
const Buffer kFrame = ethernet(kIp);
const Buffer kSnapHeader = from_hex("aaaa03 000000 0800");

struct LinkVector {
  std::string name;
  LinkType link;
  Buffer bytes;
  int ip_version = 4;
};

void PrintTo(const LinkVector& vector, std::ostream* out) {
  *out << vector.name;
}

std::vector<LinkVector> link_vectors() {
  const Buffer mpls_last = from_hex("00010140");  // bottom of stack
  const Buffer wifi = from_hex("0801 0000 020000000001 02000000000a 02000000000b 0000");
  const Buffer qos = from_hex("8801 0000 020000000001 02000000000a 02000000000b 0000 0000");
  const Buffer nflog_hardware = le16(6) + le16(1) + from_hex("0001 0000");
  return {
      {"Ethernet", 1, kFrame},
      {"EthernetIpv6", 1, ethernet(kIp6), 6},
      {"Ieee8023Snap", 1, ethernet_typed(8 + static_cast<int>(kIp.size()), kSnapHeader + kIp)},
      {"Ieee8023Llc", 1,
       ethernet_typed(3 + static_cast<int>(kIp.size()), from_hex("060603") + kIp)},
      {"Vlan", 1, ethernet_typed(0x8100, vlan_tag(5, 0x0800, kIp))},
      {"VlanSnap", 1, ethernet_typed(0x8100, vlan_tag(5, 60, kSnapHeader + kIp))},
      {"QinQ", 1, ethernet_typed(0x88A8, vlan_tag(5, 0x8100, vlan_tag(6, 0x0800, kIp)))},
      {"OldQinQ", 1, ethernet_typed(0x9100, vlan_tag(5, 0x8100, vlan_tag(6, 0x0800, kIp)))},
      {"Mpls", 1, ethernet_typed(0x8847, from_hex("00010040") + mpls_last + kIp)},
      {"MplsIpv6", 1, ethernet_typed(0x8847, mpls_last + kIp6), 6},
      {"MplsPseudowire", 1, ethernet_typed(0x8847, mpls_last + from_hex("00000000") + kFrame)},
      {"MplsPseudowireBare", 1, ethernet_typed(0x8847, mpls_last + kFrame)},
      {"MplsPpp", 1, ethernet_typed(0x8847, mpls_last + from_hex("00000000 0021") + kIp)},
      {"Pppoe", 1, ethernet_typed(0x8864, from_hex("11 00 0001 0000 0021") + kIp)},
      {"PppoeIpv6", 1, ethernet_typed(0x8864, from_hex("11 00 0001 0000 0057") + kIp6), 6},
      {"Macsec", 1, ethernet_typed(0x88E5, from_hex("20 00 00000001 0102030405060708 0800") + kIp)},
      {"ProviderBackbone", 1, ethernet_typed(0x88E7, from_hex("00000001") + kFrame)},
      {"NetworkService", 1, ethernet_typed(0x894F, from_hex("0fc2 0201 00000000") + kIp)},
      {"FabricPath", 1, ethernet_typed(0x8903, from_hex("0140") + kFrame)},
      {"VnTag", 1, ethernet_typed(0x8926, from_hex("80000001 0800") + kIp)},
      {"ETag", 1, ethernet_typed(0x893F, from_hex("000000010000 0800") + kIp)},
      {"CiscoMetadata", 1, ethernet_typed(0x8909, from_hex("01010001000a 0800") + kIp)},
      {"Null", 0, le32(2) + kIp},
      {"NullOtherOrder", 0, be32(2) + kIp},
      {"NullIpv6FreeBsd", 0, le32(28) + kIp6, 6},
      {"NullIpv6Mac", 0, le32(30) + kIp6, 6},
      {"Loop", 108, be32(2) + kIp},
      {"Raw", 101, kIp},
      {"RawIpv6", 101, kIp6, 6},
      {"Raw12", 12, kIp},
      {"Raw14", 14, kIp},
      {"RawV4", 228, kIp},
      {"RawV6", 229, kIp6, 6},
      {"Sll", 113, from_hex("0000 0001 0006 02000000000a 0000 0800") + kIp},
      {"Sll2", 276, from_hex("0800 0000 00000002 0001 00 06 02000000000a 0000") + kIp},
      {"Ppp", 9, from_hex("ff03 0021") + kIp},
      {"PppShort", 9, from_hex("21") + kIp},
      {"PppIpv6", 9, from_hex("0057") + kIp6, 6},
      {"PppHdlc", 50, from_hex("ff03 0021") + kIp},
      {"PppCisco", 50, from_hex("0f00 0800") + kIp},
      {"PppMpls", 9, from_hex("ff03 0281") + mpls_last + kIp},
      {"PppoeLink", 51, from_hex("11 00 0001 0000 0021") + kIp},
      {"PppWithDirection", 204, from_hex("00 ff03 0021") + kIp},
      {"CiscoHdlc", 104, from_hex("0f00 0800") + kIp},
      {"FrameRelay", 107, from_hex("1841 03 cc") + kIp},
      {"FrameRelaySnap", 107, from_hex("1841 03 00 80 000000 0800") + kIp},
      {"FrameRelayCisco", 107, from_hex("1841 0800") + kIp},
      {"FrameRelayBridged", 107, from_hex("1841 03 00 80 0080c2 0007") + kFrame},
      {"AtmRfc1483", 100, kSnapHeader + kIp},
      {"SunAtm", 123, from_hex("02000000") + kSnapHeader + kIp},
      {"Slip", 8, Buffer(16) + kIp},
      {"Ieee80211", 105, wifi + kSnapHeader + kIp},
      {"Ieee80211Qos", 105, qos + kSnapHeader + kIp},
      {"Radiotap", 127, from_hex("0000 0800 00000000") + wifi + kSnapHeader + kIp},
      {"RadiotapPadded", 127,
       from_hex("0000 0900 02000000 20") + qos + bytes({0, 0}) + kSnapHeader + kIp},
      {"RadiotapFcsAfterTime", 127,
       from_hex("0000 1100 03000000 0000000000000000 10") + wifi + kSnapHeader + kIp + be32(0)},
      {"Ppi", 192, from_hex("0000 0800 69000000") + wifi + kSnapHeader + kIp},
      {"Prism", 119, Buffer(144) + wifi + kSnapHeader + kIp},
      {"Nflog", 239,
       from_hex("02 00 0000") + nflog_hardware + le16(4 + kIp.size()) + le16(9) + kIp},
      {"JuniperEthernet", 178, from_hex("4d4743 80 0002 ffff") + kFrame},
      {"JuniperNoLink", 178, from_hex("4d4743 02 00000002") + kIp},
      {"Enc", 109, le32(2) + Buffer(8) + kIp},
      {"Pflog", 117, from_hex("3d 02") + Buffer(62) + kIp},
      {"Pktap", 258, le32(12) + le32(1) + le32(1) + kFrame},
      {"Firewire", 138, Buffer(16) + from_hex("0800") + kIp},
  };
}

class LinkLayer : public ::testing::TestWithParam<LinkVector> {};

TEST_P(LinkLayer, LeadsToTheDatagram) {
  const LinkVector& vector = GetParam();
  ASSERT_TRUE(Decoder::supports(vector.link));
  const auto out = decode(vector.bytes, {.link = vector.link});
  ASSERT_EQ(out->count(), 1U);
  EXPECT_EQ(out->packet().ip_version, vector.ip_version);
  EXPECT_EQ(out->packet().source_port, 1111);
  EXPECT_EQ(out->packet().destination_port, 2222);
  EXPECT_EQ(out->payload(), "inside");
  EXPECT_EQ(out->packet().tunnel_depth, 0);
  EXPECT_EQ(out->packet().captured_length, vector.bytes.size());
  EXPECT_TRUE(out->packet().checksum_valid);
  EXPECT_TRUE(out->frame.anomalies().empty());
}

INSTANTIATE_TEST_SUITE_P(All, LinkLayer, ::testing::ValuesIn(link_vectors()),
                         [](const auto& entry) { return entry.param.name; });

TEST(Link, KeepsVlanIdentifiersOutermostFirst) {
  const auto out =
      decode(ethernet_typed(0x88A8, vlan_tag(0x6005, 0x8100, vlan_tag(6, 0x0800, kIp))));
  ASSERT_EQ(out->packet().vlan_count, 2);
  EXPECT_EQ(out->packet().vlan[0], 5);
  EXPECT_EQ(out->packet().vlan[1], 6);
  EXPECT_EQ(out->counters.vlan, 1U);
}

TEST(Link, PutsTheTagTheKernelTookOffFirst) {
  const Buffer bytes = ethernet_typed(0x8100, vlan_tag(6, 0x0800, kIp));
  Frame frame;
  frame.data = bytes;
  frame.wire_length = static_cast<std::uint32_t>(bytes.size());
  frame.vlan_present = true;
  frame.vlan_tci = 0xA005;
  DecodedFrame out;
  Decoder({}).decode(frame, out);
  EXPECT_EQ(out.packets()[0].vlan_count, 2);
  EXPECT_EQ(out.packets()[0].vlan[0], 5);
  EXPECT_EQ(out.packets()[0].vlan[1], 6);
}

TEST(Link, ReadsOnBehindMoreTagsThanItKeeps) {
  const auto out = decode(ethernet_typed(
      0x8100,
      vlan_tag(1, 0x8100, vlan_tag(2, 0x8100, vlan_tag(3, 0x8100, vlan_tag(4, 0x0800, kIp))))));
  EXPECT_EQ(out->packet().vlan_count, 3);
  EXPECT_EQ(out->payload(), "inside");
  EXPECT_TRUE(out->has(DecodeEvent::kVlanTooManyLayers));
}

TEST(Link, EndsEndlessTags) {
  Buffer nested = kIp;
  for (int i = 0; i < 1000; ++i)
    nested = vlan_tag(1, 0x8100, nested);
  const auto out = decode(ethernet_typed(0x8100, nested));
  EXPECT_TRUE(out->has(DecodeEvent::kTooManyLayers));
  EXPECT_TRUE(out->frame.invalid());
  EXPECT_EQ(out->frame.anomalies().size(), 2U) << "each name once";
}

TEST(Link, EveryFrameGivesAPacket) {
  const auto arp = decode(ethernet_typed(0x0806, Buffer(28)));
  ASSERT_EQ(arp->count(), 1U);
  EXPECT_EQ(arp->packet().ip_version, 0);
  EXPECT_EQ(arp->packet().ether_type, 0x0806);
  EXPECT_FALSE(arp->packet().invalid);
  const auto empty = decode({});
  ASSERT_EQ(empty->count(), 1U);
  EXPECT_TRUE(empty->packet().invalid);
  EXPECT_TRUE(empty->has(DecodeEvent::kEthernetTooSmall));
}

TEST(Link, RefusesUnknownLinkTypesByName) {
  EXPECT_FALSE(Decoder::supports(147));
  EXPECT_TRUE(decode(kFrame, {.link = 147})->has(DecodeEvent::kLinkUnsupported));
}

TEST(Link, LeavesEncryptedFramesAlone) {
  const auto wifi =
      decode(from_hex("0841 0000 020000000001 02000000000a 02000000000b 0000") + Buffer(40),
             {.link = 105});
  EXPECT_EQ(wifi->packet().ip_version, 0);
  EXPECT_FALSE(wifi->packet().invalid);
  const auto macsec = decode(ethernet_typed(0x88E5, from_hex("2c 00 00000001") + Buffer(40)));
  EXPECT_EQ(macsec->packet().ip_version, 0);
  EXPECT_FALSE(macsec->packet().invalid);
}

TEST(Link, ReadsEachFrameOfAnAggregate) {
  const Buffer subframe =
      from_hex("02000000000b 02000000000a") + be16(8 + kIp.size()) + kSnapHeader + kIp;
  Buffer padded = subframe;
  while (padded.size() % 4 != 0)
    padded.push_back(0);
  const auto out = decode(
      from_hex("8801 0000 020000000001 02000000000a 02000000000b 0000 8000") + padded + subframe,
      {.link = 105});
  ASSERT_EQ(out->count(), 2U);
  EXPECT_EQ(out->payload(0), "inside");
  EXPECT_EQ(out->payload(1), "inside");
}

}  // namespace

std::vector<std::pair<LinkType, Buffer>> all_link_vectors() {
  std::vector<std::pair<LinkType, Buffer>> all;
  for (const LinkVector& vector : link_vectors())
    all.emplace_back(vector.link, vector.bytes);
  return all;
}

}  // namespace netmoth::decode
