// Which flows a worker lets stay in the kernel, and that their events are as if it had seen all.
// The kernel here is a table in the test; test/capture/shunt_test.cc has the real one.
#include "pipeline/shunted_flows.h"

#include <gtest/gtest.h>

#include <map>

#include "pipeline/signatures.h"
#include "recorded_worker.h"

namespace netmoth::pipeline {
namespace {

using testing::Buffer;

class Table final : public capture::FlowShunt {
 public:
  std::optional<Place> add(const capture::ShuntEnds& ends) override {
    if (flows.size() >= room) return std::nullopt;
    added.push_back(ends);
    flows[++last_] = {};
    return last_;
  }
  capture::ShuntCounts counts(Place place) const override { return flows.at(place); }
  capture::ShuntCounts remove(Place place) override {
    const capture::ShuntCounts all = flows.at(place);
    flows.erase(place);
    return all;
  }

  std::map<Place, capture::ShuntCounts> flows;
  std::vector<capture::ShuntEnds> added;
  std::size_t room = 100;

 private:
  Place last_ = 0;
};

constexpr int kEnough = static_cast<int>(kShuntAfterPackets);

struct Conversation {
  explicit Conversation(Table& table, const EngineConfig& config = {})
      : worker(config, {.shunt = &table}) {}

  void tcp(bool request, std::uint8_t flags, std::string_view payload = {}) {
    testing::TcpSpec spec;
    spec.source_port = request ? 40'000 : 5001;
    spec.destination_port = request ? 5001 : 40'000;
    spec.flags = flags;
    spec.sequence = next[request ? 0 : 1];
    spec.acknowledgment = next[request ? 1 : 0];
    const std::uint32_t numbers = (flags & 3) != 0 ? 1 : 0;
    next[request ? 0 : 1] += static_cast<std::uint32_t>(payload.size()) + numbers;
    send(request, testing::tcp(spec, payload));
  }
  void open() {
    tcp(true, 2);
    tcp(false, 18);
    tcp(true, 16);
  }
  void udp(bool request, std::uint16_t server, std::string_view payload) {
    send(request,
         request ? testing::udp(40'000, server, payload) : testing::udp(server, 40'000, payload));
  }
  void send(bool request, const testing::Segment& segment) {
    worker.frame(testing::ethernet(request ? testing::ipv4("10.0.0.1", "10.0.0.2", segment)
                                           : testing::ipv4("10.0.0.2", "10.0.0.1", segment)));
  }

  RecordedWorker worker;
  std::array<std::uint32_t, 2> next{1000, 5000};
};

constexpr std::string_view kNoise = "\x81\x92\xa3\xb4 no protocol that is known \xff\xfe";

TEST(ShuntedFlows, ShuntsWhatNobodyWantsMoreOf) {
  Table table;
  Conversation talk(table);
  for (int i = 0; i < kEnough - 1; ++i)
    talk.udp(true, 5001, kNoise);
  EXPECT_TRUE(table.added.empty());
  talk.udp(true, 5001, kNoise);
  ASSERT_EQ(table.added.size(), 1U);
  EXPECT_EQ(table.added[0].source, testing::address("10.0.0.1"));
  EXPECT_EQ(table.added[0].destination_port, 5001);
  EXPECT_EQ(table.added[0].protocol, ip_proto::kUdp);
}

TEST(ShuntedFlows, TheEventHasAllPackets) {
  Table table;
  Conversation talk(table);
  for (int i = 0; i < kEnough; ++i)
    talk.udp(true, 5001, kNoise);
  ASSERT_EQ(table.flows.size(), 1U);
  capture::ShuntCounts& counts = table.flows.begin()->second;
  counts = {{1'000'000, 3}, {900'000'000, 300}, 0};
  const auto events = talk.worker.events("flow");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].find("\"pkts_toserver\":1000128,\"pkts_toclient\":3"), std::string::npos)
      << events[0];
  EXPECT_NE(events[0].find("\"bypassed\":{\"pkts_toserver\":1000000,\"pkts_toclient\":3,"
                           "\"bytes_toserver\":900000000,\"bytes_toclient\":300}"),
            std::string::npos)
      << events[0];
  EXPECT_NE(events[0].find("\"state\":\"bypassed\",\"bypass\":\"capture\""), std::string::npos);
  EXPECT_TRUE(table.flows.empty()) << "no longer shunted";
}

// What the kernel counts keeps a flow from its timeout.
TEST(ShuntedFlows, CountsKeepAFlowAlive) {
  Table table;
  Conversation talk(table);
  for (int i = 0; i < kEnough; ++i)
    talk.udp(true, 5001, kNoise);
  TimestampNs now = talk.worker.worker().now();
  for (int second = 0; second < 400; ++second) {
    now += 1'000'000'000;
    capture::ShuntCounts& counts = table.flows.begin()->second;
    counts.packets[0] += 2;
    counts.octets[0] += 200;
    counts.last = now;
    talk.worker.worker().on_idle(now);
    ASSERT_EQ(table.flows.size(), 1U) << second;
  }
  EXPECT_EQ(talk.worker.worker().counters().flows.active, 1U);
  const auto events = talk.worker.events("flow");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].find("\"pkts_toserver\":928"), std::string::npos) << events[0];
}

