// Packets in, EVE lines out: the whole worker on captures built in code.
#include "pipeline/worker.h"

#include <gtest/gtest.h>

#include "output/event_writer.h"
#include "testing/packet_builder.h"

namespace netmoth::pipeline {
namespace {

using testing::Buffer;
using testing::operator+;

constexpr TimestampNs kSecond = 1'000'000'000;
constexpr TimestampNs kStart = 1'700'000'000 * kSecond;
constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16;

struct MemorySink final : output::BatchSink {
  std::string text;
  bool take(output::EventClass, std::string& lines, std::uint32_t) override {
    text += lines;
    return true;
  }
};

struct WorkerFixture : ::testing::Test {
  EngineConfig config;
  MemorySink sink;
  std::unique_ptr<output::EventWriter> writer;
  std::unique_ptr<Worker> worker;
  std::uint64_t number = 0;
  TimestampNs now = kStart;

  void open() {
    output::WriterOptions options;
    options.packet_numbers = true;
    options.one_buffer = true;
    writer = std::make_unique<output::EventWriter>(options, sink);
    worker = std::make_unique<Worker>(config, *writer, 1);
  }
  void frame(const Buffer& data) {
    if (worker == nullptr) open();
    decode::Frame frame;
    frame.time = now;
    frame.number = ++number;
    frame.wire_length = static_cast<std::uint32_t>(data.size());
    frame.data = data;
    worker->process(std::span(&frame, 1));
    now += 1'000'000;
  }
  // All lines of one event type.
  std::vector<std::string> events(std::string_view type) {
    worker->finish(flow::EndReason::kShutdown);
    writer->flush();
    std::vector<std::string> found;
    const std::string mark = "\"event_type\":\"" + std::string(type) + "\"";
    std::size_t at = 0;
    while (at < sink.text.size()) {
      const std::size_t end = sink.text.find('\n', at);
      std::string line = sink.text.substr(at, end - at);
      if (line.find(mark) != std::string::npos) found.push_back(std::move(line));
      at = end + 1;
    }
    return found;
  }
};

// A TCP conversation between 10.0.0.1:40000 and 10.0.0.2:80 with right numbers.
struct Conversation {
  WorkerFixture& test;
  std::uint32_t next[2] = {1000, 5000};

