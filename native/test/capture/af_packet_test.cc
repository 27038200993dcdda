// Live capture against the real kernel: a network namespace of its own with a pair of virtual
// interfaces. Needs root (CAP_SYS_ADMIN, CAP_NET_ADMIN); skipped with the reason printed otherwise.
#include "capture/af_packet.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

#include "capture/interfaces.h"
#include "decode/decoder.h"

namespace netmoth::capture {
namespace {

constexpr int kPassed = 0, kFailed = 1, kSkipped = 77;
constexpr std::uint16_t kPort = 4321;

bool shell(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// Runs `body` in a child with a network namespace holding va (192.0.2.1) and vb (192.0.2.2): va is
// the end that is watched. A namespace belongs to a process, so gtest's own must not enter it.
void in_namespace(const std::function<void()>& body) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::unshare(CLONE_NEWNET) != 0 || !shell("ip link set lo up") ||
        !shell("ip link add va type veth peer name vb") ||
        !shell("ip addr add 192.0.2.1/24 dev va") || !shell("ip link set va up") ||
        !shell("ip link set vb up")) {
      ::_exit(kSkipped);
    }
    body();
    ::_exit(::testing::Test::HasFailure() ? kFailed : kPassed);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  if (WEXITSTATUS(status) == kSkipped) GTEST_SKIP() << "no network namespaces or veth here";
  EXPECT_EQ(WEXITSTATUS(status), kPassed) << "see the failures above";
}

// `count` datagrams to a port of another machine through va: they leave there, so they are seen
// once.
void send_datagrams(int count, const char* to, std::uint16_t port, std::size_t size = 100) {
  const int sender = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ASSERT_EQ(::inet_pton(AF_INET, to, &address.sin_addr), 1);
  const std::string payload(size, 'x');
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(::sendto(sender, payload.data(), payload.size(), 0,
                       reinterpret_cast<sockaddr*>(&address), sizeof address),
              static_cast<ssize_t>(payload.size()));
  }
  ::close(sender);
}

struct Tally {
  int datagrams = 0;  // to kPort
  int frames = 0;
  SourceStatus last = SourceStatus::kIdle;
};

// Reads until `wanted` datagrams came or the deadline passed.
Tally read_until(AfPacket& capture, int wanted) {
  Tally tally;
  decode::Decoder decoder({});
  decode::DecodedFrame out;
  std::array<decode::Frame, 32> frames;
  std::size_t count = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (tally.datagrams < wanted && std::chrono::steady_clock::now() < deadline) {
    tally.last = capture.next_batch(frames, count);
    if (tally.last != SourceStatus::kFrames && tally.last != SourceStatus::kIdle) break;
    for (const decode::Frame& frame : std::span(frames).first(count)) {
      decoder.decode(frame, out);
      ++tally.frames;
      const decode::Packet& packet = out.packets()[0];
      EXPECT_TRUE(packet.checksum_valid);
      if (packet.protocol == ip_proto::kUdp && packet.destination_port == kPort) ++tally.datagrams;
    }
  }
  return tally;
}

std::unique_ptr<AfPacket> must_open(const LiveSettings& settings) {
  LiveFault fault;
  auto capture = AfPacket::open(settings, fault);
  EXPECT_NE(capture, nullptr) << fault.message;
  return capture;
}

TEST(AfPacket, SeesEveryPacketAndAgreesWithTheKernel) {
  in_namespace([] {
    const auto capture =
        must_open({.interface = "va", .filter = "udp port 4321", .ring_bytes = 8U << 20});
    ASSERT_NE(capture, nullptr);
    ASSERT_TRUE(shell("ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev va"));
    constexpr int kCount = 5000;
    std::thread sender([] { send_datagrams(kCount, "192.0.2.2", kPort); });
    const Tally tally = read_until(*capture, kCount);
    sender.join();
    EXPECT_EQ(tally.datagrams, kCount);
    EXPECT_EQ(tally.frames, kCount) << "the filter keeps the rest out";
    const KernelCounters counters = capture->counters();
    EXPECT_EQ(counters.packets, static_cast<std::uint64_t>(kCount));
    EXPECT_EQ(counters.drops, 0U);
    EXPECT_EQ(capture->counters().packets, counters.packets) << "reading does not lose the count";
  });
}

TEST(AfPacket, CountsWhatTheKernelDropped) {
  in_namespace([] {
    const auto capture =
        must_open({.interface = "va", .filter = "udp port 4321", .ring_bytes = 4U << 20});
    ASSERT_NE(capture, nullptr);
    ASSERT_TRUE(shell("ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev va"));
    constexpr int kCount = 8000;
    send_datagrams(kCount, "192.0.2.2", kPort, 1400);  // 11 MB into 4 MB that nobody reads
    const Tally tally = read_until(*capture, 1);
    EXPECT_GT(tally.datagrams, 0);
    const KernelCounters counters = capture->counters();
    EXPECT_EQ(counters.packets, static_cast<std::uint64_t>(kCount)) << "drops included";
    EXPECT_GT(counters.drops, 0U);
    EXPECT_LT(counters.drops, counters.packets);
  });
}

TEST(AfPacket, SeesLoopbackTrafficOnce) {
  in_namespace([] {
    const auto capture = must_open({.interface = "lo", .filter = "udp dst port 4321"});
    ASSERT_NE(capture, nullptr);
    send_datagrams(20, "127.0.0.1", kPort);
    EXPECT_EQ(read_until(*capture, 20).frames, 20);
    EXPECT_EQ(capture->counters().packets, 20U);
  });
}

