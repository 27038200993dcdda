// The strategy AF_XDP on pairs of virtual interfaces that seem to be mirrored to: copies, as veth
// has no zero copy. Against the real kernel, in network namespaces.
#include "capture/af_xdp.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

#include "capture/host_traffic.h"
#include "capture/live_capture.h"
#include "decode/decoder.h"
#include "testing/mirror_pair.h"

namespace netmoth::capture {
namespace {

using std::chrono::steady_clock;
using testing_support::add_mirror;
using testing_support::in_namespace;
using testing_support::kTestPort;
using testing_support::send_frames;
using testing_support::shell;
using testing_support::test_frame;

constexpr auto kDeadline = std::chrono::seconds(10);

CaptureSettings settings_for(const std::string& interfaces, unsigned lanes = 1) {
  CaptureSettings settings;
  settings.strategy = Strategy::kAfXdp;
  settings.interfaces = interfaces;
  settings.lanes = lanes;
  settings.source.ring_bytes = 8U << 20;
  return settings;
}

std::unique_ptr<LiveCapture> must_open(const CaptureSettings& settings) {
  LiveFault fault;
  auto live = LiveCapture::open(settings, fault);
  EXPECT_NE(live, nullptr) << fault.message;
  if (live == nullptr) return nullptr;
  if (live->status().strategy != Strategy::kAfXdp) {
    std::printf("skipped: %s\n", live->status().reasons.at(0).c_str());
    std::fflush(stdout);
    ::_exit(testing_support::kNamespaceSkipped);
  }
  live->start();
  return live;
}

// Datagrams to or from the test's port; others (IPv6's own) are counted in `all`.
struct Reader {
  explicit Reader(LiveCapture& live, std::size_t index = 0) : lane(live.lane(index)) {}

  int read(int wanted) {
    int found = 0;
    const auto deadline = steady_clock::now() + kDeadline;
    while (found < wanted && steady_clock::now() < deadline)
      found += read_batch();
    return found;
  }
  int read_until_quiet() {
    int found = 0;
    for (int quiet = 0; quiet < 3;) {
      const int more = read_batch();
      found += more;
      quiet = more == 0 ? quiet + 1 : 0;
    }
    return found;
  }
  int read_batch() {
    std::size_t count = 0;
    EXPECT_LE(lane.next_batch(frames, count), SourceStatus::kIdle);
    int found = 0;
    for (const decode::Frame& frame : std::span(frames).first(count)) {
      EXPECT_EQ(frame.number, ++all) << "numbered within the lane";
      decoder.decode(frame, out);
      const decode::Packet& packet = out.packets()[0];
      if (packet.protocol != ip_proto::kUdp) continue;
      if (packet.destination_port != kTestPort && packet.source_port != kTestPort) continue;
      ++found;
      last = frame;
      last_vlan = packet.vlan[0];
    }
    return found;
  }

