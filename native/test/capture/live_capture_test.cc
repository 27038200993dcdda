// Interfaces that come, go and change under live capture, for every strategy that works here, and
// the sums of the ledger. Against the real kernel, in network namespaces.
#include "capture/live_capture.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <thread>

#include "decode/decoder.h"
#include "testing/mirror_pair.h"
#include "testing/network_namespace.h"

namespace netmoth::capture {
namespace {

using std::chrono::steady_clock;
using testing_support::add_pair;
using testing_support::in_namespace;
using testing_support::kTestPort;
using testing_support::send_datagrams;
using testing_support::shell;

constexpr auto kDeadline = std::chrono::seconds(10);

// One lane read by hand.
struct Reader {
  explicit Reader(LiveCapture& live, std::size_t index = 0) : lane(live.lane(index)) {
    lane.on_name([this](std::uint8_t slot, const std::string& name) { names[slot] = name; });
  }

  // Until `wanted` datagrams came or the deadline passed.
  int read(int wanted) {
    int found = 0;
    const auto deadline = steady_clock::now() + kDeadline;
    while (found < wanted && steady_clock::now() < deadline)
      found += read_batch();
    return found;
  }

  int read_batch() {
    std::size_t count = 0;
    EXPECT_LE(lane.next_batch(frames, count), SourceStatus::kIdle);
    int found = 0;
    for (const decode::Frame& frame : std::span(frames).first(count)) {
      ++all;
      EXPECT_EQ(frame.number, all) << "numbered within the lane";
      decoder.decode(frame, out);
      const decode::Packet& packet = out.packets()[0];
      EXPECT_EQ(packet.interface, frame.interface);
      if (packet.protocol != ip_proto::kUdp || packet.destination_port != kTestPort) continue;
      ++found;
      ++by_name[names[frame.interface]];
    }
    return found;
  }

