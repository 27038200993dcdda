// Tunnels: the outer packet first, then what it carries; nesting is bounded.
#include "decode_testing.h"

namespace netmoth::decode {
namespace {

using namespace testing;

const Buffer kInner = ipv4("10.0.0.1", "10.0.0.2", udp(1111, 2222, "inside"));
const Buffer kInner6 = ipv6(kClient6, kServer6, udp(1111, 2222, "inside"));
const Buffer kInnerFrame = ethernet(kInner);

struct TunnelVector {
  std::string name;
  Segment outer;
  PacketOrigin origin;
};

void PrintTo(const TunnelVector& vector, std::ostream* out) {
  *out << vector.name;
}

TunnelVector in_udp(std::string name, std::uint16_t port, Buffer payload, PacketOrigin origin) {
  return {std::move(name), udp(50000, port, payload), origin};
}

TunnelVector in_gre(std::string name, Buffer payload, PacketOrigin origin = PacketOrigin::kGre) {
  return {std::move(name), other(47, payload), origin};
}

std::vector<TunnelVector> tunnel_vectors() {
  constexpr auto kOther = PacketOrigin::kOtherTunnel;
  const Buffer wifi = from_hex("0801 0000 020000000001 02000000000a 02000000000b 0000");
  const Buffer swapped = from_hex("0108 0000 020000000001 02000000000a 02000000000b 0000");
  const Buffer snap = from_hex("aaaa03 000000 0800");
  return {
      {"Ipv4", other(4, kInner), PacketOrigin::kIpv4Tunnel},
      {"Ipv6", other(41, kInner6), PacketOrigin::kIpv4Tunnel},
      {"EtherIp", other(97, from_hex("3000") + kInnerFrame), kOther},
      {"MplsInIp", other(137, from_hex("00010140") + kInner), kOther},
      in_gre("Gre", from_hex("0000 0800") + kInner),
      in_gre("GreIpv6", from_hex("0000 86dd") + kInner6),
      in_gre("GreAllFields", from_hex("b000 0800 00000000 00000001 00000002") + kInner),
      in_gre("GreRouting", from_hex("4000 0800 00000000 00020004 01020304 00000000") + kInner),
      in_gre("GreEthernet", from_hex("0000 6558") + kInnerFrame),
      in_gre("GreMpls", from_hex("0000 8847 00010140") + kInner),
      in_gre("GreVlan", from_hex("0000 8100") + vlan_tag(9, 0x0800, kInner)),
      in_gre("GreWccp", from_hex("0000 883e 01020304") + kInner),
      in_gre("Pptp", from_hex("3081 880b 0010 0001 00000001 00000002 ff03 0021") + kInner),
      in_gre("Erspan1", from_hex("0000 88be") + kInnerFrame, PacketOrigin::kErspan),
      in_gre("Erspan2", from_hex("1000 88be 00000001 10010001 00000002") + kInnerFrame,
             PacketOrigin::kErspan),
      in_gre("Erspan3", from_hex("1000 22eb 00000001 20010001 00000002 00000000") + kInnerFrame,
             PacketOrigin::kErspan),
      in_gre(
          "Erspan3Platform",
          from_hex("1000 22eb 00000001 20010001 00000002 00000001 0000000000000000") + kInnerFrame,
          PacketOrigin::kErspan),
      in_udp("Vxlan", 4789, from_hex("08000000 00000100") + kInnerFrame, PacketOrigin::kVxlan),
      in_udp("VxlanLinux", 8472, from_hex("08000000 00000100") + kInnerFrame, PacketOrigin::kVxlan),
      in_udp("VxlanGeneric", 4790, from_hex("0c000001 00000100") + kInner, PacketOrigin::kVxlan),
      in_udp("Geneve", 6081, from_hex("0100 6558 00000100 01020304") + kInnerFrame,
             PacketOrigin::kGeneve),
      in_udp("GeneveIp", 6081, from_hex("0000 0800 00000100") + kInner, PacketOrigin::kGeneve),
      in_udp("Teredo", 3544, kInner6, PacketOrigin::kTeredo),
      in_udp("TeredoIndications", 3544,
             from_hex("0001 0000 0102030405060708 00 0000 1234 01020304") + kInner6,
             PacketOrigin::kTeredo),
      in_udp("TeredoTrailer", 3544, kInner6 + from_hex("01041234"), PacketOrigin::kTeredo),
      in_udp("Gtp", 2152, from_hex("30ff") + be16(kInner.size()) + be32(7) + kInner,
             PacketOrigin::kGtp),
      in_udp("GtpExtension", 2152,
             from_hex("34ff") + be16(kInner.size() + 8) + be32(7) +
                 from_hex("0000 00 85 01 0009 00") + kInner,
             PacketOrigin::kGtp),
      in_udp("Gtp0", 3386, from_hex("1eff") + be16(kInner.size()) + Buffer(16) + kInner,
             PacketOrigin::kGtp),
      in_udp("Ayiya", 5072, from_hex("40 52 11 29 00000000") + Buffer(16 + 20) + kInner6,
             PacketOrigin::kAyiya),
      in_udp("L2tp", 1701, from_hex("0002 0001 0002 ff03 0021") + kInner, kOther),
      in_udp("L2tpAllFields", 1701,
             from_hex("4a02") + be16(kInner.size() + 18) +
                 from_hex("0001 0002 0000 0000 0002 0000 0021") + kInner,
             kOther),
      in_udp("CapwapEthernet", 5247, from_hex("00 10 02 00 00000000") + kInnerFrame, kOther),
      in_udp("CapwapNative", 5247, from_hex("00 10 03 00 00000000") + wifi + snap + kInner, kOther),
      in_udp("CapwapSwapped", 5247, from_hex("00 10 03 00 00000000") + swapped + snap + kInner,
             kOther),
      in_udp("GreInUdp", 4754, from_hex("0000 0800") + kInner, PacketOrigin::kGre),
      in_udp("MplsInUdp", 6635, from_hex("00010140") + kInner, kOther),
      in_udp("Tzsp", 37008, from_hex("01 00 0001 00 0a 01 22 01") + kInnerFrame, kOther),
  };
}

class Tunnel : public ::testing::TestWithParam<TunnelVector> {};

TEST_P(Tunnel, GivesTheOuterPacketAndTheInnerOne) {
  const TunnelVector& vector = GetParam();
  const auto out = decode(ethernet(ipv4(kClient, kServer, vector.outer)));
  ASSERT_EQ(out->count(), 2U);
  EXPECT_EQ(out->packet(0).source, address(kClient));
  EXPECT_EQ(out->packet(0).tunnel_depth, 0);
  EXPECT_EQ(out->packet(0).origin, PacketOrigin::kWire);
  EXPECT_EQ(out->packet(0).captured_length, out->bytes.size());
  EXPECT_EQ(out->packet(1).tunnel_depth, 1);
  EXPECT_EQ(out->packet(1).origin, vector.origin);
  EXPECT_EQ(out->packet(1).source_port, 1111);
  EXPECT_EQ(out->payload(1), "inside");
  // All that the tunnel carries, a link layer of its own included.
  EXPECT_GE(out->packet(1).captured_length,
            out->packet(1).ip_version == 4 ? kInner.size() : kInner6.size());
  EXPECT_LE(out->packet(1).captured_length, vector.outer.data.size());
  EXPECT_TRUE(out->packet(1).checksum_valid);
  EXPECT_TRUE(out->frame.anomalies().empty());
  EXPECT_EQ(out->counters.tunneled, 1U);

  const auto off = decode(ethernet(ipv4(kClient, kServer, vector.outer)),
                          {.options = {.decode_tunnels = false}});
  EXPECT_EQ(off->count(), 1U);
}

INSTANTIATE_TEST_SUITE_P(All, Tunnel, ::testing::ValuesIn(tunnel_vectors()),
                         [](const auto& entry) { return entry.param.name; });

TEST(TunnelLength, IsOfWhatTheTunnelCarries) {
  const auto inner_length = [](const Segment& outer) {
    return decode(ethernet(ipv4(kClient, kServer, outer)))->packet(1).captured_length;
  };
  EXPECT_EQ(inner_length(other(4, kInner)), kInner.size());
  EXPECT_EQ(inner_length(other(47, from_hex("0000 0800") + kInner)), kInner.size());
  EXPECT_EQ(inner_length(other(47, from_hex("0000 6558") + kInnerFrame)), kInnerFrame.size());
  EXPECT_EQ(inner_length(udp(50000, 4789, from_hex("08000000 00000100") + kInnerFrame)),
            kInnerFrame.size());
}

TEST(TunnelLength, MacAddressesAreThoseWithinTheTunnel) {
  const auto in_ip = decode(ethernet(ipv4(kClient, kServer, other(4, kInner))));
  EXPECT_TRUE(in_ip->packet(0).has_mac);
  EXPECT_FALSE(in_ip->packet(1).has_mac);
  const auto in_gre =
      decode(ethernet(ipv4(kClient, kServer, other(47, from_hex("0000 6558") + kInnerFrame))));
  EXPECT_TRUE(in_gre->packet(1).has_mac);
}

TEST(TunnelBounds, DepthIsLimitedByName) {
  Buffer nested = kInner;
  for (int i = 0; i < 10; ++i)
    nested = ipv4(kClient, kServer, other(4, nested));
  const auto out = decode(ethernet(nested));
  EXPECT_EQ(out->count(), kMaxPacketsPerFrame);
  EXPECT_EQ(out->packet(kMaxTunnelDepth).tunnel_depth, kMaxTunnelDepth);
  EXPECT_TRUE(out->has(DecodeEvent::kTooManyLayers));
}

TEST(TunnelBounds, OtherTrafficOnATunnelPortIsLeftAlone) {
  for (const int port : {4789, 8472, 4790, 6081, 3544, 2152, 3386, 5072, 1701, 5247, 4754, 37008}) {
    for (const int fill : {0x00, 0x16, 0x45, 0x60, 0xFF}) {
      const Buffer payload(60, static_cast<std::uint8_t>(fill));
      const auto out = decode(
          ethernet(ipv4(kClient, kServer, udp(40000, static_cast<std::uint16_t>(port), payload))));
      EXPECT_FALSE(out->packet().invalid);
      EXPECT_TRUE(out->count() == 1 || fill == 0x00) << port << " " << fill;
    }
  }
}

TEST(Ipv6Tunnel, HasNamesOfItsOwn) {
  const auto in_ipv6 = [](std::uint8_t protocol, const Buffer& inner) {
    return decode(ethernet(ipv6(kClient6, kServer6, other(protocol, inner))));
  };
  EXPECT_TRUE(in_ipv6(4, Buffer(19))->has(DecodeEvent::kIpv4InIpv6TooSmall));
  EXPECT_TRUE(in_ipv6(4, Buffer(20))->has(DecodeEvent::kIpv4InIpv6WrongVersion));
  EXPECT_TRUE(in_ipv6(41, Buffer(39))->has(DecodeEvent::kIpv6InIpv6TooSmall));
  EXPECT_TRUE(in_ipv6(41, Buffer(40))->has(DecodeEvent::kIpv6InIpv6WrongVersion));
  const auto sound = in_ipv6(4, kInner);
  ASSERT_EQ(sound->count(), 2U);
  EXPECT_EQ(sound->packet(1).origin, PacketOrigin::kIpv6Tunnel);
  EXPECT_EQ(sound->payload(1), "inside");
}

TEST(Gre, NamesWhatIsWrong) {
  const auto gre = [](const char* hex) {
    return decode(ethernet(ipv4(kClient, kServer, other(47, from_hex(hex)))));
  };
  EXPECT_TRUE(gre("000008")->has(DecodeEvent::kGreTooSmall));
  EXPECT_TRUE(gre("0002 0800")->has(DecodeEvent::kGreWrongVersion));
  EXPECT_TRUE(gre("2001 0800 00000000")->has(DecodeEvent::kGreV1WrongProtocol));
  EXPECT_TRUE(gre("0001 880b")->has(DecodeEvent::kGreV1NoKey));
  EXPECT_TRUE(gre("8000 0800 00")->has(DecodeEvent::kGreV0HeaderTooBig));
  EXPECT_TRUE(gre("4000 0800 00000000 000200ff")->has(DecodeEvent::kGreV0MalformedRouting));
  EXPECT_TRUE(gre("1000 88be 00000001 1001")->has(DecodeEvent::kErspanHeaderTooSmall));
  EXPECT_TRUE(
      gre("1000 88be 00000001 7001000100000002")->has(DecodeEvent::kErspanUnsupportedVersion));
  EXPECT_EQ(gre("0000 0800")->frame.anomalies().size(), 0U) << "a keep-alive";
}

}  // namespace

std::vector<std::pair<LinkType, Buffer>> all_tunnel_vectors() {
  std::vector<std::pair<LinkType, Buffer>> all;
  for (const TunnelVector& vector : tunnel_vectors()) {
    all.emplace_back(1, ethernet(ipv4(kClient, kServer, vector.outer)));
  }
  return all;
}

}  // namespace netmoth::decode