  LaneSource& lane;
  std::uint64_t all = 0;
  decode::Frame last;  // its bytes are gone with the next read
  std::uint16_t last_vlan = 0;
  std::array<decode::Frame, 32> frames;
  decode::Decoder decoder{{}};
  decode::DecodedFrame out;
};

// The sum of the ledger, and that it has every packet that was sent.
void expect_closed(LiveCapture& live, std::uint64_t handed_out, std::uint64_t at_least) {
  const KernelCounters counters = live.counters();
  EXPECT_GE(counters.packets, at_least);
  EXPECT_EQ(counters.packets, counters.drops + counters.filtered + handed_out);
}

TEST(AfXdp, HandsOutWhatIsMirrored) {
  in_namespace([] {
    ASSERT_TRUE(add_mirror("xa"));
    const auto live = must_open(settings_for("xa"));
    ASSERT_NE(live, nullptr);
    EXPECT_EQ(live->status().interfaces.at(0).mode, "copies");
    Reader reader(*live);
    const auto frame = test_frame();
    ASSERT_EQ(send_frames("xap", frame, 100), 100);
    EXPECT_EQ(reader.read(100), 100);
    ASSERT_EQ(send_frames("xap", frame, 1), 1);
    std::size_t count = 0;
    ASSERT_EQ(reader.lane.next_batch(reader.frames, count), SourceStatus::kFrames);
    const decode::Frame& last = reader.frames[count - 1];
    EXPECT_TRUE(std::ranges::equal(last.data, frame));
    EXPECT_EQ(last.wire_length, frame.size());
    EXPECT_FALSE(last.vlan_present);
    const auto now = TimestampNs{::time(nullptr)} * 1'000'000'000;
    EXPECT_NEAR(static_cast<double>(last.time), static_cast<double>(now), 20e9);
    expect_closed(*live, reader.all + count, 101);
  });
}

TEST(AfXdp, AccountsForEveryPacketAboveWhatTheRingBears) {
  in_namespace([] {
    ASSERT_TRUE(add_mirror("xa"));
    const auto live = must_open(settings_for("xa"));
    ASSERT_NE(live, nullptr);
    constexpr int kMany = 30'000;
    ASSERT_EQ(send_frames("xap", test_frame(0, false, 1400), kMany), kMany);
    Reader reader(*live);
    const int found = reader.read_until_quiet();
    EXPECT_EQ(found, 4096) << "as many as there are frames";
    EXPECT_EQ(live->counters().drops, kMany - 4096U);
    expect_closed(*live, reader.all, kMany);
    ASSERT_EQ(send_frames("xap", test_frame(), 3000), 3000);
    EXPECT_EQ(reader.read(3000), 3000) << "frames came back";
    expect_closed(*live, reader.all, kMany + 3000);
  });
}

TEST(AfXdp, CountsWhatItsFilterDoesNotTake) {
  in_namespace([] {
    ASSERT_TRUE(add_mirror("xa"));
    auto settings = settings_for("xa");
    settings.source.filter = "udp dst port 4321";
    const auto live = must_open(settings);
    ASSERT_NE(live, nullptr);
    Reader reader(*live);
    ASSERT_EQ(send_frames("xap", test_frame(0, true), 40), 40);
    ASSERT_EQ(send_frames("xap", test_frame(), 60), 60);
    EXPECT_EQ(reader.read(60), 60);
    EXPECT_EQ(live->counters().filtered, 40U);
    expect_closed(*live, reader.all, 100);
  });
}

TEST(AfXdp, GivesBothSidesOfAConversationToOneLane) {
  in_namespace([] {
    ASSERT_TRUE(add_mirror("xa", "numrxqueues 4 numtxqueues 4"));
    // Where there is no ethtool: one queue.
    (void)shell("ethtool -L xa rx 4 && ethtool -L xap tx 4");
    const auto live = must_open(settings_for("xa", 2));
    ASSERT_NE(live, nullptr);
    ASSERT_EQ(live->lanes(), 2U);
    Reader lanes[] = {Reader(*live, 0), Reader(*live, 1)};
    int seen[2] = {};
    for (int pair = 0; pair < 40; ++pair) {
      ASSERT_EQ(send_frames("xap", test_frame(pair), 3), 3);
      ASSERT_EQ(send_frames("xap", test_frame(pair, true), 2), 2);
      const int first = lanes[0].read_batch();
      const int second = lanes[1].read_batch();
      EXPECT_EQ(std::min(first, second), 0) << "pair " << pair;
      EXPECT_EQ(first + second, 5) << "pair " << pair;
      seen[0] += first;
      seen[1] += second;
    }
    EXPECT_GT(seen[0], 0);
    EXPECT_GT(seen[1], 0);
    expect_closed(*live, lanes[0].all + lanes[1].all, 200);
  });
}

TEST(AfXdp, PutsLongPacketsTogether) {
  in_namespace([] {
    ASSERT_TRUE(add_mirror("xa", "mtu 9000"));
    const auto live = must_open(settings_for("xa"));
    ASSERT_NE(live, nullptr);
    auto frame = test_frame(0, false, 8900);
    for (std::size_t i = 60; i < frame.size(); ++i)
      frame[i] = static_cast<std::uint8_t>(i * 31);
    ASSERT_EQ(send_frames("xap", frame, 70), 70);
    std::array<decode::Frame, 32> frames;
    int whole = 0;
    const auto deadline = steady_clock::now() + kDeadline;
    while (whole < 70 && steady_clock::now() < deadline) {
      std::size_t count = 0;
      (void)live->lane(0).next_batch(frames, count);
      for (const decode::Frame& each : std::span(frames).first(count))
        whole += std::ranges::equal(each.data, frame) ? 1 : 0;
    }
    EXPECT_EQ(whole, 70);
    EXPECT_EQ(live->counters().drops, 0U);
  });
}

TEST(AfXdp, KeepsTagsThatAreInTheFrame) {
  in_namespace([] {
    ASSERT_TRUE(add_mirror("xa"));
    const auto live = must_open(settings_for("xa"));
    ASSERT_NE(live, nullptr);
    auto frame = test_frame();
    const std::array<std::uint8_t, 4> tag{0x81, 0x00, 0x60, 0x2a};  // priority 3, VLAN 42
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    ASSERT_EQ(send_frames("xap", frame, 1), 1);
    Reader reader(*live);
    ASSERT_EQ(reader.read(1), 1);
    EXPECT_EQ(reader.last_vlan, 42);
  });
}

TEST(AfXdp, IsRefusedWhereTheHostsOwnTrafficGoes) {
  in_namespace([] {
    LiveFault fault;
    auto live = LiveCapture::open(settings_for("va"), fault);
    ASSERT_NE(live, nullptr) << fault.message;
    EXPECT_EQ(live->status().strategy, Strategy::kAfPacket) << "the next that works";
    EXPECT_EQ(live->status().reasons.at(0),
              "afXdp: va has the address 198.51.100.1: AF_XDP would take the host's own traffic "
              "away (afXdpForce does so)");
    live.reset();
    auto forced = settings_for("va");
    forced.source.force_xdp = true;
    live = must_open(forced);
    ASSERT_NE(live, nullptr);
    ASSERT_EQ(send_frames("vap", test_frame(), 5), 5);
    Reader reader(*live);
    EXPECT_EQ(reader.read(5), 5);
  });
}

TEST(AfXdp, SaysThatAnothersProgramIsThere) {
  in_namespace([] {
    ASSERT_TRUE(add_mirror("xa"));
    const auto first = must_open(settings_for("xa"));
    ASSERT_NE(first, nullptr);
    LiveFault fault;
    const auto second = LiveCapture::open(settings_for("xa"), fault);
    ASSERT_NE(second, nullptr) << fault.message;
    EXPECT_EQ(second->status().strategy, Strategy::kAfPacket);
    EXPECT_NE(second->status().reasons.at(0).find("busy"), std::string::npos)
        << second->status().reasons.at(0);
  });
}

TEST(AfXdp, TakesTheKernelsXdpWhereTheDriverHasNone) {
  in_namespace([] {
    ASSERT_TRUE(add_mirror("xa"));
    if (!shell("ip link add xbr type bridge") ||
        !shell("ip link set xbr addrgenmode none up && ip link set xa master xbr"))
      ::_exit(testing_support::kNamespaceSkipped);
    LiveFault fault;
    EXPECT_EQ(LiveCapture::open(settings_for("xa"), fault)->status().reasons.at(0),
              "afXdp: xa belongs to a bridge or bond: AF_XDP would take the host's own traffic "
              "away (afXdpForce does so)");
    const auto live = must_open(settings_for("xbr"));
    ASSERT_NE(live, nullptr);
    EXPECT_EQ(live->status().interfaces.at(0).mode, "copies, generic XDP");
    Reader reader(*live);
    int found = 0;
    const auto deadline = steady_clock::now() + kDeadline;
    while (found == 0 && steady_clock::now() < deadline) {  // the port learns for a moment
      ASSERT_EQ(send_frames("xap", test_frame(), 1), 1);
      found += reader.read_batch();
    }
    EXPECT_GT(found, 0);
  });
}

TEST(AfXdp, GoesOnWhileInterfacesComeGoAndChange) {
  in_namespace([] {
    const auto live = must_open(settings_for("x?"));
    ASSERT_NE(live, nullptr);
    Reader reader(*live);
    const auto await_frames = [&](const char* from) {
      int found = 0;
      const auto deadline = steady_clock::now() + kDeadline;
      while (found < 3 && steady_clock::now() < deadline) {
        (void)send_frames(from, test_frame(), 1);
        found += reader.read_batch();
      }
      return found >= 3;
    };
    ASSERT_TRUE(add_mirror("xa"));
    EXPECT_TRUE(await_frames("xap")) << "appeared";
    ASSERT_TRUE(shell("ip link set xa down"));
    (void)reader.read_batch();
    ASSERT_TRUE(shell("ip link set xa name xz && ip link set xz mtu 1400 up"));
    EXPECT_TRUE(await_frames("xap")) << "renamed, up, another MTU";
    ASSERT_TRUE(shell("ip link del xz"));
    (void)reader.read_until_quiet();
    EXPECT_TRUE(live->status().interfaces.empty());
    ASSERT_TRUE(add_mirror("xa"));
    EXPECT_TRUE(await_frames("xap")) << "made anew";
    const KernelCounters counters = live->counters();
    EXPECT_EQ(counters.packets, counters.drops + reader.all);
  });
}

// Whoever ends, however, leaves nothing on the interface.
TEST(AfXdp, LeavesNoProgramBehindWhenItIsKilled) {
  in_namespace([] {
    ASSERT_TRUE(add_mirror("xa"));
    { const auto live = must_open(settings_for("xa")); }
    EXPECT_FALSE(shell("ip -d link show xa | grep -q xdp"));
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto live = must_open(settings_for("xa"));
      (void)!::write(ready[1], "x", 1);
      ::pause();
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_TRUE(shell("ip -d link show xa | grep -q xdp"));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const auto deadline = steady_clock::now() + kDeadline;
    while (shell("ip -d link show xa | grep -q xdp") && steady_clock::now() < deadline)
      ::usleep(20'000);
    EXPECT_FALSE(shell("ip -d link show xa | grep -q xdp"));
  });
}

TEST(HostTraffic, IsToldByAddressesRoutesAndMasters) {
  Link link;
  link.name = "eth1";
  const auto told = [&](std::vector<std::string> addresses, std::string_view route = "") {
    return carries_host_traffic(link, {"eth1", true, std::move(addresses)}, route).value_or("");
  };
  EXPECT_EQ(told({}), "");
  EXPECT_EQ(told({"fe80::1"}), "") << "every interface has one";
  EXPECT_EQ(told({"fe80::1", "2001:db8::1"}), "has the address 2001:db8::1");
  EXPECT_EQ(told({"192.0.2.1"}), "has the address 192.0.2.1");
  EXPECT_EQ(told({}, "Iface\tDestination\neth10\t00000000\n"), "") << "another one";
  EXPECT_EQ(told({}, "Iface\tDestination\neth1\t0A0A0A0A\n"), "is where a route leads");
  link.master = 7;
  EXPECT_EQ(told({}), "belongs to a bridge or bond");
  link.loopback = true;
  EXPECT_EQ(told({}), "is the loopback");
}

}  // namespace
}  // namespace netmoth::capture
