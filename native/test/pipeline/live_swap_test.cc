// Twenty sets of rules into an engine that captures 100,000 packets a second: counts close, and
// each marked packet is matched by one set. Against the real kernel, in a network namespace of its
// own; skipped with the reason printed where there is none. Gated on counts, never on time: who
// sends waits where the engine is far behind, because the machine has other things to do, so that
// no ring is ever too small and the counts must close however slow it is.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

#include "pipeline/live_run.h"

namespace netmoth::pipeline {
namespace {

using std::chrono::steady_clock;

constexpr int kFailed = 1;
constexpr int kSkipped = 77;
constexpr std::uint16_t kPort = 4321;
constexpr std::uint32_t kPackets = 300'000;
constexpr std::uint32_t kMarkEvery = 50;
constexpr std::uint32_t kBurst = 100;         // a millisecond
constexpr std::uint32_t kMostAhead = 10'000;  // of the engine
constexpr std::size_t kSenders = 16;          // flows
constexpr std::uint32_t kSwaps = 20;
constexpr std::size_t kWorkers = 2;

bool shell(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// Runs `body` in a child whose network namespace has va (192.0.2.1), which leads to vb.
void in_namespace(const std::function<void()>& body) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::unshare(CLONE_NEWNET) != 0 || !shell("ip link add va type veth peer name vb") ||
        !shell("ip addr add 192.0.2.1/24 dev va") || !shell("ip link set va up") ||
        !shell("ip link set vb up") ||
        !shell("ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev va"))
      ::_exit(kSkipped);
    body();
    ::_exit(::testing::Test::HasFailure() ? kFailed : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  if (WEXITSTATUS(status) == kSkipped) GTEST_SKIP() << "no network namespaces or veth here";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "see the failures above";
}

// Numbers alone, which guard nothing: relaxed.
struct Pace {
  std::atomic<std::uint32_t> sent{0};
  std::atomic<std::uint64_t> handled{0};  // by the engine
};

// Datagrams of 64 octets, every kMarkEvery-th marked, in bursts of a millisecond.
void send_all(Pace& pace) {
  std::array<int, kSenders> sockets{};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(kPort);
  ASSERT_EQ(::inet_pton(AF_INET, "192.0.2.2", &to.sin_addr), 1);
  for (int& each : sockets) {
    each = ::socket(AF_INET, SOCK_DGRAM, 0);
    ASSERT_EQ(::connect(each, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  std::string plain(64, 'x');
  std::string marked = plain;
  marked.replace(2, 6, "marked");
  auto due = steady_clock::now();
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    const std::string& payload = i % kMarkEvery == 0 ? marked : plain;
    const int socket = sockets[i % kSenders];
    while (::send(socket, payload.data(), payload.size(), 0) < 0)
      ASSERT_EQ(errno, ENOBUFS);
    pace.sent.store(i + 1, std::memory_order_relaxed);
    if (i % kBurst != kBurst - 1) continue;
    due += std::chrono::milliseconds(1);
    while (pace.handled.load(std::memory_order_relaxed) + kMostAhead < i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      due = steady_clock::now();
    }
    std::this_thread::sleep_until(due);
  }
  for (const int each : sockets)
    ::close(each);
}

// Counts alerts by set.
struct Alerts final : LiveListener {
  std::array<std::atomic<std::uint32_t>, 2> by_set{};

  bool on_batch(output::EventClass event_class, std::string& lines, std::uint32_t, bool) override {
    if (event_class != output::EventClass::kAlert) return true;
    for (std::size_t set = 0; set < by_set.size(); ++set) {
      const std::string mark = "\"signature_id\":" + std::to_string(1001 + set) + ",";
      for (std::size_t at = lines.find(mark); at != std::string::npos;
           at = lines.find(mark, at + 1))
        by_set[set].fetch_add(1);
    }
    return true;
  }
  void on_end(const RunFault& fault) override { EXPECT_EQ(fault.code, ""); }
};

LiveOptions options_of(const std::string& bundle) {
  LiveOptions options;
  options.interface_name = "va";
  options.bpf_filter = "udp port 4321";
  options.workers = kWorkers;
  // Room for all of it: what the scheduler does to the workers is not what is tested.
  options.ring_bytes = std::size_t{64} << 20;
  options.bundle_path = bundle;
  return options;
}

void swap_while_packets_come() {
  const std::array<std::string, 2> bundles{std::string(NETMOTH_BUNDLES) + "/swap-one.bundle",
                                           std::string(NETMOTH_BUNDLES) + "/swap-two.bundle"};
  Alerts alerts;
  RunFault fault;
  const auto run = LiveRun::open(options_of(bundles[0]), alerts, fault);
  ASSERT_NE(run, nullptr) << fault.code << ": " << fault.message;
  run->start();
  Pace pace;
  std::thread sender([&pace] { send_all(pace); });
  const auto wait_for = [&](std::uint32_t packets) {
    while (pace.sent.load(std::memory_order_relaxed) < packets) {
      pace.handled.store(run->stats().counters.packets, std::memory_order_relaxed);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  std::string digest = run->signatures().digest;
  for (std::uint32_t swap = 1; swap <= kSwaps; ++swap) {
    wait_for(swap * (kPackets / (kSwaps + 1)));
    const RunFault refused = run->swap_signatures(bundles[swap % 2]);
    EXPECT_EQ(refused.code, "") << refused.message;
    const LoadedSignatures loaded = run->signatures();
    EXPECT_EQ(loaded.rules.loaded, 2U);
    EXPECT_NE(loaded.digest, digest);
    digest = loaded.digest;
  }
  wait_for(kPackets);
  sender.join();
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  while (run->stats().counters.packets < kPackets && steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  run->request_stop();
  run->join();
  const LiveStats stats = run->stats();
  EXPECT_EQ(stats.capture.kernel_packets, kPackets);
  EXPECT_EQ(stats.capture.kernel_drops, 0U);
  EXPECT_EQ(stats.counters.packets, kPackets);
  EXPECT_EQ(stats.counters.events_dropped, 0U);
  EXPECT_EQ(alerts.by_set[0] + alerts.by_set[1], kPackets / kMarkEvery);
  EXPECT_GT(alerts.by_set[0].load(), 0U);
  EXPECT_GT(alerts.by_set[1].load(), 0U);
}

TEST(LiveSwap, TwentySetsUnderTrafficLoseNoPacketAndNoMatch) {
  in_namespace(swap_while_packets_come);
}

}  // namespace
}  // namespace netmoth::pipeline
