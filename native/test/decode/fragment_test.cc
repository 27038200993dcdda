// Fragments through the decoder: what becomes of the packet, its ports, lengths, tunnels,
// anomalies.
#include "decode_testing.h"

namespace netmoth::decode {
namespace {

using namespace testing;

struct Line {
  Decoder decoder{{}};
  DecodedFrame frame;
  Buffer bytes;
  std::uint64_t number = 0;

  // Each fragment's bytes are gone when the next one comes.
  const Packet& feed(const Buffer& data, std::size_t cut_bytes = 0) {
    bytes.assign(data.begin(), data.end() - static_cast<std::ptrdiff_t>(cut_bytes));
    bytes.shrink_to_fit();
    Frame in;
    in.time = static_cast<TimestampNs>(++number);
    in.number = number;
    in.wire_length = static_cast<std::uint32_t>(data.size());
    in.data = bytes;
    decoder.decode(in, frame);
    return frame.packets().back();
  }
  [[nodiscard]] bool has(DecodeEvent event) const {
    return std::ranges::any_of(frame.anomalies(),
                               [&](const Anomaly& anomaly) { return anomaly.event == event; });
  }
};

// The IP packet cut into fragments of at most `step` octets of data, a multiple of 8.
std::vector<Buffer> ipv4_fragments(const Buffer& packet, std::size_t step) {
  const std::size_t header = (packet.at(0) & 15U) * 4U;
  std::vector<Buffer> fragments;
  for (std::size_t at = header; at < packet.size(); at += step) {
    const std::size_t size = std::min(step, packet.size() - at);
    Buffer fragment(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header));
    put16(fragment, 2, static_cast<std::uint32_t>(header + size));
    const bool more = at + size < packet.size();
    put16(fragment, 6, static_cast<std::uint32_t>((at - header) / 8) | (more ? 0x2000U : 0U));
    put16(fragment, 10, 0);
    put16(fragment, 10, internet_checksum(fragment));
    fragment.insert(fragment.end(), packet.begin() + static_cast<std::ptrdiff_t>(at),
                    packet.begin() + static_cast<std::ptrdiff_t>(at + size));
    fragments.push_back(std::move(fragment));
  }
  return fragments;
}

// `rest` is what follows the fixed header; all of it is fragmentable.
std::vector<Buffer> ipv6_fragments(const Buffer& packet, std::size_t step) {
  std::vector<Buffer> fragments;
  for (std::size_t at = 40; at < packet.size(); at += step) {
    const std::size_t size = std::min(step, packet.size() - at);
    Buffer fragment(packet.begin(), packet.begin() + 40);
    put16(fragment, 4, static_cast<std::uint32_t>(8 + size));
    fragment[6] = 44;
    const bool more = at + size < packet.size();
    fragment = fragment + bytes({at == 40 ? packet[6] : 59, 0}) +
               be16((at - 40) | (more ? 1U : 0U)) + be32(0xCAFE);
    fragment.insert(fragment.end(), packet.begin() + static_cast<std::ptrdiff_t>(at),
                    packet.begin() + static_cast<std::ptrdiff_t>(at + size));
    fragments.push_back(std::move(fragment));
  }
  return fragments;
}

const std::string kText(100, 'x');

TEST(Fragments, TheOneThatCompletesADatagramBecomesIt) {
  for (const bool backwards : {false, true}) {
    Line line;
    auto parts = ipv4_fragments(ipv4(kClient, kServer, udp(1234, 53, kText)), 40);
    ASSERT_EQ(parts.size(), 3U);
    if (backwards) std::ranges::reverse(parts);
    for (std::size_t i = 0; i < 2; ++i) {
      const Packet& packet = line.feed(ethernet(parts[i]));
      EXPECT_TRUE(packet.is_fragment);
      EXPECT_EQ(packet.source_port, 0);
    }
    const Packet& packet = line.feed(ethernet(parts[2]));
    ASSERT_EQ(line.frame.packets().size(), 1U);
    EXPECT_FALSE(packet.is_fragment);
    EXPECT_FALSE(packet.invalid);
    EXPECT_EQ(packet.origin, PacketOrigin::kDefragmented);
    EXPECT_EQ(packet.source_port, 1234);
    EXPECT_EQ(packet.destination_port, 53);
    EXPECT_EQ(as_text(packet.payload), kText);
    EXPECT_EQ(packet.payload_length, kText.size());
    EXPECT_TRUE(packet.checksum_valid);
    EXPECT_EQ(packet.captured_length, 14 + 20 + 8 + kText.size());
    EXPECT_EQ(packet.wire_length, packet.captured_length);
    EXPECT_EQ(packet.number, 3U);
    EXPECT_TRUE(line.frame.anomalies().empty());
    EXPECT_EQ(line.decoder.counters().fragments, 3U);
    EXPECT_EQ(line.decoder.counters().udp, 1U);
    EXPECT_EQ(line.decoder.defrag_counters().reassembled, 1U);
  }
}

TEST(Fragments, Ipv6FollowsTheExtensionHeadersInside) {
  Line line;
  const Buffer packet = ipv6(kClient6, kServer6, tcp({.flags = 0x18}, kText),
                             {.extensions = {{60, from_hex("00 00 04010400 0000")}}});
  const auto parts = ipv6_fragments(packet, 48);
  ASSERT_EQ(parts.size(), 3U);
  line.feed(ethernet(parts[2]));
  line.feed(ethernet(parts[0]));
  const Packet& made = line.feed(ethernet(parts[1]));
  EXPECT_FALSE(made.is_fragment);
  EXPECT_EQ(made.protocol, ip_proto::kTcp);
  EXPECT_EQ(made.destination_port, 80);
  EXPECT_EQ(as_text(made.payload), kText);
  EXPECT_TRUE(made.checksum_valid);
  EXPECT_EQ(made.captured_length, 14 + packet.size());
  EXPECT_TRUE(line.frame.anomalies().empty());
}

TEST(Fragments, VlansTunnelsAndProtocolsKeepDatagramsApart) {
  const auto udp_parts = ipv4_fragments(ipv4(kClient, kServer, udp(1, 2, kText)), 64);
  const auto tcp_parts = ipv4_fragments(ipv4(kClient, kServer, tcp({}, kText)), 64);
  Line line;
  line.feed(ethernet(udp_parts[0]));
  EXPECT_TRUE(line.feed(ethernet_typed(0x8100, vlan_tag(7, 0x0800, udp_parts[1]))).is_fragment);
  EXPECT_TRUE(line.feed(ethernet(tcp_parts[1])).is_fragment);
  EXPECT_TRUE(line.feed(ethernet(ipv4(kServer, kClient, other(4, udp_parts[1])))).is_fragment);
  EXPECT_FALSE(line.feed(ethernet(udp_parts[1])).is_fragment);
}

TEST(Fragments, AreFollowedInsideTunnelsAndTunnelsInsideThem) {
  Line line;
  const Buffer inner = ipv4(kClient, kServer, udp(1000, 2000, kText));
  const auto inner_parts = ipv4_fragments(inner, 56);
  ASSERT_EQ(inner_parts.size(), 2U);
  // Both the outer packet around the last inner fragment and the inner one come in pieces.
  line.feed(ethernet(ipv4("10.0.0.1", "10.0.0.2", other(4, inner_parts[0]))));
  const auto outer_parts =
      ipv4_fragments(ipv4("10.0.0.1", "10.0.0.2", other(4, inner_parts[1])), 40);
  ASSERT_EQ(outer_parts.size(), 2U);
  EXPECT_TRUE(line.feed(ethernet(outer_parts[1])).is_fragment);
  const Packet& packet = line.feed(ethernet(outer_parts[0]));
  ASSERT_EQ(line.frame.packets().size(), 2U);
  EXPECT_FALSE(line.frame.packets()[0].is_fragment);
  EXPECT_EQ(packet.tunnel_depth, 1);
  EXPECT_EQ(packet.destination_port, 2000);
  EXPECT_EQ(as_text(packet.payload), kText);
  EXPECT_EQ(packet.captured_length, inner.size());
}

TEST(Fragments, OverlapsAreResolvedAsTheReceiverDoes) {
  const auto network = base::HostPolicies::network_of("192.0.2.0/24=last");
  ASSERT_TRUE(network.has_value());
  const auto fragment = [](const std::string& server, std::uint16_t units, bool more, char octet) {
    return ethernet(ipv4(kClient, server, other(99, Buffer(16, static_cast<std::uint8_t>(octet))),
                         {.more_fragments = more, .fragment_offset_units = units}));
  };
  const std::pair<std::string, std::string_view> receivers[] = {
      {"192.0.2.7", "aaaaaaaabbbbbbbbbbbbbbbbcccccccccccccccc"},
      {"198.51.100.7", "aaaaaaaaaaaaaaaabbbbbbbbcccccccccccccccc"}};
  for (const auto& [server, expected] : receivers) {
    Line line;
    line.decoder = Decoder(
        {.defrag_policy = DefragPolicy::kFirst, .host_policies = base::HostPolicies({*network})});
    line.feed(fragment(server, 0, true, 'a'));
    line.feed(fragment(server, 1, true, 'b'));
    EXPECT_EQ(as_text(line.feed(fragment(server, 3, false, 'c')).payload), expected) << server;
  }
}

TEST(Fragments, NamesWhatIsWrongAsSuricataDoes) {
  const auto fragment = [](std::uint16_t units, bool more, std::size_t size) {
    return ethernet(ipv4(kClient, kServer, other(17, Buffer(size)),
                         {.more_fragments = more, .fragment_offset_units = units}));
  };
  Line line;  // teardrop: the second lies inside the first
  line.feed(fragment(0, true, 40));
  line.feed(fragment(3, false, 4));
  EXPECT_TRUE(line.has(DecodeEvent::kIpv4FragOverlap));
  line.feed(fragment(8189, false, 20));  // ping of death
  EXPECT_TRUE(line.has(DecodeEvent::kIpv4FragTooLarge));
  line.feed(fragment(1, false, 0));
  EXPECT_TRUE(line.has(DecodeEvent::kIpv4FragIgnored));
  line.feed(fragment(0, true, 40), 8);
  EXPECT_TRUE(line.has(DecodeEvent::kIpv4FragIgnored)) << "cut by the snap length";

  const auto fragment6 = [](int offset_and_more, std::size_t size) {
    return ethernet(ipv6(
        kClient6, kServer6, other(17, Buffer(size)),
        {.extensions = {
             {44, bytes({0, 0}) + be16(static_cast<std::uint64_t>(offset_and_more)) + be32(5)}}}));
  };
  line.feed(fragment6(0 | 1, 20));
  EXPECT_TRUE(line.has(DecodeEvent::kIpv6FragInvalidLength));
  EXPECT_TRUE(line.frame.packets()[0].invalid);
  line.feed(fragment6(0xFFF8, 20));
  EXPECT_TRUE(line.has(DecodeEvent::kIpv6FragTooLarge));
  line.feed(fragment6(0 | 1, 24));
  EXPECT_TRUE(line.frame.anomalies().empty());
  line.feed(fragment6(16 | 1, 24));
  EXPECT_TRUE(line.has(DecodeEvent::kIpv6FragOverlap));
}

TEST(Fragments, AFragmentHeaderInsideADatagramPutTogetherIsNotFollowed) {
  Line line;
  const Buffer packet = ipv6(kClient6, kServer6, udp(1, 2, kText),
                             {.extensions = {{44, from_hex("00 00 0009 00000001")}}});
  const auto parts = ipv6_fragments(packet, 64);
  line.feed(ethernet(parts[0]));
  const Packet& made = line.feed(ethernet(parts[1]));
  EXPECT_TRUE(made.is_fragment);
  EXPECT_TRUE(made.invalid);
  EXPECT_TRUE(line.has(DecodeEvent::kIpv6DuplicateFragment));
}

TEST(Fragments, CutAtEveryLengthNothingIsReadBeyond) {
  for (const auto& parts : {ipv4_fragments(ipv4(kClient, kServer, udp(1, 2, kText)), 64),
                            ipv6_fragments(ipv6(kClient6, kServer6, tcp({}, kText)), 64)}) {
    const Buffer last = ethernet(parts[1]);
    for (std::size_t cut = 1; cut <= last.size(); ++cut) {
      Line line;
      line.feed(ethernet(parts[0]));
      const Packet& packet = line.feed(last, cut);
      EXPECT_TRUE(packet.is_fragment || packet.invalid) << cut;
      EXPECT_TRUE(packet.payload.empty());
      EXPECT_FALSE(line.feed(last).is_fragment) << "the whole one still completes it";
    }
  }
}

TEST(Fragments, ADecodedFrameKeepsItsDatagramWhileOthersAreDecoded) {
  Decoder decoder({});
  std::vector<DecodedFrame> frames(8);
  std::vector<Buffer> kept;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::string text(100, static_cast<char>('a' + i));
    for (const Buffer& part : ipv4_fragments(ipv4(kClient, kServer, udp(1, 2, text)), 64)) {
      kept.push_back(ethernet(part));
      Frame in;
      in.time = 1;
      in.wire_length = static_cast<std::uint32_t>(kept.back().size());
      in.data = kept.back();
      decoder.decode(in, frames[i]);
    }
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(as_text(frames[i].packets()[0].payload),
              std::string(100, static_cast<char>('a' + i)));
  }
}

}  // namespace
}  // namespace netmoth::decode
