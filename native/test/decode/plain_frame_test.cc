// look_at() may only call a frame plain that decode() has nothing else to say about.
#include "decode/plain_frame.h"

#include "decode_testing.h"

namespace netmoth::decode {
namespace {

using namespace netmoth::testing;

Frame frame_of(const Buffer& data) {
  Frame frame;
  frame.data = data;
  frame.wire_length = static_cast<std::uint32_t>(data.size());
  return frame;
}

bool is_plain(const Buffer& data) {
  PlainFrame plain;
  return look_at(frame_of(data), plain);
}

// What plain_frame.h promises of a plain frame. Says whether it is one.
bool holds(const Buffer& data) {
  PlainFrame plain;
  const Frame frame = frame_of(data);
  if (!look_at(frame, plain)) return false;
  Decoder decoder({});
  const auto out = std::make_unique<DecodedFrame>();
  decoder.decode(frame, *out);
  EXPECT_EQ(out->packets().size(), 1U);
  EXPECT_TRUE(out->anomalies().empty());
  const Packet& packet = out->packets()[0];
  EXPECT_FALSE(packet.invalid || packet.is_fragment || packet.has_quoted || packet.truncated);
  EXPECT_EQ(packet.source, plain.source);
  EXPECT_EQ(packet.destination, plain.destination);
  EXPECT_EQ(packet.source_port, plain.source_port);
  EXPECT_EQ(packet.destination_port, plain.destination_port);
  EXPECT_EQ(packet.ip_version, plain.ip_version);
  EXPECT_EQ(packet.protocol, plain.protocol);
  EXPECT_EQ(as_text(packet.payload), as_text(plain.payload));
  return true;
}

Buffer tagged(const Buffer& ip) {
  Buffer frame = ethernet(ip);
  const Buffer tag = bytes({0x81, 0x00, 0x00, 0x05});
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  return frame;
}

// A TCP segment with `options`, a multiple of four octets.
Buffer with_options(const Buffer& options) {
  Buffer frame = ethernet(ipv4("10.0.0.1", "10.0.0.2", tcp({.source_port = 1}, "data")));
  frame.insert(frame.begin() + 54, options.begin(), options.end());
  frame[46] = static_cast<std::uint8_t>((5 + options.size() / 4) << 4);
  put16(frame, 16, static_cast<std::uint32_t>(frame.size() - 14));
  return frame;
}

std::vector<Buffer> plain_frames() {
  const Segment segment = tcp({.source_port = 40'000, .destination_port = 80}, "GET / HTTP/1.1");
  return {ethernet(ipv4("10.0.0.1", "192.0.2.1", segment)),
          ethernet(ipv4("10.0.0.1", "192.0.2.1", udp(40'000, 53, "question"))),
          ethernet(ipv6("2001:db8::1", "2001:db8::2", segment)),
          ethernet(ipv6("2001:db8::1", "2001:db8::2", udp(40'000, 443, "datagram"))),
          tagged(ipv4("10.0.0.1", "192.0.2.1", segment)),
          with_options(from_hex("0101080a 00000001 00000002")),
          with_options(from_hex("020405b4 04020101 03030700"))};
}

TEST(PlainFrame, OrdinaryFramesArePlain) {
  for (const Buffer& frame : plain_frames())
    EXPECT_TRUE(holds(frame));
}

TEST(PlainFrame, WhatTakesMoreThanALookIsNot) {
  const Segment segment = udp(1, 2, "x");
  EXPECT_FALSE(is_plain(ethernet(ipv4("10.0.0.1", "10.0.0.2", icmp(8, 0, be32(0))))));
  EXPECT_FALSE(is_plain(ethernet(ipv4("10.0.0.1", "10.0.0.2", segment, {.more_fragments = true}))));
  EXPECT_FALSE(
      is_plain(ethernet(ipv4("10.0.0.1", "10.0.0.2", segment, {.fragment_offset_units = 1}))));
  EXPECT_FALSE(is_plain(ethernet(ipv4("10.0.0.1", "10.0.0.2", udp(5000, 4789, "vxlan")))));
  EXPECT_FALSE(is_plain(ethernet(ipv4("10.0.0.1", "10.0.0.2", udp(3544, 5000, "teredo")))));
  EXPECT_FALSE(is_plain(with_options(from_hex("020405b4 020405b4"))));  // the same twice
  EXPECT_FALSE(is_plain(with_options(from_hex("08010101"))));           // a length of 1
  EXPECT_FALSE(is_plain(with_options(from_hex("0101080a"))));           // beyond the header
  Frame other_link = frame_of(plain_frames()[0]);
  other_link.link = 113;
  PlainFrame plain;
  EXPECT_FALSE(look_at(other_link, plain));
}

TEST(PlainFrame, CutOrWithAnyBitFlippedItKeepsItsPromise) {
  std::size_t plain = 0;
  for (const Buffer& frame : plain_frames()) {
    for (std::size_t length = 0; length < frame.size(); ++length)
      plain += holds(Buffer(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length)));
    for (std::size_t bit = 0; bit < 8 * frame.size(); ++bit) {
      Buffer flipped = frame;
      flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1U << bit % 8);
      plain += holds(flipped);
    }
  }
  EXPECT_GT(plain, 1000U);  // addresses, ports and payload make no difference
}

}  // namespace
}  // namespace netmoth::decode