  Buffer segment(int side, int flags, std::string_view payload = {}, int offset = 0) const {
    testing::TcpSpec spec;
    spec.source_port = side == 0 ? 40000 : 80;
    spec.destination_port = side == 0 ? 80 : 40000;
    spec.sequence = next[side] + static_cast<std::uint32_t>(offset);
    spec.acknowledgment = (flags & kAck) != 0 ? next[1 - side] : 0;
    spec.flags = static_cast<std::uint8_t>(flags);
    const char* from = side == 0 ? "10.0.0.1" : "10.0.0.2";
    const char* to = side == 0 ? "10.0.0.2" : "10.0.0.1";
    return testing::ethernet(testing::ipv4(from, to, testing::tcp(spec, payload)));
  }
  void send(int side, int flags, std::string_view payload = {}) {
    test.frame(segment(side, flags, payload));
    advance(side, flags, payload.size());
  }
  void advance(int side, int flags, std::size_t size) {
    next[side] += static_cast<std::uint32_t>(size) + ((flags & (kSyn | kFin)) != 0 ? 1U : 0U);
  }
  void handshake() {
    send(0, kSyn);
    send(1, kSyn | kAck);
    send(0, kAck);
  }
};

constexpr std::string_view kRequest = "GET /a HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

bool has(const std::string& line, std::string_view part) {
  return line.find(part) != std::string::npos;
}

TEST_F(WorkerFixture, AnHttpExchangeGivesOneHttpAndOneFlowEvent) {
  Conversation talk{*this};
  talk.handshake();
  talk.send(0, kPsh | kAck, kRequest);
  talk.send(1, kPsh | kAck, kResponse);
  talk.send(0, kFin | kAck);
  talk.send(1, kFin | kAck);
  talk.send(0, kAck);
  const auto http = events("http");
  ASSERT_EQ(http.size(), 1U);
  EXPECT_TRUE(has(http[0], R"("hostname":"www.example.com","url":"/a")")) << http[0];
  EXPECT_TRUE(has(http[0], R"("status":200)")) << http[0];
  EXPECT_TRUE(has(http[0], R"("src_ip":"10.0.0.1","src_port":40000)")) << http[0];
  const auto flows = events("flow");
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_TRUE(has(flows[0], R"("app_proto":"http")"));
  EXPECT_TRUE(has(flows[0], R"("pkts_toserver":5,"pkts_toclient":3)")) << flows[0];
  EXPECT_TRUE(has(flows[0], R"("state":"closed","reason":"shutdown","alerted":false)"));
  EXPECT_TRUE(has(flows[0], R"("tcp_flags":"1b")")) << flows[0];
  EXPECT_TRUE(has(flows[0], R"("flow_state":"CLOSED")"));
  EXPECT_TRUE(has(flows[0], R"("start":"2023-11-14T22:13:20.000000+0000")")) << flows[0];
}

TEST_F(WorkerFixture, SegmentsInAnyOrderGiveTheSameHttpEvent) {
  Conversation talk{*this};
  talk.handshake();
  std::vector<Buffer> parts;
  for (std::size_t at = 0; at < kRequest.size(); at += 7)
    parts.push_back(talk.segment(0, kAck, kRequest.substr(at, 7), static_cast<int>(at)));
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    frame(*part);
    frame(*part);
  }
  talk.advance(0, kAck, kRequest.size());
  talk.send(1, kAck, kResponse);
  const auto http = events("http");
  ASSERT_EQ(http.size(), 1U);
  EXPECT_TRUE(has(http[0], R"("url":"/a")"));
}

TEST_F(WorkerFixture, WithoutHandshakeNothingIsParsedUnlessAsked) {
  Conversation talk{*this};
  talk.send(0, kPsh | kAck, kRequest);
  talk.send(1, kPsh | kAck, kResponse);
  EXPECT_TRUE(events("http").empty());
  ASSERT_EQ(events("flow").size(), 1U);
}

TEST_F(WorkerFixture, MidstreamReadsConnectionsWithoutStart) {
  config.midstream = true;
  Conversation talk{*this};
  talk.send(0, kPsh | kAck, kRequest);
  talk.send(1, kPsh | kAck, kResponse);
  EXPECT_EQ(events("http").size(), 1U);
}

// The client's octets are held when its packet acknowledges the answer that shows who is server.
TEST_F(WorkerFixture, OctetsKeepTheirSideWhenClientAndServerAreExchanged) {
  config.midstream = true;
  Conversation talk{*this};
  const auto size = static_cast<int>(kResponse.size());
  frame(talk.segment(1, kPsh | kAck, kResponse));
  talk.next[0] += static_cast<std::uint32_t>(kRequest.size());
  frame(talk.segment(1, kAck, {}, size));
  talk.next[0] -= static_cast<std::uint32_t>(kRequest.size());
  talk.next[1] += static_cast<std::uint32_t>(size);
  talk.send(0, kPsh | kAck, kRequest);
  talk.send(1, kPsh | kAck, kResponse);
  talk.send(0, kAck);
  const auto found = events("http");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(has(found[1], R"("hostname":"www.example.com")"));
}

TEST_F(WorkerFixture, DataInTheSynWaitsForTheAnswer) {
  Conversation talk{*this};
  frame(talk.segment(0, kSyn, kRequest));
  talk.next[0] += 1 + static_cast<std::uint32_t>(kRequest.size());
  talk.send(1, kSyn | kAck);
  talk.send(0, kAck);
  talk.send(1, kAck, kResponse);
  EXPECT_EQ(events("http").size(), 1U);
}

TEST_F(WorkerFixture, EventsCarryTheNumberOfTheAcknowledgment) {
  Conversation talk{*this};
  talk.handshake();
  talk.send(0, kPsh | kAck, kRequest);
  talk.send(1, kPsh | kAck, kResponse);
  talk.send(0, kAck);
  const auto http = events("http");
  ASSERT_EQ(http.size(), 1U);
  EXPECT_TRUE(has(http[0], R"("pcap_cnt":6)")) << http[0];
}

TEST_F(WorkerFixture, OverlapsWithOtherDataAreToldAndDecided) {
  for (const auto policy : {stream::OverlapPolicy::kFirst, stream::OverlapPolicy::kLast}) {
    config.overlap_policy = policy;
    sink.text.clear();
    open();
    Conversation talk{*this};
    talk.handshake();
    frame(talk.segment(0, kAck, "GET /a HTTP/1.1\r\nHost: www.example.com\r\n\r\n"));
    frame(talk.segment(0, kAck, "GET /b HTTP/1.1\r\nHost: www.example.com\r\n\r\n"));
    talk.advance(0, kAck, kRequest.size());
    talk.send(1, kAck, kResponse);
    const auto http = events("http");
    ASSERT_EQ(http.size(), 1U);
    const bool first = policy == stream::OverlapPolicy::kFirst;
    EXPECT_TRUE(has(http[0], first ? R"("url":"/a")" : R"("url":"/b")")) << http[0];
    const auto told = events("anomaly");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], R"("event":"stream.reassembly_overlap_different_data")"));
  }
}