TEST(AfPacket, SharesFlowsBetweenWorkers) {
  in_namespace([] {
    ASSERT_TRUE(shell("ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev va"));
    const LiveSettings settings{
        .interface = "va", .filter = "udp port 4321", .ring_bytes = 8U << 20, .fanout_group = 7};
    const auto first = must_open(settings);
    const auto second = must_open(settings);
    ASSERT_TRUE(first != nullptr && second != nullptr);
    for (int flow = 0; flow < 40; ++flow)
      send_datagrams(5, "192.0.2.2", kPort);
    const auto total = [&] { return first->counters().packets + second->counters().packets; };
    EXPECT_EQ(total(), 200U) << "each packet went to one of the two";
    EXPECT_EQ(first->counters().packets % 5, 0U) << "and each flow as a whole";
  });
}

TEST(AfPacket, CutsAtTheSnapLengthAndTellsTheTrueLength) {
  in_namespace([] {
    ASSERT_TRUE(shell("ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev va"));
    for (const char* const filter : {"", "udp port 4321"}) {
      const auto capture = must_open({.interface = "va", .filter = filter, .snap_length = 96});
      ASSERT_NE(capture, nullptr);
      send_datagrams(1, "192.0.2.2", kPort, 500);
      std::array<decode::Frame, 1> frames;
      std::size_t count = 0;
      bool found = false;
      for (int tries = 0; tries < 100 && !found; ++tries) {
        if (capture->next_batch(frames, count) != SourceStatus::kFrames) continue;
        found = frames[0].wire_length == 14 + 20 + 8 + 500;
        if (found) {
          EXPECT_EQ(frames[0].data.size(), 96U);
        }
      }
      EXPECT_TRUE(found);
    }
  });
}

TEST(AfPacket, SurvivesAnInterfaceThatGoesDownAndComesBack) {
  in_namespace([] {
    const auto capture = must_open({.interface = "va", .filter = "udp port 4321"});
    ASSERT_NE(capture, nullptr);
    ASSERT_TRUE(shell("ip link set va down"));
    EXPECT_EQ(read_until(*capture, 0).last, SourceStatus::kIdle);
    std::array<decode::Frame, 4> frames;
    std::size_t count = 0;
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(capture->next_batch(frames, count), SourceStatus::kIdle);
    EXPECT_TRUE(capture->interface_down());
    ASSERT_TRUE(shell("ip link set va up"));
    ASSERT_TRUE(shell("ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev va"));
    send_datagrams(3, "192.0.2.2", kPort);
    EXPECT_EQ(read_until(*capture, 3).datagrams, 3);
    EXPECT_FALSE(capture->interface_down());
    ASSERT_TRUE(shell("ip link del va"));
    EXPECT_EQ(read_until(*capture, 1).last, SourceStatus::kFailed);
    EXPECT_EQ(capture->fault().error_number, ENODEV);
    EXPECT_EQ(capture->fault().message, "interface va is gone");
  });
}

TEST(AfPacket, ReadsTunnelInterfacesFromTheIpHeaderOn) {
  in_namespace([] {
    if (!shell("ip tuntap add dev tt mode tun") || !shell("ip addr add 10.9.0.1/24 dev tt") ||
        !shell("ip link set tt up")) {
      std::puts("no tun device here: not tested");
      return;
    }
    const auto capture = must_open({.interface = "tt", .filter = "udp port 4321"});
    ASSERT_NE(capture, nullptr);
    std::array<decode::Frame, 1> frames;
    std::size_t count = 0;
    EXPECT_EQ(capture->next_batch(frames, count), SourceStatus::kIdle);
  });
}

TEST(AfPacket, StopsWhenTold) {
  in_namespace([] {
    const auto capture = must_open({.interface = "va"});
    ASSERT_NE(capture, nullptr);
    std::thread stopper([&] { capture->stop(); });
    std::array<decode::Frame, 4> frames;
    std::size_t count = 0;
    SourceStatus status = SourceStatus::kIdle;
    while (status == SourceStatus::kIdle || status == SourceStatus::kFrames) {
      status = capture->next_batch(frames, count);
    }
    stopper.join();
    EXPECT_EQ(status, SourceStatus::kEnd);
    EXPECT_TRUE(capture->fault().message.empty());
  });
}

TEST(AfPacket, NamesTheInterfacesThereAreWhereOneIsMissing) {
  LiveFault fault;
  EXPECT_EQ(AfPacket::open({.interface = "nosuchif0"}, fault), nullptr);
  EXPECT_EQ(fault.problem, LiveProblem::kNoInterface);
  EXPECT_EQ(fault.error_number, ENODEV);
  EXPECT_NE(fault.message.find("there is no interface nosuchif0; there are: lo"),
            std::string::npos);
}

TEST(AfPacket, GivesLibpcapsWordsForABadFilter) {
  in_namespace([] {
    LiveFault fault;
    EXPECT_EQ(AfPacket::open({.interface = "va", .filter = "tcp prot 80"}, fault), nullptr);
    EXPECT_EQ(fault.problem, LiveProblem::kBadFilter);
    EXPECT_NE(fault.message.find("syntax error"), std::string::npos) << fault.message;
  });
}

TEST(AfPacket, NamesTheMissingCapability) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    if (::syscall(SYS_capset, &header, none) != 0) ::_exit(kSkipped);
    LiveFault fault;
    const auto capture = AfPacket::open({.interface = "lo"}, fault);
    const bool right = capture == nullptr && fault.problem == LiveProblem::kNoPermission &&
                       fault.error_number == EPERM &&
                       fault.message.find("CAP_NET_RAW") != std::string::npos;
    ::_exit(right ? kPassed : kFailed);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kSkipped) GTEST_SKIP() << "capabilities cannot be dropped here";
  EXPECT_EQ(WEXITSTATUS(status), kPassed);
}

}  // namespace
}  // namespace netmoth::capture
