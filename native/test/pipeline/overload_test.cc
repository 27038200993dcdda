// What is left undone under overload, in which order, and that every packet is accounted for.
#include "pipeline/overload.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "pipeline/live_run.h"
#include "recorded_worker.h"
#include "testing/frame_sender.h"
#include "testing/network_namespace.h"

namespace netmoth::pipeline {
namespace {

using std::chrono::steady_clock;

constexpr TimestampNs kLook = OverloadLadder::kLookNs;
constexpr Pressure kPressed{.ring = 0.8};
constexpr Pressure kHalfFull{.ring = 0.6};
constexpr Pressure kBetween{.ring = 0.3};
constexpr Pressure kCalm{.ring = 0.01};

TEST(OverloadLadder, ClimbsAStepALookAndSamplesLast) {
  OverloadLadder ladder;
  TimestampNs now = kLook;
  std::vector<std::pair<int, int>> steps;
  for (int i = 0; i < 12; ++i, now += kLook) {
    (void)ladder.look(kPressed, now);
    steps.emplace_back(static_cast<int>(ladder.level()), ladder.sampling());
  }
  const std::vector<std::pair<int, int>> expected{{1, 0}, {2, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 4},
                                                  {3, 5}, {3, 6}, {3, 6}, {3, 6}, {3, 6}, {3, 6}};
  EXPECT_EQ(steps, expected);
}

TEST(OverloadLadder, SamplesOnlyWhereItBecomesSevere) {
  OverloadLadder ladder;
  TimestampNs now = kLook;
  for (int i = 0; i < 100; ++i, now += kLook)
    (void)ladder.look(kHalfFull, now);
  EXPECT_EQ(ladder.level(), Overload::kEncrypted);
  EXPECT_TRUE(ladder.look(kPressed, now));
  EXPECT_EQ(ladder.level(), Overload::kSampling);
}

TEST(OverloadLadder, StaysInBetweenAndComesDownWithinFiveSeconds) {
  OverloadLadder ladder;
  TimestampNs now = kLook;
  for (int i = 0; i < 12; ++i, now += kLook)
    (void)ladder.look(kPressed, now);
  for (int i = 0; i < 100; ++i, now += kLook)
    EXPECT_FALSE(ladder.look(kBetween, now)) << "neither pressed nor calm";
  const TimestampNs calm = now;
  while (ladder.level() != Overload::kNone) {
    (void)ladder.look(kCalm, now);
    now += kLook;
    ASSERT_LT(now - calm, 5'000'000'000);
  }
  EXPECT_EQ(ladder.sampling(), 0);
}

TEST(OverloadLadder, EveryKindOfPressureCounts) {
  for (const Pressure& pressure : {Pressure{.ring = 0.5}, Pressure{.drops = true},
                                   Pressure{.memory = 0.9}, Pressure{.backlog = true}}) {
    OverloadLadder ladder;
    EXPECT_TRUE(ladder.look(pressure, kLook));
    EXPECT_EQ(ladder.level(), Overload::kBulk);
  }
}

testing::Buffer datagram(int client, std::uint16_t port, std::string_view payload = "noise \xff") {
  const std::string from = "10." + std::to_string(client / 65536) + "." +
                           std::to_string(client / 256 % 256) + "." + std::to_string(client % 256);
  return testing::ethernet(testing::ipv4(from, "10.9.9.9", testing::udp(40'000, port, payload)));
}

TEST(Shedding, SamplesNewFlowsAloneAndSaysSo) {
  RecordedWorker worker;
  constexpr int kOld = 50;
  constexpr int kNew = 4000;
  for (int i = 0; i < kOld; ++i)
    worker.frame(datagram(i, 5001));
  worker.worker().shed(Overload::kSampling, 3);
  for (int i = 0; i < kOld; ++i)
    worker.frame(datagram(i, 5001));  // known: looked at
  for (int i = 0; i < kNew; ++i)
    worker.frame(datagram(1000 + i, 5001));
  const WorkerCounters some = worker.worker().counters();
  const std::uint64_t in = some.flows.created - kOld;
  EXPECT_GT(in, kNew / 16U);
  EXPECT_LT(in, kNew / 4U);
  EXPECT_EQ(some.sampled_out, kNew - in);
  EXPECT_EQ(some.packets + some.sampled_out, 2U * kOld + kNew);
  for (int i = 0; i < kNew; ++i)
    worker.frame(datagram(1000 + i, 5001));  // the same ones again
  EXPECT_EQ(worker.worker().counters().flows.created, some.flows.created);
  EXPECT_EQ(worker.lines({"\"event_type\":\"flow\"", "\"sampled\":8"}).size(), in);
}

TEST(Shedding, NeverSamplesDnsNorOtherThanPlainFrames) {
  RecordedWorker worker;
  worker.worker().shed(Overload::kSampling, OverloadLadder::kMostSampling);
  for (int i = 0; i < 500; ++i)
    worker.frame(datagram(i, 53));
  EXPECT_EQ(worker.worker().counters().sampled_out, 0U);
  EXPECT_EQ(worker.worker().counters().flows.created, 500U);
  worker.frame(testing::ethernet(
      testing::ipv4("10.0.0.1", "10.0.0.2", testing::icmp(8, 0, testing::Buffer(4)))));
  EXPECT_EQ(worker.worker().counters().flows.created, 501U);
}

TEST(Shedding, HigherRatesArePartOfLowerOnes) {
  std::uint64_t before = 0;
  RecordedWorker worker;
  for (std::uint8_t sampling = OverloadLadder::kMostSampling; sampling > 0; --sampling) {
    worker.worker().shed(Overload::kSampling, sampling);
    for (int i = 0; i < 2000; ++i)
      worker.frame(datagram(i, 5001));
    const std::uint64_t flows = worker.worker().counters().flows.created;
    EXPECT_GT(flows, before);
    before = flows;
  }
  worker.worker().shed(Overload::kNone, 0);
  for (int i = 0; i < 2000; ++i)
    worker.frame(datagram(i, 5001));
  EXPECT_EQ(worker.worker().counters().flows.created, 2000U) << "no flow was begun twice";
}

// Frames of new flows until told to end, as fast as they go.
void flood(std::atomic<bool>& stop, std::atomic<std::uint64_t>& sent) {
  testing_support::FrameSender far("vap");
  testing::Buffer frame = datagram(0, 5001);
  constexpr std::size_t kSourceAt = 14 + 12;
  for (std::uint32_t client = 0; !stop.load(); ++client) {
    testing::put16(frame, kSourceAt, 0x0b00 | client >> 16);
    testing::put16(frame, kSourceAt + 2, client & 0xffff);
    if (far.send(frame)) sent.fetch_add(1);
  }
}

struct Quiet final : LiveListener {
  bool on_batch(output::EventClass, std::string&, std::uint32_t, bool) override { return true; }
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

// More than the worker bears (with a sanitizer it bears little): it samples, it recovers, and every
// packet that was sent is accounted for.
void flood_a_live_run() {
  constexpr std::uint64_t kLeast = 50'000;
  LiveOptions options;
  options.interface_name = "va";
  options.bpf_filter = "udp port 5001";
  options.shed = true;
  options.ring_bytes = std::size_t{4} << 20;
  options.engine.max_flows = 20'000;
  Quiet listener;
  RunFault fault;
  const auto run = LiveRun::open(options, listener, fault);
  ASSERT_NE(run, nullptr) << fault.code << ": " << fault.message;
  run->start();
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> sent{0};
  std::thread sender([&] { flood(stop, sent); });
  const bool sampled = becomes([&] {
    const LiveStats stats = run->stats();
    return sent.load() > kLeast && stats.capture.overload_level == 3 &&
           stats.capture.sampled_out > 0;
  });
  stop = true;
  sender.join();
  EXPECT_TRUE(sampled);
  EXPECT_TRUE(becomes([&] { return run->stats().capture.overload_level == 0; })) << "recovers";
  EXPECT_EQ(run->stats().capture.sampled_one_in, 1U);
  run->request_stop();
  run->join();
  const LiveStats stats = run->stats();
  EXPECT_EQ(stats.capture.kernel_packets, sent.load());
  EXPECT_EQ(stats.capture.kernel_packets, stats.capture.kernel_drops + stats.capture.filtered +
                                              stats.capture.shunted + stats.capture.sampled_out +
                                              stats.counters.packets);
}

TEST(Shedding, SamplesUnderAFloodAndRecovers) {
  testing_support::in_namespace(flood_a_live_run);
}

}  // namespace
}  // namespace netmoth::pipeline