TEST_F(WorkerFixture, OneSideAloneIsParsedWhereAsked) {
  for (const bool asked : {false, true}) {
    config.async_oneside = asked;
    sink.text.clear();
    open();
    Conversation talk{*this};
    talk.send(0, kSyn);
    talk.next[1] += 1;
    talk.send(0, kAck);
    talk.send(0, kAck, kRequest);
    EXPECT_EQ(events("http").size(), asked ? 1U : 0U);
  }
}

TEST_F(WorkerFixture, AFloodOfSynsTakesNoMoreThanTheTable) {
  config.max_flows = 10'000;
  open();
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    testing::TcpSpec spec;
    spec.source_port = static_cast<std::uint16_t>(i);
    spec.flags = kSyn;
    const std::string from = "10.1.0." + std::to_string(i >> 16);
    frame(testing::ethernet(testing::ipv4(from, "10.0.0.2", testing::tcp(spec))));
  }
  const WorkerCounters counters = worker->counters();
  EXPECT_LE(counters.flows.active, 10'000U);
  EXPECT_EQ(counters.flows.created, 30'000U);
  EXPECT_EQ(counters.streams.dropped_segments, 0U);
}

TEST_F(WorkerFixture, AWrongChecksumDoesNotReachTheParsersUnlessIgnored) {
  for (const bool validate : {true, false}) {
    config.validate_checksums = validate;
    sink.text.clear();
    open();
    Conversation talk{*this};
    talk.handshake();
    Buffer broken = talk.segment(0, kAck, kRequest);
    broken.at(14 + 20 + 16) ^= 0x55;
    frame(broken);
    talk.advance(0, kAck, kRequest.size());
    talk.send(1, kAck, kResponse);
    const bool url_seen = !events("http").empty() && has(events("http")[0], R"("url":"/a")");
    EXPECT_EQ(url_seen, !validate);
    EXPECT_TRUE(has(events("flow")[0], R"("pkts_toserver":3)"));
  }
}

TEST_F(WorkerFixture, ANewSynOnAClosedConnectionStartsAnotherFlow) {
  Conversation first{*this};
  first.handshake();
  first.send(1, kRst);
  Conversation second{*this, {90000, 95000}};
  second.handshake();
  const auto flows = events("flow");
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_TRUE(has(flows[0], R"("reason":"tcp_reuse")"));
  EXPECT_TRUE(has(flows[1], R"("reason":"shutdown")"));
}

TEST_F(WorkerFixture, SilentFlowsEndByPacketTime) {
  const Buffer lone =
      testing::ethernet(testing::ipv4("10.0.0.1", "10.0.0.2", testing::udp(1, 2, "x")));
  frame(lone);
  now += 31 * kSecond;
  frame(testing::ethernet(testing::ipv4("10.0.0.3", "10.0.0.4", testing::udp(1, 2, "x"))));
  const auto flows = events("flow");
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_TRUE(has(flows[0], R"("reason":"timeout")"));
}

TEST_F(WorkerFixture, TheTableIsBoundedAndSaysWhatItPutOut) {
  config.max_flows = 64;
  for (int i = 0; i < 1000; ++i) {
    const auto port = static_cast<std::uint16_t>(1024 + i);
    frame(testing::ethernet(testing::ipv4("10.0.0.1", "10.0.0.2", testing::udp(port, 9, "x"))));
  }
  EXPECT_EQ(worker->counters().flows.evicted_total(), 936U);
  EXPECT_EQ(worker->counters().flows.active, 64U);
  EXPECT_EQ(events("flow").size(), 1000U);
}

TEST_F(WorkerFixture, AnIcmpErrorCountsForTheFlowItQuotes) {
  const Buffer sent = testing::ipv4("10.0.0.1", "10.0.0.2", testing::udp(5000, 33434, "x"));
  frame(testing::ethernet(sent));
  frame(testing::ethernet(
      testing::ipv4("10.0.0.9", "10.0.0.1", testing::icmp(3, 3, testing::be32(0) + sent))));
  const auto flows = events("flow");
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_TRUE(has(flows[0], R"("pkts_toserver":1,"pkts_toclient":1)")) << flows[0];
}

TEST_F(WorkerFixture, PingsAreOneFlowWithTheTypesOfBothSides) {
  frame(testing::ethernet(
      testing::ipv4("10.0.0.1", "10.0.0.2", testing::icmp(8, 0, testing::be32(1)))));
  frame(testing::ethernet(
      testing::ipv4("10.0.0.2", "10.0.0.1", testing::icmp(0, 0, testing::be32(1)))));
  const auto flows = events("flow");
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_TRUE(has(flows[0], R"("icmp_type":8,"icmp_code":0,"response_icmp_type":0)")) << flows[0];
  EXPECT_TRUE(has(flows[0], R"("state":"established")"));
}

TEST_F(WorkerFixture, VlanTagsStandInTheFlow) {
  const Buffer ip = testing::ipv4("10.0.0.1", "10.0.0.2", testing::udp(1000, 9, "x"));
  frame(testing::ethernet_typed(0x8100, testing::vlan_tag(6, testing::kTypeIpv4, ip)));
  EXPECT_TRUE(has(events("flow")[0], R"("vlan":[6])"));
}

TEST_F(WorkerFixture, AMalformedPacketIsANamedAnomalyAndRepeatsAreOnlyCounted) {
  Buffer cut = testing::ethernet(testing::ipv4("10.0.0.1", "10.0.0.2", testing::udp(1, 2, "x")));
  cut.resize(14 + 12);
  for (int i = 0; i < 50; ++i)
    frame(cut);
  const auto anomalies = events("anomaly");
  EXPECT_EQ(anomalies.size(), kAnomaliesPerSecond);
  EXPECT_TRUE(has(anomalies[0], R"("type":"decode","event":"decoder.ipv4.pkt_too_small")"))
      << anomalies[0];
  EXPECT_EQ(worker->counters().limits.anomalies, 50U - kAnomaliesPerSecond);
  EXPECT_EQ(worker->counters().invalid, 50U);
}

TEST_F(WorkerFixture, AHoleIsToldOnTheFlow) {
  Conversation talk{*this};
  talk.handshake();
  talk.next[0] += 100;  // never seen
  talk.send(0, kAck, "later");
  const auto flows = events("flow");
  EXPECT_TRUE(has(flows[0], R"("ts_gap":true)")) << flows[0];
  EXPECT_EQ(worker->counters().streams.gaps, 1U);
}

// Any cut of a capture is read without harm: every prefix of every frame.
TEST_F(WorkerFixture, EveryTruncationOfEveryFrameIsSurvived) {
  Conversation talk{*this};
  std::vector<Buffer> frames;
  frames.push_back(talk.segment(0, kSyn));
  talk.advance(0, kSyn, 0);
  frames.push_back(talk.segment(1, kSyn | kAck));
  talk.advance(1, kSyn, 0);
  frames.push_back(talk.segment(0, kAck, kRequest));
  frames.push_back(talk.segment(1, kAck, kResponse));
  for (const Buffer& whole : frames) {
    for (std::size_t size = 0; size <= whole.size(); ++size)
      frame({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  EXPECT_FALSE(events("flow").empty());
}

}  // namespace
}  // namespace netmoth::pipeline