  LaneSource& lane;
  std::map<std::uint8_t, std::string> names;
  std::map<std::string, int> by_name;
  std::uint64_t all = 0;
  std::array<decode::Frame, 32> frames;
  decode::Decoder decoder{{}};
  decode::DecodedFrame out;
};

std::unique_ptr<LiveCapture> must_open(Strategy strategy, const std::string& interfaces,
                                       const std::string& filter = "udp port 4321",
                                       unsigned lanes = 1) {
  CaptureSettings settings;
  settings.strategy = strategy;
  settings.interfaces = interfaces;
  settings.lanes = lanes;
  settings.source.filter = filter;
  settings.source.ring_bytes = 8U << 20;
  LiveFault fault;
  auto live = LiveCapture::open(settings, fault);
  EXPECT_NE(live, nullptr) << fault.message;
  if (live == nullptr) return nullptr;
  if (live->status().strategy != strategy) {
    std::printf("skipped: %s\n", live->status().reasons.at(0).c_str());
    std::fflush(stdout);
    ::_exit(testing_support::kNamespaceSkipped);
  }
  live->start();
  return live;
}

// Changes as they come, reading meanwhile, until one is of that kind.
bool await_change(LiveCapture& live, Reader& reader, ChangeKind kind, const std::string& name) {
  const auto deadline = steady_clock::now() + kDeadline;
  while (steady_clock::now() < deadline) {
    for (const InterfaceChange& change : live.watch().take_changes()) {
      if (change.kind == kind && change.name == name) return true;
    }
    reader.read_batch();
  }
  return false;
}

class EveryStrategy : public ::testing::TestWithParam<Strategy> {};

TEST_P(EveryStrategy, ReadsSeveralInterfacesAndSaysWhich) {
  in_namespace([] {
    ASSERT_TRUE(add_pair("pod1", 1) && add_pair("pod2", 2) && add_pair("other", 3));
    const auto live = must_open(GetParam(), "va,pod?");
    ASSERT_NE(live, nullptr);
    Reader reader(*live);
    EXPECT_EQ(reader.names.size(), 3U);
    ASSERT_EQ(send_datagrams(10, 0) + send_datagrams(20, 1) + send_datagrams(30, 2), 60);
    ASSERT_EQ(send_datagrams(5, 3), 5);
    EXPECT_EQ(reader.read(60), 60);
    EXPECT_EQ(reader.by_name, (std::map<std::string, int>{{"va", 10}, {"pod1", 20}, {"pod2", 30}}));
    EXPECT_EQ(live->status().interfaces.size(), 3U);
  });
}

TEST_P(EveryStrategy, GoesOnWhileInterfacesComeAndGo) {
  in_namespace([] {
    const auto live = must_open(GetParam(), "va,pod?");
    ASSERT_NE(live, nullptr);
    Reader reader(*live);
    ASSERT_TRUE(add_pair("pod1", 1));
    ASSERT_TRUE(await_change(*live, reader, ChangeKind::kAdded, "pod1"));
    while (reader.names.size() < 2)
      reader.read_batch();
    ASSERT_EQ(send_datagrams(7, 1), 7);
    EXPECT_EQ(reader.read(7), 7);
    EXPECT_EQ(reader.by_name["pod1"], 7);

    ASSERT_TRUE(shell("ip link del va"));
    EXPECT_TRUE(await_change(*live, reader, ChangeKind::kRemoved, "va"));
    EXPECT_EQ(live->status().missing, std::vector<std::string>{"va"});
    ASSERT_TRUE(add_pair("va", 0));
    ASSERT_TRUE(await_change(*live, reader, ChangeKind::kAdded, "va"));
    reader.read_batch();
    ASSERT_EQ(send_datagrams(9, 0), 9);
    EXPECT_EQ(reader.read(9), 9);
    EXPECT_EQ(reader.by_name["va"], 9);
    EXPECT_TRUE(live->status().missing.empty());
  });
}

TEST_P(EveryStrategy, GoesOnThroughDownUpRenameAndMtu) {
  in_namespace([] {
    const auto live = must_open(GetParam(), "va");
    ASSERT_NE(live, nullptr);
    Reader reader(*live);
    ASSERT_TRUE(shell("ip link set va down"));
    EXPECT_TRUE(await_change(*live, reader, ChangeKind::kDown, "va"));
    EXPECT_FALSE(live->status().interfaces.at(0).up);
    ASSERT_TRUE(shell("ip link set va name vz"));
    EXPECT_TRUE(await_change(*live, reader, ChangeKind::kRenamed, "vz"));
    ASSERT_TRUE(shell("ip link set vz mtu 1400"));
    EXPECT_TRUE(await_change(*live, reader, ChangeKind::kMtu, "vz"));
    ASSERT_TRUE(shell("ip link set vz up"));
    EXPECT_TRUE(await_change(*live, reader, ChangeKind::kUp, "vz"));
    ASSERT_TRUE(shell("ip neigh replace 198.51.100.2 lladdr 02:00:00:00:00:02 dev vz"));
    // libpcap gives an interface up that is down: it is opened anew within a second.
    int found = 0;
    const auto deadline = steady_clock::now() + kDeadline;
    while (found < 4 && steady_clock::now() < deadline) {
      ASSERT_EQ(send_datagrams(1, 0), 1);
      found += reader.read_batch();
    }
    EXPECT_GE(found, 4);
    EXPECT_EQ(reader.by_name, (std::map<std::string, int>{{"vz", found}}));
  });
}

// Below what the ring bears every packet is handed out, above the kernel counts those it dropped.
TEST_P(EveryStrategy, AccountsForEveryPacket) {
  in_namespace([] {
    const auto live = must_open(GetParam(), "va", "udp and dst port 4321");
    ASSERT_NE(live, nullptr);
    Reader reader(*live);
    constexpr int kFew = 3000;
    ASSERT_EQ(send_datagrams(kFew), kFew);
    EXPECT_EQ(reader.read(kFew), kFew);
    constexpr int kMany = 30'000;  // 43 MB into 8 that nobody reads
    ASSERT_EQ(send_datagrams(kMany, 0, 1400), kMany);
    int found = reader.read(1);
    for (int quiet = 0; quiet < 3;) {
      const int more = reader.read_batch();
      found += more;
      quiet = more == 0 ? quiet + 1 : 0;
    }
    const KernelCounters counters = live->counters();
    EXPECT_GT(counters.drops, 0U);
    EXPECT_LT(found, kMany);
    EXPECT_EQ(counters.packets - counters.filtered, std::uint64_t{kFew} + kMany);
    EXPECT_EQ(counters.packets, counters.drops + counters.filtered + counters.shunted +
                                    counters.sampled_out + reader.all);
  });
}

TEST_P(EveryStrategy, HandsOutSegmentsOf64KiBWithoutLookingAtTheirSums) {
  in_namespace([] {
    const auto live = must_open(GetParam(), "va", "tcp");
    ASSERT_NE(live, nullptr);
    Reader reader(*live);
    // A second namespace has the other end, so that TCP really goes through the pair.
    const pid_t far = ::fork();
    if (far == 0) {
      if (::unshare(CLONE_NEWNET) != 0) ::_exit(1);
      ::sleep(20);
      ::_exit(0);
    }
    ::usleep(100'000);
    const std::string pid = std::to_string(far);
    const std::string there = "nsenter --net=/proc/" + pid + "/ns/net ";
    ASSERT_TRUE(shell("ip link set vap netns " + pid));
    ASSERT_TRUE(shell(there + "ip addr add 198.51.100.2/28 dev vap"));
    ASSERT_TRUE(shell(there + "ip link set vap up && ip neigh del 198.51.100.2 dev va"));
    ASSERT_TRUE(shell(there + "python3 -c \"import socket\ns=socket.socket()\ns.bind(('', 5000))\n"
                              "s.listen()\nimport os\nif os.fork(): os._exit(0)\n"
                              "c,_=s.accept()\nwhile c.recv(1<<20): pass\""));
    ASSERT_TRUE(
        shell("python3 -c \"import socket\ns=socket.create_connection(('198.51.100.2',"
              "5000),5)\ns.sendall(bytes(8<<20))\""));
    std::size_t longest = 0;
    for (int quiet = 0; quiet < 3;) {
      std::size_t count = 0;
      (void)reader.lane.next_batch(reader.frames, count);
      quiet = count == 0 ? quiet + 1 : 0;
      for (const decode::Frame& frame : std::span(reader.frames).first(count)) {
        reader.decoder.decode(frame, reader.out);
        EXPECT_TRUE(reader.out.packets()[0].checksum_valid);
        EXPECT_EQ(frame.data.size(), frame.wire_length);
        longest = std::max(longest, frame.data.size());
      }
    }
    ::kill(far, SIGKILL);
    ::waitpid(far, nullptr, 0);
    EXPECT_GT(longest, 30'000U) << "segmentation is left to the hardware";
  });
}

// As a switch sends them: the kernel takes the outer tag off what comes in and hands it over
// beside.
TEST_P(EveryStrategy, TellsTheTagThatTheKernelTookOff) {
  in_namespace([] {
    const auto live = must_open(GetParam(), "va", "");
    ASSERT_NE(live, nullptr);
    auto frame = testing_support::test_frame();
    const std::array<std::uint8_t, 8> tags{0x88, 0xa8, 0x60, 0x2a, 0x81, 0x00, 0x00, 0x07};
    frame.insert(frame.begin() + 12, tags.begin(), tags.end());
    ASSERT_EQ(testing_support::send_frames("vap", frame), 1);
    LaneSource& lane = live->lane(0);
    std::array<decode::Frame, 32> frames;
    decode::Decoder decoder{{}};
    decode::DecodedFrame out;
    std::vector<std::uint16_t> tags_seen;
    const auto deadline = steady_clock::now() + kDeadline;
    while (tags_seen.empty() && steady_clock::now() < deadline) {
      std::size_t count = 0;
      (void)lane.next_batch(frames, count);
      for (const decode::Frame& each : std::span(frames).first(count)) {
        decoder.decode(each, out);
        const decode::Packet& packet = out.packets()[0];
        if (packet.protocol == ip_proto::kUdp && packet.destination_port == kTestPort)
          tags_seen.assign(packet.vlan.begin(), packet.vlan.begin() + 2);
      }
    }
    EXPECT_EQ(tags_seen, (std::vector<std::uint16_t>{42, 7}));
  });
}

// Gone for a sensor that stays in its own namespace, and taken up when it comes back.
TEST_P(EveryStrategy, TakesUpAnInterfaceThatWasInAnotherNamespace) {
  in_namespace([] {
    const auto live = must_open(GetParam(), "va");
    ASSERT_NE(live, nullptr);
    Reader reader(*live);
    const pid_t far = ::fork();
    if (far == 0) {
      if (::unshare(CLONE_NEWNET) != 0) ::_exit(1);
      ::sleep(30);
      ::_exit(0);
    }
    ::usleep(200'000);
    const std::string pid = std::to_string(far);
    ASSERT_TRUE(shell("ip link set va netns " + pid));
    EXPECT_TRUE(await_change(*live, reader, ChangeKind::kRemoved, "va"));
    EXPECT_EQ(live->status().missing, std::vector<std::string>{"va"});
    ASSERT_TRUE(shell("nsenter --net=/proc/" + pid + "/ns/net ip link set va netns " +
                      std::to_string(::getpid())));
    EXPECT_TRUE(await_change(*live, reader, ChangeKind::kAdded, "va"));
    ASSERT_TRUE(shell("ip link set va up"));
    int found = 0;
    const auto deadline = steady_clock::now() + kDeadline;
    while (found < 3 && steady_clock::now() < deadline) {
      (void)testing_support::send_frames("vap", testing_support::test_frame());
      found += reader.read_batch();
    }
    EXPECT_GE(found, 3);
    ::kill(far, SIGKILL);
    ::waitpid(far, nullptr, 0);
  });
}

INSTANTIATE_TEST_SUITE_P(Live, EveryStrategy,
                         ::testing::Values(Strategy::kAfPacket, Strategy::kEbpf, Strategy::kPcap),
                         [](const auto& info) { return std::string(strategy_name(info.param)); });

TEST(LiveCapture, SaysWhyAStrategyWasNotTaken) {
  in_namespace([] {
    CaptureSettings settings;
    settings.strategy = Strategy::kPcap;
    settings.interfaces = "va";
    settings.source.pcap_library = "/nonexistent/libpcap.so";
    LiveFault fault;
    const auto live = LiveCapture::open(settings, fault);
    ASSERT_NE(live, nullptr) << fault.message;
    EXPECT_EQ(live->status().strategy, Strategy::kAfPacket);
    ASSERT_EQ(live->status().reasons.size(), 1U);
    EXPECT_EQ(live->status().reasons[0].rfind("pcap: /nonexistent/libpcap.so: ", 0), 0U)
        << live->status().reasons[0];
  });
}

TEST(LiveCapture, LoadsALibpcapByItsPath) {
  in_namespace([] {
    CaptureSettings settings;
    settings.strategy = Strategy::kPcap;
    settings.interfaces = "va";
    settings.source.filter = "udp port 4321";
    settings.source.pcap_library = "libpcap.so.0.8";
    LiveFault fault;
    const auto live = LiveCapture::open(settings, fault);
    ASSERT_NE(live, nullptr) << fault.message;
    ASSERT_EQ(live->status().strategy, Strategy::kPcap) << live->status().reasons.at(0);
    Reader reader(*live);
    ASSERT_EQ(send_datagrams(5), 5);
    EXPECT_EQ(reader.read(5), 5);
  });
}

TEST(LiveCapture, SharesEveryInterfaceBetweenItsLanes) {
  in_namespace([] {
    ASSERT_TRUE(add_pair("pod1", 1));
    const auto live = must_open(Strategy::kAfPacket, "va,pod1", "udp port 4321", 2);
    ASSERT_NE(live, nullptr);
    ASSERT_EQ(live->lanes(), 2U);
    for (int flow = 0; flow < 40; ++flow)
      ASSERT_EQ(send_datagrams(5, flow % 2), 5);
    EXPECT_EQ(live->counters().packets, 200U) << "each packet went to one of the two";
    EXPECT_LT(live->lane(0).counters().packets, 200U);
    EXPECT_LT(live->lane(1).counters().packets, 200U);
  });
}

TEST(LiveCapture, WaitsForAPatternAndRefusesAName) {
  in_namespace([] {
    CaptureSettings settings;
    settings.interfaces = "pod*";
    LiveFault fault;
    EXPECT_NE(LiveCapture::open(settings, fault), nullptr);
    settings.interfaces = "nosuch0";
    EXPECT_EQ(LiveCapture::open(settings, fault), nullptr);
    EXPECT_EQ(fault.problem, LiveProblem::kNoInterface);
    EXPECT_EQ(fault.message.rfind("there is no interface nosuch0; there are: lo", 0), 0U);
  });
}

TEST(InterfaceChoice, TakesNamesPatternsAndTheDefaultRoute) {
  const InterfaceChoice choice("eth0, veth*x,default");
  const auto takes = [&](const char* name, bool loopback = false) {
    Link link;
    link.name = name;
    link.loopback = loopback;
    return choice.takes(link, "wan0");
  };
  EXPECT_TRUE(takes("eth0"));
  EXPECT_TRUE(takes("veth12x"));
  EXPECT_TRUE(takes("vethx"));
  EXPECT_TRUE(takes("wan0"));
  EXPECT_FALSE(takes("eth01"));
  EXPECT_FALSE(takes("veth12"));
  EXPECT_TRUE(choice.has_patterns());
  EXPECT_EQ(choice.missing({}), std::vector<std::string>{"eth0"});
  Link loopback;
  loopback.name = "lo";
  loopback.loopback = true;
  EXPECT_FALSE(InterfaceChoice("*").takes(loopback, std::nullopt)) << "by its name only";
  EXPECT_TRUE(InterfaceChoice("lo").takes(loopback, std::nullopt));
}

TEST(InterfaceChoice, MatchesPatterns) {
  EXPECT_TRUE(matches_pattern("a*b*c", "axxbyyc"));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("e??0", "eth0"));
  EXPECT_FALSE(matches_pattern("e??0", "et0"));
  EXPECT_FALSE(matches_pattern("", "x"));
  EXPECT_FALSE(matches_pattern("a*b", "acd"));
}

}  // namespace
}  // namespace netmoth::capture
