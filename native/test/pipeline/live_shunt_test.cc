// Live runs that shunt: the flow event has what was sent, and the ledger closes. Against the real
// kernel, in a network namespace.
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "pipeline/live_run.h"
#include "testing/frame_sender.h"
#include "testing/network_namespace.h"

namespace netmoth::pipeline {
namespace {

using std::chrono::steady_clock;
using testing::Buffer;

constexpr std::string_view kNoise = "\x81\x92\xa3\xb4 no protocol that is known \xff\xfe";

struct Kept final : LiveListener {
  std::mutex mutex;
  std::string text;
  bool on_batch(output::EventClass, std::string& lines, std::uint32_t, bool) override {
    const std::lock_guard lock(mutex);
    text += lines;
    return true;
  }
  void on_end(const RunFault& fault) override { EXPECT_EQ(fault.code, ""); }
};

template <typename Condition>
bool becomes(Condition condition) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(30);
  while (steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

void shunt_an_elephant(capture::Strategy strategy) {
  constexpr std::uint64_t kPackets = 30'000;
  LiveOptions options;
  options.interface_name = "va";
  options.strategy = strategy;
  options.shunt = true;
  Kept kept;
  RunFault fault;
  const auto run = LiveRun::open(options, kept, fault);
  ASSERT_NE(run, nullptr) << fault.code << ": " << fault.message;
  const capture::CaptureStatus status = run->capture_status();
  if (status.strategy != strategy || !status.shunts) {
    std::printf("skipped: %s\n",
                status.shunts ? status.reasons.at(0).c_str() : status.no_shunt.c_str());
    std::fflush(stdout);
    ::_exit(testing_support::kNamespaceSkipped);
  }
  run->start();
  testing_support::FrameSender far("vap");
  const Buffer frame = testing::ethernet(
      testing::ipv4("192.0.2.9", "192.0.2.1", testing::udp(40'000, 5001, kNoise)));
  std::uint64_t sent = 0;
  const auto send = [&](std::uint64_t until) {
    while (sent < until)
      sent += far.send(frame) ? 1U : 0U;
  };
  send(200);
  ASSERT_TRUE(becomes([&] { return run->stats().capture.shunted_flows == 1; }));
  send(kPackets);
  run->request_stop();
  run->join();
  const LiveStats stats = run->stats();
  EXPECT_GE(stats.capture.shunted, kPackets - 200);
  EXPECT_EQ(stats.capture.kernel_packets, stats.capture.kernel_drops + stats.capture.filtered +
                                              stats.capture.shunted + stats.capture.sampled_out +
                                              stats.counters.packets);
  const std::string octets = std::to_string(kPackets * frame.size());
  const std::string packets = std::to_string(kPackets);
  EXPECT_NE(
      kept.text.find("\"pkts_toserver\":" + packets +
                     ",\"pkts_toclient\":0,\"bytes_toserver\":" + octets + ",\"bytes_toclient\":0"),
      std::string::npos)
      << kept.text;
  EXPECT_NE(kept.text.find("\"state\":\"bypassed\",\"bypass\":\"capture\""), std::string::npos);
}

TEST(LiveShunt, AfPacketKeepsAnElephantOutOfTheRing) {
  testing_support::in_namespace([] { shunt_an_elephant(capture::Strategy::kAfPacket); });
}

TEST(LiveShunt, TheTapKeepsAnElephantOutOfTheRing) {
  testing_support::in_namespace([] { shunt_an_elephant(capture::Strategy::kEbpf); });
}

}  // namespace
}  // namespace netmoth::pipeline
