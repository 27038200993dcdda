// The table's promises: found from both sides, aged by packet time, bounded, least recent first
// out.
#include "flow/flow_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "testing/packet_builder.h"

namespace netmoth::flow {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;

struct Ended {
  std::uint16_t client_port;
  EndReason reason;
};

struct Recorder final : FlowEndListener {
  std::vector<Ended> ended;
  void on_flow_end(Flow& flow, EndReason reason) override {
    ended.push_back({flow.key.source_port, reason});
  }
};

FlowKey udp_key(std::uint16_t client_port, std::uint16_t vlan = 0) {
  FlowKey key;
  key.source = testing::address("10.0.0.1");
  key.destination = testing::address("10.0.0.2");
  key.source_port = client_port;
  key.destination_port = 53;
  key.protocol = ip_proto::kUdp;
  key.ip_version = 4;
  if (vlan != 0) key.vlan = {{vlan, 0, 0}, 1};
  return key;
}

struct Fixture : ::testing::Test {
  Recorder recorder;
  FlowTable table{4, {}, 7, recorder};

  Flow& add(const FlowKey& key, TimestampNs now) {
    Flow& flow = table.create(key, table.hash(key), {now, 0});
    flow.packets[0] = 1;
    table.touch(flow, now);
    return flow;
  }
};

TEST_F(Fixture, FindsAFlowFromBothSides) {
  const FlowKey key = udp_key(1000);
  Flow& flow = add(key, 0);
  const auto there = table.find(key, table.hash(key));
  EXPECT_EQ(there.flow, &flow);
  EXPECT_EQ(there.direction, Direction::kToServer);
  const auto back = table.find(key.reversed(), table.hash(key.reversed()));
  EXPECT_EQ(back.flow, &flow);
  EXPECT_EQ(back.direction, Direction::kToClient);
  EXPECT_EQ(table.find(udp_key(1001), table.hash(udp_key(1001))).flow, nullptr);
}

TEST_F(Fixture, AReplyMayCarryAnotherVlanButAKnownOneWins) {
  add(udp_key(1000, 10), 0);
  Flow& other = add(udp_key(1000, 20), 0);
  const FlowKey reply = udp_key(1000, 20).reversed();
  EXPECT_EQ(table.find(reply, table.hash(reply)).flow, &other);
  const FlowKey strange = udp_key(1000, 30).reversed();
  EXPECT_NE(table.find(strange, table.hash(strange)).flow, nullptr);
  const FlowKey request = udp_key(1000, 30);
  EXPECT_EQ(table.find(request, table.hash(request)).flow, nullptr);
}

TEST_F(Fixture, TheLeastRecentlySeenMakesRoom) {
  for (std::uint16_t port = 1; port <= 4; ++port)
    add(udp_key(port), port * kSecond);
  const FlowKey first = udp_key(1);
  table.touch(*table.find(first, table.hash(first)).flow, 5 * kSecond);
  add(udp_key(5), 6 * kSecond);
  ASSERT_EQ(recorder.ended.size(), 1U);
  EXPECT_EQ(recorder.ended[0].client_port, 2);
  EXPECT_EQ(recorder.ended[0].reason, EndReason::kForced);
  EXPECT_EQ(table.counters().evicted_total(), 1U);
  EXPECT_EQ(table.size(), 4U);
}

// Several captures in one file: what is older than what came before still has its timeout.
TEST_F(Fixture, FlowsOfAnEarlierTimeAgeByTheClock) {
  (void)add(udp_key(1), 1000 * kSecond);
  const Flow& old = add(udp_key(2), 5 * kSecond);
  EXPECT_FALSE(table.is_due(old, 1029 * kSecond));
  EXPECT_EQ(old.last, 5 * kSecond);
  table.expire(1029 * kSecond);
  EXPECT_TRUE(recorder.ended.empty());
  table.expire(1031 * kSecond);
  EXPECT_EQ(recorder.ended.size(), 2U);
}

TEST_F(Fixture, TimeoutsFollowTheState) {
  Flow& lone = add(udp_key(1), 0);
  Flow& answered = add(udp_key(2), 0);
  answered.packets[1] = 1;
  table.touch(answered, 0);
  EXPECT_EQ(lone.eve_state(), EveFlowState::kNew);
  table.expire(29 * kSecond);
  EXPECT_TRUE(recorder.ended.empty());
  table.expire(30 * kSecond + kSecond);
  ASSERT_EQ(recorder.ended.size(), 1U);
  EXPECT_EQ(recorder.ended[0].client_port, 1);
  EXPECT_EQ(recorder.ended[0].reason, EndReason::kTimeout);
  table.expire(301 * kSecond);
  EXPECT_EQ(recorder.ended.size(), 2U);
}

TEST_F(Fixture, OtherTimeoutsCountFromThenOnForEveryFlow) {
  add(udp_key(1), 0);
  add(udp_key(2), 10 * kSecond);
  FlowTimeouts shorter;
  shorter.udp_new = 5 * kSecond;
  table.set_timeouts(shorter);
  table.expire(12 * kSecond);
  ASSERT_EQ(recorder.ended.size(), 1U);
  EXPECT_EQ(recorder.ended[0].client_port, 1);
  FlowTimeouts longer;
  longer.udp_new = 100 * kSecond;
  table.set_timeouts(longer);
  table.expire(100 * kSecond);
  EXPECT_EQ(recorder.ended.size(), 1U);
  table.expire(112 * kSecond);
  EXPECT_EQ(recorder.ended.size(), 2U);
}

TEST_F(Fixture, IdsDifferAndRepeat) {
  const std::uint64_t first = add(udp_key(1), 5).id;
  const std::uint64_t second = add(udp_key(2), 5).id;
  EXPECT_NE(first, second);
  EXPECT_LT(first, std::uint64_t{1} << 53);
  Recorder other_recorder;
  FlowTable other(4, {}, 99, other_recorder);  // another seed, the same capture
  EXPECT_EQ(other.create(udp_key(1), other.hash(udp_key(1)), {5, 0}).id, first);
}

// What comes first decides: the same ends at the same time, but in another packet, are another
// flow.
TEST_F(Fixture, IdsTellFlowsOfTheSameEndsApart) {
  const FlowKey key = udp_key(1);
  Flow& first = table.create(key, table.hash(key), {5, 1});
  const std::uint64_t id = first.id;
  table.end(first, EndReason::kTcpReuse);
  EXPECT_NE(table.create(key, table.hash(key), {5, 2}).id, id);
}

TEST_F(Fixture, AFlowIsDueWhenItsTimeoutHasPassedHoweverRarelyItIsLookedAt) {
  Flow& flow = add(udp_key(1), 0);
  EXPECT_EQ(table.due_at(flow), 30 * kSecond);
  EXPECT_FALSE(table.is_due(flow, 30 * kSecond - 1));
  EXPECT_TRUE(table.is_due(flow, 30 * kSecond));
  add(udp_key(2), 10 * kSecond);
  table.end_all(EndReason::kShutdown, 35 * kSecond);
  ASSERT_EQ(recorder.ended.size(), 2U);
  EXPECT_EQ(recorder.ended[0].reason, EndReason::kTimeout);
  EXPECT_EQ(recorder.ended[1].reason, EndReason::kShutdown);
}

TEST_F(Fixture, EndAllTellsEveryFlowOnce) {
  for (std::uint16_t port = 1; port <= 4; ++port)
    add(udp_key(port), 0);
  table.end_all(EndReason::kShutdown, 0);
  std::map<std::uint16_t, int> seen;
  for (const Ended& each : recorder.ended)
    ++seen[each.client_port];
  EXPECT_EQ(seen, (std::map<std::uint16_t, int>{{1, 1}, {2, 1}, {3, 1}, {4, 1}}));
  EXPECT_EQ(table.size(), 0U);
}

// The table against a plain model under random traffic: the same flows at every step.
TEST(FlowTable, AgreesWithAModelUnderRandomTraffic) {
  Recorder recorder;
  // A full table that ages its flows as ever: then the one seen longest ago is always the victim.
  FlowTable table(64, {}, 3, recorder, {.timeouts = FlowTimeouts{}});
  std::map<std::uint16_t, TimestampNs> model;  // port → last seen
  std::uint32_t random = 12345;
  TimestampNs now = 0;
  for (int step = 0; step < 20'000; ++step) {
    random = random * 1664525 + 1013904223;
    const auto port = static_cast<std::uint16_t>((random >> 16) % 200 + 1);
    now += kSecond / 4;
    table.expire(now);
    for (const Ended& each : recorder.ended)
      model.erase(each.client_port);
    recorder.ended.clear();
    const FlowKey key = udp_key(port);
    Flow* flow = table.find(key, table.hash(key)).flow;
    ASSERT_EQ(flow != nullptr, model.contains(port)) << step;
    if (flow == nullptr) {
      if (model.size() == 64) {
        const auto oldest =
            std::ranges::min_element(model, {}, [](const auto& entry) { return entry.second; });
        flow = &table.create(key, table.hash(key), {now, 0});
        ASSERT_EQ(recorder.ended.size(), 1U);
        EXPECT_EQ(recorder.ended[0].client_port, oldest->first);
        model.erase(oldest);
        recorder.ended.clear();
      } else {
        flow = &table.create(key, table.hash(key), {now, 0});
      }
      flow->packets[0] = 1;
    }
    table.touch(*flow, now);
    model[port] = now;
    ASSERT_EQ(table.size(), model.size());
  }
}

}  // namespace
}  // namespace netmoth::flow