TEST(ShuntedFlows, IdleFlowsAreHandedBackAndTakenAgain) {
  Table table;
  Conversation talk(table);
  for (int i = 0; i < kEnough; ++i)
    talk.udp(true, 5001, kNoise);
  TimestampNs now = talk.worker.worker().now();
  unsigned folds = 0;
  for (; !table.flows.empty() && folds <= ShuntedFlows::kIdleFolds; ++folds) {
    now += ShuntedFlows::kFoldNs;
    talk.worker.worker().on_idle(now);
  }
  EXPECT_TRUE(table.flows.empty());
  EXPECT_GE(folds + 1, ShuntedFlows::kIdleFolds);
  talk.udp(true, 5001, kNoise);
  EXPECT_EQ(table.flows.size(), 1U);
  table.flows.begin()->second.packets[0] = 7;
  const auto events = talk.worker.events("flow");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].find("\"pkts_toserver\":136"), std::string::npos) << events[0];
}

TEST(ShuntedFlows, TcpEndsAsItWouldHave) {
  Table table;
  Conversation talk(table);
  talk.open();
  for (int i = 0; i < kEnough; ++i) {
    talk.tcp(true, 24, std::string(1000, '\xf1'));
    talk.tcp(false, 16);
  }
  ASSERT_EQ(table.flows.size(), 1U);
  EXPECT_EQ(table.added[0].protocol, ip_proto::kTcp);
  table.flows.begin()->second = {{5'000'000, 2'000'000}, {7'000'000'000, 132'000'000}, 0};
  talk.next[0] += 3'000'000'000;  // of the kernel's account
  talk.tcp(true, 17);             // FIN
  EXPECT_EQ(table.flows.size(), 1U);
  talk.tcp(false, 17);
  talk.tcp(true, 16);
  EXPECT_TRUE(table.flows.empty()) << "closed: handed over again";
  const auto anomalies = talk.worker.events("anomaly");
  EXPECT_TRUE(anomalies.empty()) << anomalies[0];
  const auto events = talk.worker.events("flow");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].find("\"state\":\"closed\""), std::string::npos) << events[0];
  EXPECT_NE(events[0].find("\"bytes_toserver\":70"), std::string::npos) << events[0];
  EXPECT_NE(events[0].find("\"bypassed\":{\"pkts_toserver\":5000000"), std::string::npos);
}

TEST(ShuntedFlows, LeavesWhatIsStillWantedOrCannotBeTold) {
  Table table;
  Conversation talk(table);
  // A parser wants it.
  talk.open();
  for (int i = 0; i < kEnough; ++i)
    talk.tcp(true, 24, i == 0 ? "POST /x HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n" : "body");
  EXPECT_TRUE(table.added.empty());
  // Others may be in it.
  for (int i = 0; i < kEnough; ++i)
    talk.udp(true, 4789, kNoise);
  EXPECT_TRUE(table.added.empty());
  // Tagged.
  Buffer tagged = testing::ethernet(
      testing::ipv4("10.0.0.3", "10.0.0.4", testing::udp(1111, 5001, testing::bytes(kNoise))));
  const Buffer tag = testing::bytes({0x81, 0x00, 0x00, 0x07});
  tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
  for (int i = 0; i < kEnough; ++i)
    talk.worker.frame(tagged);
  EXPECT_TRUE(table.added.empty());
}

TEST(ShuntedFlows, RulesThatComeLaterSeeThem) {
  Table table;
  Conversation talk(table);
  for (int i = 0; i < kEnough; ++i)
    talk.udp(true, 4321, kNoise);
  ASSERT_EQ(table.flows.size(), 1U);
  table.flows.begin()->second.packets[0] = 7;

  Signatures signatures;
  ASSERT_EQ(load_signatures(std::string(NETMOTH_BUNDLES) + "/swap-one.bundle", signatures), "");
  WorkerSignatures next;
  next.rules = signatures.rules;
  ASSERT_NE(next.rules, nullptr);
  ASSERT_TRUE(next.rules->prepare(next.scratch));
  talk.worker.worker().exchange(next);
  EXPECT_TRUE(table.flows.empty()) << "still in the kernel, out of the sight of the rules";

  talk.udp(true, 4321, "xxmarked");
  EXPECT_TRUE(table.flows.empty()) << "rules want all of it";
  EXPECT_FALSE(talk.worker.events("alert").empty());
  const auto events = talk.worker.events("flow");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].find("\"pkts_toserver\":136"), std::string::npos) << events[0];
}

// Without rules what was handed back is shunted again by its next packet.
TEST(ShuntedFlows, NoRulesWantNoMoreThanBefore) {
  Table table;
  Conversation talk(table);
  for (int i = 0; i < kEnough; ++i)
    talk.udp(true, 5001, kNoise);
  WorkerSignatures none;
  talk.worker.worker().exchange(none);
  EXPECT_TRUE(table.flows.empty());
  talk.udp(true, 5001, kNoise);
  EXPECT_EQ(table.flows.size(), 1U);
}

TEST(ShuntedFlows, AFullTableIsAskedAgain) {
  Table table;
  table.room = 0;
  Conversation talk(table);
  for (int i = 0; i < 2 * kEnough; ++i)
    talk.udp(true, 5001, kNoise);
  EXPECT_TRUE(table.added.empty());
  table.room = 1;
  talk.udp(true, 5001, kNoise);
  EXPECT_EQ(table.added.size(), 1U);
}

}  // namespace
}  // namespace netmoth::pipeline
