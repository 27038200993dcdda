// Frames made to cost: whatever they stack or scatter, the work and the memory are bounded.
#include "decode_testing.h"

namespace netmoth::decode {
namespace {

using namespace testing;

const Buffer kInner = ipv4("10.0.0.1", "10.0.0.2", udp(1111, 2222, "inside"));

void expect_bounded(const Decoded& out) {
  EXPECT_GE(out.count(), 1U);
  EXPECT_LE(out.count(), kMaxPacketsPerFrame);
  EXPECT_LE(out.frame.anomalies().size(), kMaxAnomaliesPerFrame);
}

TEST(Hostile, StacksOfTagsAndLabelsEnd) {
  Buffer tags;
  for (int i = 0; i < 10'000; ++i)
    tags = tags + from_hex("0001 8100");
  const auto tagged = decode(ethernet_typed(0x8100, tags));
  expect_bounded(*tagged);
  EXPECT_TRUE(tagged->has(DecodeEvent::kTooManyLayers));
  EXPECT_TRUE(tagged->has(DecodeEvent::kVlanTooManyLayers));
  EXPECT_LE(tagged->packet().vlan_count, kMaxVlanTags);

  const auto labelled = decode(ethernet_typed(0x8847, Buffer(40'000)));
  expect_bounded(*labelled);
  EXPECT_TRUE(labelled->has(DecodeEvent::kTooManyLayers));
}

TEST(Hostile, TunnelsInTunnelsEnd) {
  const auto wrap = [](const Buffer& in, int kind) -> Buffer {
    switch (kind % 4) {
      case 0:
        return ipv4(kClient, kServer, other(47, from_hex("0000 0800") + in));
      case 1:
        return ipv4(kClient, kServer, other(4, in));
      case 2:
        return ipv4(kClient, kServer,
                    udp(50000, 4789, from_hex("08000000 00000100") + ethernet(in)));
      default:
        return ipv4(kClient, kServer,
                    udp(50000, 6081, from_hex("0000 6558 00000100") + ethernet(in)));
    }
  };
  for (int kind = 0; kind < 4; ++kind) {
    Buffer nested = kInner;
    for (int depth = 0; depth < 200; ++depth)
      nested = wrap(nested, kind == 3 ? depth : kind);
    const auto out = decode(ethernet(nested));
    expect_bounded(*out);
    EXPECT_EQ(out->count(), kMaxPacketsPerFrame);
    EXPECT_TRUE(out->has(DecodeEvent::kTooManyLayers));
  }
}

TEST(Hostile, ExtensionHeadersEnd) {
  for (const int kind : {0, 43, 60, 135}) {
    Buffer headers;
    for (int i = 0; i < 8'000; ++i)
      headers = headers + bytes({kind, 0}) + from_hex("01040000 0000");
    const auto out =
        decode(ethernet(ipv6(kClient6, kServer6, other(static_cast<std::uint8_t>(kind), headers))));
    expect_bounded(*out);
    EXPECT_TRUE(out->packet().invalid);
    EXPECT_TRUE(out->has(DecodeEvent::kIpv6TruncatedExtension));
  }
}

TEST(Hostile, OptionsWithinAHeaderEnd) {
  // 254 options of one kind in a header of 2 KiB, each without value.
  const Buffer header = bytes({0, 255}) + Buffer(255 * 8 + 6, 1);
  const auto out =
      decode(ethernet(ipv6(kClient6, kServer6, udp(1, 2, "x"), {.extensions = {{0, header}}})));
  expect_bounded(*out);
  EXPECT_EQ(out->packet().destination_port, 2);
}

// Every fragment overlaps the others with different octets, and no datagram ever completes.
TEST(Hostile, FragmentStormsStayWithinTheirMemory) {
  constexpr std::size_t kMemory = std::size_t{1} << 20;
  constexpr std::uint64_t kFragments = 20'000;
  Decoder decoder({.defrag = {.memory_bytes = kMemory}});
  DecodedFrame out;
  for (std::uint64_t i = 0; i < kFragments; ++i) {
    const Buffer data(64, static_cast<std::uint8_t>(i));
    const Buffer frame_bytes =
        ethernet(ipv4(kClient, kServer, other(17, data),
                      {.identification = static_cast<std::uint16_t>(i % 7),
                       .more_fragments = true,
                       .fragment_offset_units = static_cast<std::uint16_t>(1 + i * 7919 % 100)}));
    Frame frame;
    frame.time = static_cast<TimestampNs>(i);
    frame.number = i + 1;
    frame.wire_length = static_cast<std::uint32_t>(frame_bytes.size());
    frame.data = frame_bytes;
    decoder.decode(frame, out);
    ASSERT_EQ(out.packets().size(), 1U);
    EXPECT_TRUE(out.packets()[0].is_fragment);
  }
  const DefragCounters& counted = decoder.defrag_counters();
  EXPECT_EQ(counted.fragments, kFragments);
  EXPECT_EQ(counted.reassembled, 0U);
  EXPECT_GT(counted.refused + counted.evictions, 0U);
  EXPECT_GT(counted.overlaps, 0U);
}

}  // namespace
}  // namespace netmoth::decode
