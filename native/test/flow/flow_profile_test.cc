// What a profile keeps of a flow's first packets, and that it stays right when ends are exchanged.
#include "flow/flow_profile.h"

#include <gtest/gtest.h>

#include "decode/decoder.h"
#include "testing/packet_builder.h"

namespace netmoth::flow {
namespace {

using testing::Buffer;

struct ProfileTest : ::testing::Test {
  Flow flow;
  FlowProfile profile;
  decode::Decoder decoder{{.validate_checksums = false}};
  decode::DecodedFrame decoded;
  TimestampNs now = 1'000'000'000;

  void add(Direction direction, const Buffer& data, bool tunnelled = false) {
    decode::Frame frame;
    frame.time = now;
    frame.wire_length = static_cast<std::uint32_t>(data.size());
    frame.data = data;
    decoder.decode(frame, decoded);
    profile.add(flow, direction, decoded.packets()[0], tunnelled);
    now += 1'500'000;
  }
  static Buffer segment(std::uint8_t flags, std::size_t payload, Buffer options = {}) {
    testing::TcpSpec spec;
    spec.flags = flags;
    spec.window = 64240;
    spec.options = std::move(options);
    return testing::ethernet(
        testing::ipv4("10.0.0.1", "10.0.0.2", testing::tcp(spec, Buffer(payload, 'x'))));
  }
};

const Buffer kLinuxOptions = testing::from_hex("020405b4 0402 080a 00000001 00000000 01 030307");

TEST_F(ProfileTest, KeepsSizesGapsAndTheSyn) {
  add(Direction::kToServer, segment(2, 0, kLinuxOptions));
  add(Direction::kToServer, segment(24, 100));
  add(Direction::kToClient, segment(24, 200));
  ASSERT_EQ(profile.sizes(), 2U);
  EXPECT_EQ(profile.size(flow, 0), 100);
  EXPECT_EQ(profile.size(flow, 1), -200);
  EXPECT_EQ(profile.gap_us(0), 0U);
  EXPECT_EQ(profile.gap_us(1), 1500U);
  const SynTuple* const syn = profile.syn(flow);
  ASSERT_NE(syn, nullptr);
  EXPECT_EQ(syn->window, 64240);
  EXPECT_EQ(syn->mss, 1460);
  EXPECT_EQ(syn->scale, 7);
  const std::vector<int> kinds(syn->options.begin(), syn->options.begin() + syn->option_count);
  EXPECT_EQ(kinds, (std::vector<int>{2, 4, 8, 1, 3}));
  EXPECT_NE(profile.mac(flow, Direction::kToServer), nullptr);
}

TEST_F(ProfileTest, TurnsWithTheFlow) {
  add(Direction::kToServer, segment(24, 100));
  flow.reverse();
  add(Direction::kToServer, segment(24, 50));  // from what is the client now
  EXPECT_EQ(profile.size(flow, 0), -100);
  EXPECT_EQ(profile.size(flow, 1), 50);
  flow.reverse();
  EXPECT_EQ(profile.size(flow, 0), 100);
  EXPECT_EQ(profile.size(flow, 1), -50);
}

TEST_F(ProfileTest, ASynOfTheOtherEndIsNotTheClients) {
  add(Direction::kToClient, segment(2, 0, kLinuxOptions));
  EXPECT_EQ(profile.syn(flow), nullptr);
  flow.reverse();
  EXPECT_NE(profile.syn(flow), nullptr);
}

TEST_F(ProfileTest, IsBounded) {
  for (int i = 0; i < 100; ++i)
    add(Direction::kToServer, segment(24, 10));
  EXPECT_EQ(profile.sizes(), kProfiledSizes);
}

TEST_F(ProfileTest, OptionsCutAnywhereAreReadUpToThere) {
  Buffer options = kLinuxOptions;
  options.resize(20);
  for (std::size_t at = 0; at < options.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Buffer flipped = options;
      flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ 1U << bit);
      profile = {};
      add(Direction::kToServer, segment(2, 0, flipped));
      const SynTuple* const syn = profile.syn(flow);
      ASSERT_NE(syn, nullptr);
      EXPECT_LE(syn->option_count, kMaxSynOptions);
    }
  }
}

TEST_F(ProfileTest, MacsInsideTunnelsAreNobodys) {
  add(Direction::kToServer, segment(24, 1), true);
  EXPECT_EQ(profile.mac(flow, Direction::kToServer), nullptr);
}

}  // namespace
}  // namespace netmoth::flow
