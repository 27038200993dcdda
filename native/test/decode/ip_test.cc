// IPv4 and IPv6: fields, lengths that lie, fragments, extension headers.
#include "decode_testing.h"

namespace netmoth::decode {
namespace {

using namespace testing;

TEST(Ipv4, GivesAddressesAndTimesOfTheFrame) {
  const auto out = decode(tcp_frame());
  ASSERT_EQ(out->count(), 1U);
  const Packet& packet = out->packet();
  EXPECT_EQ(packet.time, 42);
  EXPECT_EQ(packet.number, 7U);
  EXPECT_EQ(packet.ip_version, 4);
  EXPECT_EQ(packet.source, address(kClient));
  EXPECT_EQ(packet.destination, address(kServer));
  EXPECT_EQ(packet.protocol, ip_proto::kTcp);
  EXPECT_EQ(packet.ttl, 64);
  EXPECT_EQ(packet.ether_type, 0x0800);
  EXPECT_EQ(packet.wire_length, out->bytes.size());
  EXPECT_EQ(packet.captured_length, out->bytes.size());
  EXPECT_TRUE(packet.has_mac);
  EXPECT_EQ(packet.source_mac, (MacAddress{2, 0, 0, 0, 0, 10}));
  EXPECT_EQ(packet.destination_mac, (MacAddress{2, 0, 0, 0, 0, 11}));
  EXPECT_TRUE(out->frame.anomalies().empty());
  EXPECT_FALSE(out->frame.invalid());
}

TEST(Ipv4, CutsEthernetPaddingOff) {
  Buffer bytes = ethernet(ipv4(kClient, kServer, udp(1, 2, "ab")));
  bytes.resize(60, 0xEE);
  const auto out = decode(bytes);
  EXPECT_EQ(out->payload(), "ab");
}

TEST(Ipv4, SkipsOptionsAndNamesBrokenOnes) {
  auto out = decode(
      ethernet(ipv4(kClient, kServer, udp(1, 2, "x"), {.options = from_hex("01070304 94040000")})));
  EXPECT_EQ(out->payload(), "x");
  EXPECT_TRUE(out->frame.anomalies().empty());
  for (const char* const broken : {"07ff0000", "07000000", "07010000"}) {
    out = decode(ethernet(ipv4(kClient, kServer, udp(1, 2, "x"), {.options = from_hex(broken)})));
    EXPECT_TRUE(out->has(DecodeEvent::kIpv4OptionInvalidLength)) << broken;
    EXPECT_EQ(out->payload(), "x") << "a strange option does not hide the payload";
  }
}

TEST(Ipv4, NamesEachLengthThatLies) {
  const auto lying = [](std::size_t at, int value) {
    Buffer bytes = tcp_frame();
    bytes.at(14 + at) = static_cast<std::uint8_t>(value);
    return decode(bytes);
  };
  EXPECT_TRUE(lying(0, 0x44)->has(DecodeEvent::kIpv4HeaderTooSmall));
  EXPECT_TRUE(lying(0, 0x65)->has(DecodeEvent::kIpv4WrongVersion));
  EXPECT_TRUE(lying(3, 19)->has(DecodeEvent::kIpv4LengthBelowHeader));
  const auto beyond = lying(2, 0x10);
  EXPECT_TRUE(beyond->has(DecodeEvent::kIpv4Truncated));
  EXPECT_TRUE(beyond->packet().invalid);
  EXPECT_TRUE(beyond->frame.invalid());
  EXPECT_EQ(beyond->packet().source, address(kClient)) << "the anomaly can be told with addresses";
  EXPECT_EQ(beyond->counters.invalid, 1U);
}

TEST(Ipv4, ASnapLengthIsNoFault) {
  const auto out = decode(tcp_frame("0123456789"), {.cut_bytes = 4});
  EXPECT_TRUE(out->packet().truncated);
  EXPECT_FALSE(out->packet().invalid);
  EXPECT_TRUE(out->frame.anomalies().empty());
  EXPECT_EQ(out->payload(), "012345");
  EXPECT_EQ(out->packet().payload_length, 10U);
  EXPECT_EQ(out->packet().captured_length + 4, out->packet().wire_length);
  EXPECT_TRUE(out->packet().checksum_valid) << "not judged";
  EXPECT_EQ(out->counters.truncated, 1U);
}

TEST(Ipv4, TakesTheCapturedLengthOfSegmentsTheCardWillCut) {
  Buffer bytes = tcp_frame("payload");
  put16(bytes, 14 + 2, 0);
  EXPECT_EQ(decode(bytes)->payload(), "payload");
}

TEST(Ipv4, SetsFragmentsAside) {
  for (const Ipv4Spec& spec :
       {Ipv4Spec{.more_fragments = true}, Ipv4Spec{.fragment_offset_units = 3}}) {
    const auto out = decode(ethernet(ipv4(kClient, kServer, udp(1, 2, "abcdefgh"), spec)));
    EXPECT_TRUE(out->packet().is_fragment);
    EXPECT_FALSE(out->packet().invalid);
    EXPECT_EQ(out->packet().source_port, 0);
    EXPECT_TRUE(out->packet().payload.empty());
    EXPECT_EQ(out->counters.fragments, 1U);
  }
}

TEST(Ipv4, JudgesTheHeaderChecksumApart) {
  Buffer bytes = tcp_frame();
  bytes.at(14 + 10) ^= 1;
  const auto out = decode(bytes);
  EXPECT_FALSE(out->packet().ip_checksum_valid);
  EXPECT_TRUE(out->packet().checksum_valid);
}

TEST(Ipv6, GivesAddressesAndHopLimit) {
  const auto out = decode(ethernet(ipv6(kClient6, kServer6, tcp({}, "hi"))));
  const Packet& packet = out->packet();
  EXPECT_EQ(packet.ip_version, 6);
  EXPECT_EQ(packet.source, address(kClient6));
  EXPECT_EQ(packet.destination, address(kServer6));
  EXPECT_EQ(packet.ttl, 64);
  EXPECT_EQ(packet.ether_type, 0x86DD);
  EXPECT_EQ(out->payload(), "hi");
  EXPECT_TRUE(packet.checksum_valid);
}

Buffer with_extensions(std::vector<std::pair<std::uint8_t, Buffer>> extensions) {
  return ethernet(
      ipv6(kClient6, kServer6, udp(1000, 53, "q"), {.extensions = std::move(extensions)}));
}

const Buffer kEightOctets = from_hex("00 00 01040000 0000");
const Buffer kRoutingType2 = from_hex("00 00 0200 00000000");

TEST(Ipv6, WalksExtensionHeaders) {
  const Buffer router_alert = from_hex("00 00 05020000 0000");
  const Buffer tunnel_limit = from_hex("00 00 04010400 0000");
  const auto out = decode(with_extensions({{0, router_alert},
                                           {60, tunnel_limit},
                                           {43, kRoutingType2},
                                           {60, tunnel_limit},
                                           {51, from_hex("00 01 0000 00000001") + be32(5)},
                                           {135, kEightOctets}}));
  EXPECT_EQ(out->packet().protocol, ip_proto::kUdp);
  EXPECT_EQ(out->packet().destination_port, 53);
  EXPECT_EQ(out->payload(), "q");
  EXPECT_TRUE(out->frame.anomalies().empty());
  EXPECT_TRUE(out->packet().checksum_valid);
}

TEST(Ipv6, NamesOddExtensionHeaders) {
  EXPECT_TRUE(decode(with_extensions({{0, kEightOctets}, {0, kEightOctets}}))
                  ->has(DecodeEvent::kIpv6DuplicateHopByHop));
  EXPECT_TRUE(decode(with_extensions({{43, kRoutingType2}, {43, kRoutingType2}}))
                  ->has(DecodeEvent::kIpv6DuplicateRouting));
  EXPECT_TRUE(decode(with_extensions({{43, from_hex("00 00 0001 00000000")}}))
                  ->has(DecodeEvent::kIpv6RoutingType0));
  const auto beyond = decode(with_extensions({{60, from_hex("00 ff 01040000 0000")}}));
  EXPECT_TRUE(beyond->has(DecodeEvent::kIpv6TruncatedExtension));
  EXPECT_TRUE(beyond->packet().invalid);
}

TEST(Ipv6, EndsAChainThatDoesNotEnd) {
  std::vector<std::pair<std::uint8_t, Buffer>> chain(100, {60, kEightOctets});
  EXPECT_TRUE(decode(with_extensions(chain))->packet().invalid);
}

TEST(Ipv6, SetsFragmentsAsideButNotAtomicOnes) {
  const auto atomic = decode(with_extensions({{44, from_hex("00 00 0000 00000009")}}));
  EXPECT_FALSE(atomic->packet().is_fragment);
  EXPECT_EQ(atomic->payload(), "q");
  EXPECT_TRUE(atomic->has(DecodeEvent::kIpv6UselessFragment));
  for (const char* const fragment : {"00 00 0001 00000009", "00 00 0010 00000009"}) {
    const auto out = decode(with_extensions({{44, from_hex(fragment)}}));
    EXPECT_TRUE(out->packet().is_fragment) << fragment;
    EXPECT_EQ(out->packet().protocol, ip_proto::kUdp);
    EXPECT_EQ(out->packet().destination_port, 0);
    EXPECT_TRUE(out->packet().payload.empty());
  }
}

TEST(Ipv6, NamesLengthsThatLieAndKnowsJumbograms) {
  Buffer bytes = ethernet(ipv6(kClient6, kServer6, tcp({}, "abc")));
  put16(bytes, 14 + 4, 1000);
  EXPECT_TRUE(decode(bytes)->has(DecodeEvent::kIpv6Truncated));
  put16(bytes, 14 + 4, 0);
  EXPECT_EQ(decode(bytes)->payload(), "abc");
  EXPECT_TRUE(decode(ethernet(ipv6(kClient6, kServer6, other(59, bytes))))
                  ->has(DecodeEvent::kIpv6DataAfterNone));
}

}  // namespace
}  // namespace netmoth::decode
