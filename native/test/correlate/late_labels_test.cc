// A worker ahead of another: labels that come later are those that would have come at once.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "correlate/flow_labels.h"

namespace netmoth::correlate {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;
constexpr std::size_t kMe = 0, kOther = 1;

struct Taker final : LabelTaker {
  std::vector<std::string> told;
  void take_labels(std::uint64_t ticket, const FlowLabels& labels) override {
    told.push_back(std::to_string(ticket) + " " + std::string(labels.domain) + " " +
                   std::string(labels.application.name));
  }
};

struct LateLabelsTest : ::testing::Test {
  DnsCache cache{1024, 1};
  Progress progress{2};
  Taker taker;
  Labeller labeller{{&cache, &progress, kMe}, taker};

  LateLabelsTest() {
    progress.reach(kOther, kSecond);
    labeller.advance(kSecond);
  }
  static flow::Flow flow_at(TimestampNs as_of, std::uint8_t server = 1) {
    flow::Flow made;
    made.key.ip_version = 4;
    made.key.source.octets[0] = 10;
    made.key.destination.octets[0] = server;
    made.as_of = as_of;
    return made;
  }
  void learn(std::string_view name, TimestampNs at, std::uint8_t server = 1) {
    const flow::Flow flow = flow_at(0, server);
    cache.learn({flow.key.source, 4}, {flow.key.destination, 4}, name, at, 300);
  }
};

TEST_F(LateLabelsTest, WhatTheOthersHavePassedIsToldAtOnce) {
  learn("www.example", kSecond / 2);
  flow::Flow flow = flow_at(kSecond);
  const FlowLabels labels = labeller.of_event(flow, {});
  EXPECT_EQ(labels.ticket, 0U);
  EXPECT_EQ(labels.domain, "www.example");
  EXPECT_FALSE(labeller.has_late());
}

TEST_F(LateLabelsTest, TheNameThatIsFoundLaterFillsAllEventsOfTheFlow) {
  flow::Flow flow = flow_at(2 * kSecond);
  labeller.advance(2 * kSecond);
  EXPECT_EQ(labeller.of_event(flow, {}).ticket, 1U);
  EXPECT_EQ(labeller.of_event(flow, {}).ticket, 2U);
  labeller.settle();
  EXPECT_TRUE(taker.told.empty());
  learn("www.example", 2 * kSecond - 1);
  progress.reach(kOther, 2 * kSecond);
  labeller.settle();
  EXPECT_EQ(taker.told,
            (std::vector<std::string>{"1 www.example unknown", "2 www.example unknown"}));
  EXPECT_FALSE(labeller.has_late());
  const FlowLabels now = labeller.of_event(flow, {});  // its label is its own again
  EXPECT_EQ(now.ticket, 0U);
  EXPECT_EQ(now.domain, "www.example");
}

TEST_F(LateLabelsTest, TheFirstKnownApplicationStaysAcrossLateEvents) {
  flow::Flow flow = flow_at(2 * kSecond);
  labeller.advance(2 * kSecond);
  EXPECT_NE(labeller.of_event(flow, {.name = "open.spotify.com"}).ticket, 0U);
  EXPECT_NE(labeller.of_event(flow, {.name = "nobody.example"}).ticket, 0U);
  EXPECT_NE(labeller.of_end(flow).ticket, 0U);
  learn("nobody.example", kSecond);
  progress.finish(kOther);
  labeller.settle();
  EXPECT_EQ(taker.told,
            (std::vector<std::string>{"1 nobody.example Spotify", "2 nobody.example Spotify",
                                      "3 nobody.example Spotify"}));
}

TEST_F(LateLabelsTest, AFlowMayEndBeforeItsLabelsCome) {
  labeller.advance(2 * kSecond);
  learn("gone.example", kSecond, 7);
  {
    flow::Flow flow = flow_at(2 * kSecond, 7);
    EXPECT_NE(labeller.of_end(flow).ticket, 0U);
    labeller.release(flow);
    EXPECT_FALSE(flow.label.late());
  }
  progress.finish(kOther);
  labeller.settle();
  EXPECT_EQ(taker.told, std::vector<std::string>{"1 gone.example unknown"});
}

TEST_F(LateLabelsTest, AFlowThatIsTurnedRoundIsLookedForAnew) {
  labeller.advance(2 * kSecond);
  learn("forward.example", kSecond, 7);
  flow::Flow flow = flow_at(2 * kSecond, 7);
  EXPECT_NE(labeller.of_event(flow, {}).ticket, 0U);
  flow.reverse();
  EXPECT_NE(labeller.of_event(flow, {}).ticket, 0U);
  flow.reverse();
  progress.finish(kOther);
  labeller.settle();
  EXPECT_EQ(taker.told, (std::vector<std::string>{"1 forward.example unknown", "2  unknown"}));
  EXPECT_EQ(labeller.of_event(flow, {}).domain, "forward.example");
}

TEST_F(LateLabelsTest, WhereThereIsNoRoomForAQuestionTheOthersAreAnsweredFirst) {
  labeller.advance(3 * kSecond);
  std::vector<flow::Flow> flows(LateLabels::kMaxQuestions + 1);
  for (std::size_t i = 0; i < LateLabels::kMaxQuestions; ++i) {
    flows[i].as_of = 2 * kSecond;
    EXPECT_NE(labeller.of_event(flows[i], {}).ticket, 0U);
  }
  progress.reach(kOther, 2 * kSecond);
  EXPECT_TRUE(taker.told.empty());
  flows.back().as_of = 3 * kSecond;
  EXPECT_NE(labeller.of_event(flows.back(), {}).ticket, 0U);
  EXPECT_EQ(taker.told.size(), LateLabels::kMaxQuestions);
  progress.finish(kOther);
  labeller.settle_all();
  EXPECT_EQ(taker.told.size(), flows.size());
}

}  // namespace
}  // namespace netmoth::correlate
