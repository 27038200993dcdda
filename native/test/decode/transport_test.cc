// TCP, UDP, SCTP and ICMP: fields, options, lengths that lie, checksums, quoted packets.
#include "decode_testing.h"

namespace netmoth::decode {
namespace {

using namespace testing;

std::unique_ptr<Decoded> decode4(const Segment& segment, DecodeSpec spec = {}) {
  return decode(ethernet(ipv4(kClient, kServer, segment)), spec);
}

TEST(Tcp, GivesItsFields) {
  const auto out = decode4(tcp({.source_port = 50000,
                                .destination_port = 443,
                                .sequence = 0xFFFFFFF0,
                                .acknowledgment = 17,
                                .flags = tcp_flag::kPsh | tcp_flag::kAck,
                                .window = 501},
                               "abc"));
  const Packet& packet = out->packet();
  EXPECT_EQ(packet.source_port, 50000);
  EXPECT_EQ(packet.destination_port, 443);
  EXPECT_EQ(packet.tcp.sequence, 0xFFFFFFF0U);
  EXPECT_EQ(packet.tcp.acknowledgment, 17U);
  EXPECT_EQ(packet.tcp.flags, tcp_flag::kPsh | tcp_flag::kAck);
  EXPECT_EQ(packet.tcp.window, 501);
  EXPECT_FALSE(packet.tcp.has_window_scale);
  EXPECT_EQ(out->payload(), "abc");
  EXPECT_EQ(packet.payload_length, 3U);
  EXPECT_EQ(out->counters.tcp, 1U);
}

TEST(Tcp, ReadsOptions) {
  const auto out =
      decode4(tcp({.flags = tcp_flag::kSyn,
                   .options = from_hex("020405b4 0402 080a 00000102 00000304 01 030307")}));
  const TcpHeader& tcp = out->packet().tcp;
  EXPECT_EQ(tcp.mss, 1460);
  EXPECT_TRUE(tcp.sack_permitted);
  EXPECT_TRUE(tcp.has_timestamp);
  EXPECT_EQ(tcp.timestamp_value, 0x0102U);
  EXPECT_EQ(tcp.timestamp_echo, 0x0304U);
  EXPECT_TRUE(tcp.has_window_scale);
  EXPECT_EQ(tcp.window_scale, 7);
  EXPECT_TRUE(out->frame.anomalies().empty());
}

TEST(Tcp, BoundsTheWindowScale) {
  EXPECT_EQ(decode4(tcp({.options = from_hex("0303ff00")}))->packet().tcp.window_scale, 14);
}

TEST(Tcp, NamesBrokenOptionsAndKeepsThePayload) {
  for (const char* const broken : {"02000000", "02010000", "02ff0000", "01010102"}) {
    const auto out = decode4(tcp({.options = from_hex(broken)}, "x"));
    EXPECT_TRUE(out->has(DecodeEvent::kTcpOptionInvalidLength)) << broken;
    EXPECT_EQ(out->payload(), "x");
    EXPECT_FALSE(out->packet().invalid);
  }
}

TEST(Tcp, NamesAnOptionThatComesTwice) {
  const auto out = decode4(tcp({.options = from_hex("020405b4 020405b4")}, "x"));
  EXPECT_TRUE(out->has(DecodeEvent::kTcpOptionDuplicate));
  EXPECT_EQ(out->payload(), "x");
}

TEST(Tcp, NamesHeadersThatCannotBe) {
  Segment segment = tcp({});
  segment.data[12] = 0x40;
  EXPECT_TRUE(decode4(segment)->has(DecodeEvent::kTcpHeaderTooSmall));
  segment.data[12] = 0x60;
  const auto beyond = decode4(segment);
  EXPECT_TRUE(beyond->has(DecodeEvent::kTcpInvalidOptionLength));
  EXPECT_TRUE(beyond->packet().invalid);
  EXPECT_TRUE(decode4(other(ip_proto::kTcp, Buffer(19)))->has(DecodeEvent::kTcpTooSmall));
}

TEST(Tcp, AWrongChecksumIsSeenWhereItIsAskedFor) {
  Buffer bytes = tcp_frame();
  bytes.back() ^= 1;
  EXPECT_FALSE(decode(bytes)->packet().checksum_valid);
  EXPECT_EQ(decode(bytes)->counters.bad_checksums, 1U);
  EXPECT_TRUE(decode(bytes, {.checksum_not_ready = true})->packet().checksum_valid);
  EXPECT_TRUE(decode(bytes, {.options = {.validate_checksums = false}})->packet().checksum_valid);
}

// Every length takes another path through the lanes and the tail.
TEST(Checksum, IsRightForEveryLengthAndSeesEveryOctet) {
  for (std::size_t length = 0; length < 150; ++length) {
    Buffer payload(length);
    for (std::size_t i = 0; i < length; ++i)
      payload[i] = static_cast<std::uint8_t>(i * 37 + 11);
    Buffer bytes = ethernet(ipv6(kClient6, kServer6, udp(1, 2, payload)));
    EXPECT_TRUE(decode(bytes)->packet().checksum_valid) << length;
    for (std::size_t at = 54; at < bytes.size(); at += 7) {
      Buffer wrong = bytes;
      wrong[at] ^= 0x10;
      // A changed length is refused, a changed checksum or content seen.
      const auto out = decode(wrong);
      EXPECT_TRUE(!out->packet().checksum_valid || out->packet().invalid || at == 58 || at == 59)
          << length << " at " << at;
    }
  }
  const Buffer ones(64000, 0xFF);
  EXPECT_TRUE(decode4(udp(1, 2, ones))->packet().checksum_valid);
}

TEST(Udp, GivesPortsAndPayloadWithinItsLength) {
  Segment segment = udp(5353, 53, "question");
  EXPECT_EQ(decode4(segment)->payload(), "question");
  EXPECT_EQ(decode4(segment)->packet().source_port, 5353);
  put16(segment.data, 4, 8 + 4);
  EXPECT_EQ(decode4(segment, {.options = {.validate_checksums = false}})->payload(), "ques");
}

TEST(Udp, NamesLengthsThatLie) {
  Segment segment = udp(1, 2, "abc");
  put16(segment.data, 4, 7);
  EXPECT_TRUE(decode4(segment)->has(DecodeEvent::kUdpLengthInvalid));
  put16(segment.data, 4, 12);
  EXPECT_TRUE(decode4(segment)->has(DecodeEvent::kUdpTooSmall));
  EXPECT_TRUE(decode4(segment)->packet().invalid);
  EXPECT_TRUE(decode4(other(ip_proto::kUdp, Buffer(7)))->has(DecodeEvent::kUdpHeaderTooSmall));
}

TEST(Udp, NeedsNoChecksum) {
  Segment segment = udp(1, 2, "abc");
  segment.has_checksum = false;
  EXPECT_TRUE(decode4(segment)->packet().checksum_valid);
  put16(segment.data, 6, 0x1234);
  EXPECT_FALSE(decode4(segment)->packet().checksum_valid);
}

TEST(Sctp, GivesPortsAndChunks) {
  const auto out =
      decode4(other(ip_proto::kSctp, be16(2905) + be16(2906) + be32(1) + be32(2) + "chunk"));
  EXPECT_EQ(out->packet().source_port, 2905);
  EXPECT_EQ(out->packet().destination_port, 2906);
  EXPECT_EQ(out->payload(), "chunk");
  EXPECT_TRUE(decode4(other(ip_proto::kSctp, Buffer(11)))->has(DecodeEvent::kSctpTooSmall));
}

TEST(Others, AreKnownByNumber) {
  const auto out = decode4(other(89, bytes("ospf")));
  EXPECT_EQ(out->packet().protocol, 89);
  EXPECT_EQ(out->packet().source_port, 0);
  EXPECT_EQ(out->payload(), "ospf");
}

TEST(Icmp, GivesTypeCodeAndIdentifier) {
  const auto out = decode4(icmp(8, 0, be16(77) + be16(3) + "ping"));
  EXPECT_EQ(out->packet().icmp_type, 8);
  EXPECT_EQ(out->packet().icmp_code, 0);
  EXPECT_EQ(out->packet().icmp_rest, 77U << 16 | 3U);
  EXPECT_EQ(out->payload(), "ping");
  EXPECT_FALSE(out->packet().has_quoted);
  EXPECT_TRUE(out->packet().checksum_valid);
  EXPECT_TRUE(decode4(other(1, Buffer(7)))->has(DecodeEvent::kIcmpV4TooSmall));
}

TEST(Icmp, TellsThePacketAnErrorQuotes) {
  const Buffer quoted = ipv4(kServer, "203.0.113.9", udp(4000, 33434, "x"));
  const auto out = decode4(icmp(3, 3, be32(0) + quoted));
  ASSERT_TRUE(out->packet().has_quoted);
  const QuotedPacket& quote = out->packet().quoted;
  EXPECT_EQ(quote.source, address(kServer));
  EXPECT_EQ(quote.destination, address("203.0.113.9"));
  EXPECT_EQ(quote.protocol, ip_proto::kUdp);
  EXPECT_EQ(quote.source_port, 4000);
  EXPECT_EQ(quote.destination_port, 33434);
}

TEST(Icmp, NamesQuotesThatCannotBeRead) {
  EXPECT_TRUE(decode4(icmp(3, 1, be32(0) + Buffer(19)))->has(DecodeEvent::kIcmpV4QuotedTruncated));
  EXPECT_TRUE(
      decode4(icmp(11, 0, be32(0) + Buffer(20)))->has(DecodeEvent::kIcmpV4QuotedWrongVersion));
}

TEST(IcmpV6, TellsThePacketAnErrorQuotesBehindExtensionHeaders) {
  const Buffer quoted = ipv6(kServer6, kClient6, tcp({.source_port = 9, .destination_port = 10}),
                             {.extensions = {{60, from_hex("00 00 01040000 0000")}}});
  const auto out = decode(ethernet(ipv6(kClient6, kServer6, icmpv6(1, 4, be32(0) + quoted))));
  ASSERT_TRUE(out->packet().has_quoted);
  EXPECT_EQ(out->packet().quoted.protocol, ip_proto::kTcp);
  EXPECT_EQ(out->packet().quoted.source, address(kServer6));
  EXPECT_EQ(out->packet().quoted.source_port, 9);
  EXPECT_EQ(out->packet().icmp_type, 1);
  EXPECT_EQ(out->packet().icmp_code, 4);
  EXPECT_TRUE(out->packet().checksum_valid);
}

TEST(Icmp, NamesTypesNobodyKnows) {
  EXPECT_TRUE(decode4(icmp(200, 0, be32(0)))->has(DecodeEvent::kIcmpV4UnknownType));
  EXPECT_FALSE(decode4(icmp(13, 0, be32(0)))->has(DecodeEvent::kIcmpV4UnknownType));
}

TEST(Icmp, OfTheOtherIpVersionIsNamed) {
  EXPECT_TRUE(decode4(icmpv6(128, 0, be32(0)))->has(DecodeEvent::kIpv4WithIcmpV6));
  EXPECT_TRUE(decode(ethernet(ipv6(kClient6, kServer6, icmp(8, 0, be32(0)))))
                  ->has(DecodeEvent::kIpv6WithIcmpV4));
}

}  // namespace
}  // namespace netmoth::decode
