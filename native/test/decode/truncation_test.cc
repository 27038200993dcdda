// Every vector cut at every length, as a snap length does and as a lying file does: no read beyond
// the end (AddressSanitizer watches), always a packet, never a payload longer than what was
// captured.
#include "event_cases.h"

namespace netmoth::decode {

std::vector<std::pair<LinkType, testing::Buffer>> all_link_vectors();
std::vector<std::pair<LinkType, testing::Buffer>> all_tunnel_vectors();

namespace {

using namespace testing;

constexpr std::size_t kShortFrame = 200;

std::vector<std::pair<LinkType, Buffer>> all() {
  auto vectors = all_link_vectors();
  for (auto& vector : all_tunnel_vectors())
    vectors.push_back(std::move(vector));
  vectors.emplace_back(
      1, ethernet(ipv4(kClient, kServer,
                       tcp({.options = from_hex("020405b4 0402 080a 00000102 00000304 01 030307")},
                           "payload"),
                       {.options = from_hex("01070401 94040000")})));
  vectors.emplace_back(
      1, ethernet(ipv6(kClient6, kServer6,
                       icmpv6(1, 4, be32(0) + ipv6(kServer6, kClient6, tcp({}, "quoted"))),
                       {.extensions = {{0, from_hex("00 00 01040000 0000")},
                                       {43, from_hex("00 00 0200 00000000")},
                                       {51, from_hex("00 01 0000 00000001 00000005")},
                                       {44, from_hex("00 00 0000 00000009")}}})));
  vectors.emplace_back(
      1, ethernet(ipv4(kClient, kServer,
                       icmp(3, 3, be32(0) + ipv4(kServer, kClient, udp(1, 2, "quoted"))))));
  vectors.emplace_back(1, ethernet(ipv4(kClient, kServer, other(ip_proto::kSctp, Buffer(40)))));
  for (auto* const cases :
       {link_event_cases, ip_event_cases, transport_event_cases, tunnel_event_cases}) {
    for (const EventCase& each : cases()) {
      for (const Buffer& frame : each.ordinary)
        if (frame.size() < kShortFrame) vectors.emplace_back(each.link, frame);
    }
  }
  return vectors;
}

void check(const Decoded& out, std::size_t captured) {
  ASSERT_GE(out.count(), 1U);
  const std::uint8_t* const first = out.bytes.data();
  for (const Packet& packet : out.frame.packets()) {
    EXPECT_LE(packet.payload.size(), captured);
    EXPECT_LE(packet.payload.size(), packet.payload_length);
    if (!packet.payload.empty()) {
      EXPECT_GE(packet.payload.data(), first);
      EXPECT_LE(packet.payload.data() + packet.payload.size(), first + captured);
    }
    if (packet.ip_version == 0) {
      EXPECT_EQ(packet.source_port, 0);
    }
  }
}

TEST(Truncation, EveryVectorAtEveryLength) {
  for (const auto& [link, bytes] : all()) {
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
      check(*decode(bytes, {.link = link, .cut_bytes = bytes.size() - length}), length);
      check(*decode(Buffer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)),
                    {.link = link}),
            length);
    }
  }
}

TEST(Truncation, EveryVectorWithEveryOctetChanged) {
  for (const auto& [link, bytes] : all()) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
        Buffer changed = bytes;
        changed[at] = static_cast<std::uint8_t>(value);
        check(*decode(changed, {.link = link}), changed.size());
      }
    }
  }
}

TEST(Truncation, EveryVectorWithEveryBitFlipped) {
  for (const auto& [link, bytes] : all()) {
    for (std::size_t at = 0; at < bytes.size() * 8; ++at) {
      Buffer flipped = bytes;
      flipped[at / 8] ^= static_cast<std::uint8_t>(1U << at % 8);
      check(*decode(flipped, {.link = link}), flipped.size());
    }
  }
}

TEST(Truncation, EveryVectorAsEveryLinkType) {
  for (const auto& [link, bytes] : all()) {
    for (LinkType other_link = 0; other_link < 300; ++other_link) {
      check(*decode(bytes, {.link = other_link}), bytes.size());
    }
  }
}

}  // namespace
}  // namespace netmoth::decode
