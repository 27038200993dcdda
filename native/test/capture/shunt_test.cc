// Flows that stay in the kernel: what is counted there, what passes all the same, and that the sums
// of the ledger close. Against the real kernel, in network namespaces.
#include <gtest/gtest.h>

#include <chrono>

#include "capture/live_capture.h"
#include "decode/decoder.h"
#include "testing/frame_sender.h"
#include "testing/network_namespace.h"

namespace netmoth::capture {
namespace {

using std::chrono::steady_clock;
using testing::Buffer;
using testing_support::FrameSender;
using testing_support::in_namespace;

constexpr std::uint8_t kAck = 16;
constexpr std::uint8_t kFin = 1;
constexpr std::uint8_t kSyn = 2;
constexpr std::uint8_t kRst = 4;

struct Ends {
  std::string client = "192.0.2.9";
  std::string server = "192.0.2.1";  // the lower one
  std::uint16_t client_port = 40'000;
  std::uint16_t server_port = 443;

  [[nodiscard]] Buffer tcp(bool request, std::uint8_t flags, std::string_view payload) const {
    testing::TcpSpec spec;
    spec.source_port = request ? client_port : server_port;
    spec.destination_port = request ? server_port : client_port;
    spec.flags = flags;
    return frame(request, testing::tcp(spec, payload));
  }
  [[nodiscard]] Buffer udp(bool request, std::string_view payload) const {
    return frame(request, request ? testing::udp(client_port, server_port, payload)
                                  : testing::udp(server_port, client_port, payload));
  }
  [[nodiscard]] Buffer frame(bool request, const testing::Segment& segment) const {
    const std::string& from = request ? client : server;
    const std::string& to = request ? server : client;
    return testing::ethernet(client.find(':') == std::string::npos
                                 ? testing::ipv4(from, to, segment)
                                 : testing::ipv6(from, to, segment));
  }
  [[nodiscard]] ShuntEnds key(std::uint8_t protocol) const {
    return {.source = testing::address(client),
            .destination = testing::address(server),
            .source_port = client_port,
            .destination_port = server_port,
            .protocol = protocol,
            .ip_version = static_cast<std::uint8_t>(client.find(':') == std::string::npos ? 4 : 6),
            .interface = 0};
  }
};

std::unique_ptr<LiveCapture> must_open(Strategy strategy, const std::string& filter = "") {
  CaptureSettings settings;
  settings.strategy = strategy;
  settings.interfaces = "va";
  settings.shunt = true;
  settings.source.filter = filter;
  settings.source.ring_bytes = 8U << 20;
  LiveFault fault;
  auto live = LiveCapture::open(settings, fault);
  EXPECT_NE(live, nullptr) << fault.message;
  if (live == nullptr) return nullptr;
  const CaptureStatus status = live->status();
  if (status.strategy != strategy || !status.shunts) {
    std::printf("skipped: %s\n",
                status.shunts ? status.reasons.at(0).c_str() : status.no_shunt.c_str());
    std::fflush(stdout);
    ::_exit(testing_support::kNamespaceSkipped);
  }
  return live;
}

// Everything that is handed over until nothing comes any more.
std::uint64_t read_all(LiveCapture& live) {
  std::array<decode::Frame, 32> frames;
  std::uint64_t found = 0;
  for (int quiet = 0; quiet < 3;) {
    std::size_t count = 0;
    EXPECT_LE(live.lane(0).next_batch(frames, count), SourceStatus::kIdle);
    found += count;
    quiet = count == 0 ? quiet + 1 : 0;
  }
  return found;
}

class EveryShunt : public ::testing::TestWithParam<Strategy> {};

void counts_a_flow(Strategy strategy, const Ends& ends) {
  const auto live = must_open(strategy);
  ASSERT_NE(live, nullptr);
  FrameSender far("vap");
  const Buffer request = ends.udp(true, std::string(500, 'x'));
  const Buffer reply = ends.udp(false, std::string(100, 'y'));
  ASSERT_TRUE(far.send(request));
  std::uint64_t handed = read_all(*live);
  const auto place = live->shunt()->add(ends.key(ip_proto::kUdp));
  ASSERT_TRUE(place);
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(far.send(request));
  for (int i = 0; i < 300; ++i)
    ASSERT_TRUE(far.send(reply));
  Ends other = ends;
  ++other.client_port;
  ASSERT_TRUE(far.send(other.udp(true, "another flow")));
  const std::uint64_t meanwhile = read_all(*live);
  handed += meanwhile;
  EXPECT_GE(meanwhile, 1U) << "another flow passes";
  EXPECT_LT(meanwhile, 50U) << "the shunted one does not";
  const ShuntCounts counts = live->shunt()->counts(*place);
  EXPECT_EQ(counts.packets, (std::array<std::uint64_t, 2>{1000, 300}));
  EXPECT_EQ(counts.octets,
            (std::array<std::uint64_t, 2>{1000 * request.size(), 300 * reply.size()}));
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto age =
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count() - counts.last;
  EXPECT_GE(age, 0);
  EXPECT_LT(age, 60'000'000'000);
  EXPECT_EQ(live->shunt()->remove(*place).packets[0], 1000U);
  ASSERT_TRUE(far.send(request));
  const std::uint64_t after = read_all(*live);
  handed += after;
  EXPECT_GE(after, 1U) << "handed over again";
  KernelCounters counters = live->counters();
  const auto accounted = [&] {
    return counters.drops + counters.filtered + counters.shunted + counters.sampled_out + handed;
  };
  // Neighbour discovery may have come between reading and counting.
  for (int i = 0; i < 10 && counters.packets != accounted(); ++i) {
    handed += read_all(*live);
    counters = live->counters();
  }
  EXPECT_EQ(counters.shunted, 1300U);
  EXPECT_EQ(counters.shunted_bytes, counts.octets[0] + counts.octets[1]);
  EXPECT_EQ(counters.packets, accounted());
}

TEST_P(EveryShunt, CountsBothDirectionsAndHandsNothingOver) {
  in_namespace([] { counts_a_flow(GetParam(), {}); });
}

TEST_P(EveryShunt, CountsIpv6) {
  in_namespace(
      [] { counts_a_flow(GetParam(), {.client = "2001:db8::1", .server = "2001:db8:0:1::2"}); });
}

TEST_P(EveryShunt, LetsWhatMightBeSomethingElsePass) {
  in_namespace([] {
    const auto live = must_open(GetParam());
    ASSERT_NE(live, nullptr);
    FrameSender far("vap");
    const Ends ends;
    ASSERT_TRUE(live->shunt()->add(ends.key(ip_proto::kTcp)));
    (void)read_all(*live);
    const auto passes = [&](const Buffer& frame) {
      const std::uint64_t shunted = live->counters().shunted;
      EXPECT_TRUE(far.send(frame));
      (void)read_all(*live);
      return live->counters().shunted == shunted;
    };
    EXPECT_FALSE(passes(ends.tcp(true, kAck, "data")));
    EXPECT_FALSE(passes(ends.tcp(false, kAck, "")));
    for (const std::uint8_t flag : {kSyn, kFin, kRst})
      EXPECT_TRUE(passes(ends.tcp(true, static_cast<std::uint8_t>(flag | kAck), "")));
    EXPECT_TRUE(passes(ends.udp(true, "the same ends, another protocol")));
    Buffer tagged = ends.tcp(true, kAck, "data");
    const Buffer tag = testing::bytes({0x81, 0x00, 0x00, 0x07});
    tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
    EXPECT_TRUE(passes(tagged));
    Buffer fragment = ends.tcp(true, kAck, "data");
    fragment[14 + 6] |= 0x20;
    EXPECT_TRUE(passes(fragment));
    Buffer cut = ends.tcp(true, kAck, "");
    cut.resize(14 + 20 + 13);
    EXPECT_TRUE(passes(cut));
  });
}

TEST_P(EveryShunt, IsFullAtItsBoundAndUsesPlacesAgainLater) {
  in_namespace([] {
    const auto live = must_open(GetParam());
    ASSERT_NE(live, nullptr);
    Ends ends;
    std::vector<FlowShunt::Place> places;
    for (int i = 0; i < 20'000; ++i) {
      ends.client_port = static_cast<std::uint16_t>(10'000 + i);
      const auto place = live->shunt()->add(ends.key(ip_proto::kUdp));
      if (!place) break;
      places.push_back(*place);
    }
    EXPECT_EQ(places.size(), 8192U);
    EXPECT_EQ(live->shunted_flows(), 8192U);
    EXPECT_FALSE(live->shunt()->add(ends.key(ip_proto::kTcp)));
    (void)live->shunt()->remove(places[7]);
    std::optional<FlowShunt::Place> again;
    const auto deadline = steady_clock::now() + std::chrono::seconds(10);
    while (!again && steady_clock::now() < deadline) {
      again = live->shunt()->add(ends.key(ip_proto::kTcp));
      if (!again) ::usleep(50'000);
    }
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, places[7]);
    EXPECT_EQ(live->shunt()->counts(*again).packets[0], 0U);
  });
}

INSTANTIATE_TEST_SUITE_P(Live, EveryShunt, ::testing::Values(Strategy::kAfPacket, Strategy::kEbpf),
                         [](const auto& info) { return std::string(strategy_name(info.param)); });

// The filter comes first: what it does not take is neither handed over nor counted.
TEST(Shunt, AFilterIsHonoured) {
  in_namespace([] {
    const auto live = must_open(Strategy::kAfPacket, "udp and src host 192.0.2.9");
    ASSERT_NE(live, nullptr);
    FrameSender far("vap");
    const Ends ends;
    ASSERT_TRUE(far.send(ends.udp(true, "taken")));
    ASSERT_TRUE(far.send(ends.udp(false, "not taken")));
    ASSERT_TRUE(far.send(ends.tcp(true, kAck, "not taken")));
    EXPECT_EQ(read_all(*live), 1U);
    const auto place = live->shunt()->add(ends.key(ip_proto::kUdp));
    ASSERT_TRUE(place);
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(far.send(ends.udp(true, "taken")));
      ASSERT_TRUE(far.send(ends.udp(false, "not taken")));
    }
    EXPECT_EQ(read_all(*live), 0U);
    EXPECT_EQ(live->shunt()->counts(*place).packets, (std::array<std::uint64_t, 2>{10, 0}));
    EXPECT_EQ(live->counters().packets, 11U);
  });
}

TEST(Shunt, SaysWhyItIsNotThere) {
  in_namespace([] {
    CaptureSettings settings;
    settings.strategy = Strategy::kPcap;
    settings.interfaces = "va";
    settings.shunt = true;
    LiveFault fault;
    const auto live = LiveCapture::open(settings, fault);
    ASSERT_NE(live, nullptr) << fault.message;
    EXPECT_EQ(live->shunt(), nullptr);
    EXPECT_FALSE(live->status().shunts);
    EXPECT_EQ(live->status().no_shunt, "pcap shunts no flows");
  });
}

}  // namespace
}  // namespace netmoth::capture
