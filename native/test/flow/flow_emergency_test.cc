// A full table: shorter timeouts until it has room again, newcomers before conversations.
#include <gtest/gtest.h>

#include "flow/flow_table.h"
#include "testing/packet_builder.h"

namespace netmoth::flow {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;

struct Ended {
  std::uint32_t number;
  EndReason reason;
  bool emergency;
};

struct Recorder final : FlowEndListener {
  std::vector<Ended> ended;
  void on_flow_end(Flow& flow, EndReason reason) override {
    ended.push_back({flow.key.source_port, reason, flow.emergency});
  }
};

struct Emergency : ::testing::Test {
  Recorder recorder;
  FlowTable table{100, {}, 7, recorder};

  static FlowKey key_of(std::uint16_t number) {
    FlowKey key;
    key.source = testing::address("10.0.0.1");
    key.destination = testing::address("10.0.0.2");
    key.source_port = number;
    key.destination_port = 443;
    key.protocol = ip_proto::kUdp;
    key.ip_version = 4;
    return key;
  }
  Flow& lone(std::uint16_t number, TimestampNs now) {
    const FlowKey key = key_of(number);
    Flow& flow = table.create(key, table.hash(key), {now, number});
    flow.packets[0] = 1;
    table.touch(flow, now);
    return flow;
  }
  Flow& answered(std::uint16_t number, TimestampNs now) {
    Flow& flow = lone(number, now);
    flow.packets[1] = 1;
    table.touch(flow, now);
    return flow;
  }
  bool alive(std::uint16_t number) {
    return table.find(key_of(number), table.hash(key_of(number))).flow != nullptr;
  }
};

TEST_F(Emergency, BeginsWhenThereIsNoPlaceAndEndsWhenEnoughAreFree) {
  for (std::uint16_t i = 0; i < 100; ++i)
    lone(i, 0);
  EXPECT_FALSE(table.in_emergency());
  lone(100, kSecond);
  EXPECT_TRUE(table.in_emergency());
  EXPECT_EQ(table.counters().emergencies_entered, 1U);
  EXPECT_EQ(table.counters().evicted[0], 1U);
  // Due after 10 seconds instead of 30, until 30 of the places are free.
  table.expire(10 * kSecond);
  EXPECT_EQ(table.size(), 70U);
  EXPECT_FALSE(table.in_emergency());
  EXPECT_EQ(table.counters().emergencies_over, 1U);
  EXPECT_EQ(recorder.ended.back().reason, EndReason::kTimeout);
}

TEST_F(Emergency, IsOverOnceTheShareIsFreeAndNoSooner) {
  for (std::uint16_t i = 0; i < 60; ++i)
    lone(i, 0);
  for (std::uint16_t i = 60; i < 100; ++i)
    answered(i, 0);
  lone(100, 9 * kSecond);  // puts out one
  ASSERT_TRUE(table.in_emergency());
  table.end(*table.find(key_of(50), table.hash(key_of(50))).flow, EndReason::kTcpReuse);
  EXPECT_TRUE(table.in_emergency());
  EXPECT_EQ(table.size(), 99U);
  table.expire(11 * kSecond);
  EXPECT_FALSE(table.in_emergency());
  EXPECT_LE(table.size(), 70U);
  EXPECT_EQ(table.counters().emergencies_over, 1U);
  lone(101, 12 * kSecond);
  EXPECT_EQ(table.counters().emergencies_entered, 1U);
}

TEST_F(Emergency, NewcomersMakeRoomThoughConversationsWereSilentLonger) {
  for (std::uint16_t i = 0; i < 80; ++i)
    answered(i, 0);
  for (std::uint16_t i = 80; i < 1000; ++i)
    lone(i, kSecond + i);
  for (std::uint16_t i = 0; i < 80; ++i)
    EXPECT_TRUE(alive(i)) << i;
  EXPECT_EQ(table.counters().evicted, (std::array<std::uint64_t, 3>{900, 0, 0}));
  for (const Ended& each : recorder.ended) {
    EXPECT_EQ(each.reason, EndReason::kForced);
    EXPECT_TRUE(each.emergency);
  }
}

// A table full of conversations leaves a share for those that are about to become some.
TEST_F(Emergency, ConversationsMakeRoomWhereNewcomersHaveTheirShareOnly) {
  for (std::uint16_t i = 0; i < 100; ++i)
    answered(i, i);
  for (std::uint16_t i = 100; i < 200; ++i)
    lone(i, 1000 + i);
  const auto share = static_cast<std::uint16_t>(100 / FlowTable::kNewcomersShare + 1);
  for (std::uint16_t i = 0; i < share; ++i)
    EXPECT_FALSE(alive(i)) << i;
  for (std::uint16_t i = share; i < 100; ++i)
    EXPECT_TRUE(alive(i)) << i;
  EXPECT_EQ(table.counters().evicted[1], share);
  EXPECT_EQ(table.counters().evicted[0], 100U - share);
}

TEST_F(Emergency, OtherTimeoutsLeaveTheShorterOnesOfTheEmergencyInForce) {
  for (std::uint16_t i = 0; i <= 100; ++i)
    lone(i, 0);
  ASSERT_TRUE(table.in_emergency());
  FlowTimeouts longer;
  longer.udp_new = 1'000 * kSecond;
  table.set_timeouts(longer);
  table.expire(12 * kSecond);  // 10 s in an emergency
  EXPECT_GT(recorder.ended.size(), FlowTable::kPrunedForOne);
  EXPECT_FALSE(table.in_emergency());
}

TEST_F(Emergency, WhatIsDueByTheShorterTimeoutsGoesFirstAFewAtATime) {
  for (std::uint16_t i = 0; i < 100; ++i)
    lone(i, 0);
  lone(100, 11 * kSecond);
  EXPECT_EQ(table.counters().evicted_total(), 0U);
  EXPECT_EQ(recorder.ended.size(), FlowTable::kPrunedForOne);
  EXPECT_EQ(recorder.ended[0].reason, EndReason::kTimeout);
  EXPECT_TRUE(recorder.ended[0].emergency);
}

TEST(FlowEmergency, TheClockEndsABoundedNumberAtOnce) {
  Recorder recorder;
  constexpr std::uint16_t kFlows = 4 * FlowTable::kPrunedAtOnce;
  // It lasts until the table is empty.
  FlowTable table(kFlows, {}, 7, recorder, {.recovery_percent = 100});
  for (std::uint16_t i = 0; i <= kFlows; ++i) {
    const FlowKey key = Emergency::key_of(i);
    Flow& flow = table.create(key, table.hash(key), {0, i});
    flow.packets[0] = 1;
    table.touch(flow, 0);
  }
  ASSERT_TRUE(table.in_emergency());
  recorder.ended.clear();
  for (std::size_t round = 1; round <= 4; ++round) {
    table.expire(20 * kSecond);
    EXPECT_EQ(recorder.ended.size(), round * FlowTable::kPrunedAtOnce);
  }
  EXPECT_FALSE(table.in_emergency());
}

}  // namespace
}  // namespace netmoth::flow
