// Floods against a full table: who is lost, and how much comes out.
#include <gtest/gtest.h>

#include "output/event_writer.h"
#include "pipeline/worker.h"
#include "testing/packet_builder.h"

namespace netmoth::pipeline {
namespace {

using testing::Buffer;

constexpr std::uint8_t kSyn = 2, kAck = 16;
constexpr std::uint32_t kLive = 1'000;
constexpr std::uint32_t kSyns = 1'000'000;

// Counts lines by what they hold; keeps none.
struct CountingSink final : output::BatchSink {
  std::uint64_t http = 0;
  std::uint64_t live_forced = 0;
  bool take(output::EventClass, std::string& lines, std::uint32_t) override {
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find('\n', at);
      const std::string_view line = std::string_view(lines).substr(at, end - at);
      const auto has = [&](std::string_view part) { return line.find(part) != line.npos; };
      if (has("\"event_type\":\"http\"")) ++http;
      if (has("\"src_ip\":\"10.9.") && has("\"reason\":\"forced\"")) ++live_forced;
      at = end + 1;
    }
    return true;
  }
};

struct Flood : ::testing::Test {
  EngineConfig config;
  CountingSink sink;
  output::EventWriter writer{{}, sink};
  std::unique_ptr<Worker> worker;
  std::uint64_t number = 0;
  TimestampNs now = 1'700'000'000'000'000'000;

  void open() {
    config.max_flows = 10'000;
    config.validate_checksums = false;  // frames are patched in place
    worker = std::make_unique<Worker>(config, writer, 1);
  }
  void frame(const Buffer& data) {
    decode::Frame frame;
    frame.time = now += 1'000;
    frame.number = ++number;
    frame.wire_length = static_cast<std::uint32_t>(data.size());
    frame.data = data;
    worker->process(std::span(&frame, 1));
  }
  // A segment of live connection `index`, 10.9.x.y:40000 to 10.8.0.1:80.
  void live(std::uint32_t index, int side, int flags, std::uint32_t sequence, std::uint32_t ack,
            std::string_view payload = {}) {
    testing::TcpSpec spec;
    spec.source_port = side == 0 ? 40'000 : 80;
    spec.destination_port = side == 0 ? 80 : 40'000;
    spec.sequence = sequence;
    spec.acknowledgment = ack;
    spec.flags = static_cast<std::uint8_t>(flags);
    const std::string client =
        "10.9." + std::to_string(index / 250) + "." + std::to_string(index % 250 + 1);
    const testing::Segment segment = testing::tcp(spec, payload);
    frame(testing::ethernet(side == 0 ? testing::ipv4(client, "10.8.0.1", segment)
                                      : testing::ipv4("10.8.0.1", client, segment)));
  }
  void syns(std::uint32_t from, std::uint32_t until) {
    testing::TcpSpec spec;
    spec.flags = kSyn;
    Buffer syn = testing::ethernet(testing::ipv4("172.0.0.0", "10.8.0.1", testing::tcp(spec)));
    for (std::uint32_t i = from; i < until; ++i) {
      constexpr std::size_t kSource = 14 + 12 + 1;  // lower octets of the source address
      syn[kSource] = static_cast<std::uint8_t>(i >> 16);
      syn[kSource + 1] = static_cast<std::uint8_t>(i >> 8);
      syn[kSource + 2] = static_cast<std::uint8_t>(i);
      frame(syn);
    }
  }
};

TEST_F(Flood, AMillionSynsCostNoLiveConnection) {
  constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  constexpr std::string_view kResponse = "HTTP/1.1 204 No Content\r\n\r\n";
  constexpr std::uint32_t kAsked = 1001 + static_cast<std::uint32_t>(kRequest.size());
  open();
  for (std::uint32_t i = 0; i < kLive; ++i) {
    live(i, 0, kSyn, 1000, 0);
    live(i, 1, kSyn | kAck, 5000, 1001);
    live(i, 0, kAck, 1001, 5001, kRequest);
  }
  syns(0, kSyns / 2);
  const std::uint64_t half = worker->counters().flows.memory_bytes;
  syns(kSyns / 2, kSyns);
  const WorkerCounters counters = worker->counters();
  EXPECT_EQ(counters.flows.created, kLive + kSyns);
  EXPECT_EQ(counters.flows.active, 10'000U);
  EXPECT_EQ(counters.flows.memory_bytes, half);
  EXPECT_EQ(counters.flows.evicted, (std::array<std::uint64_t, 3>{kSyns - 9'000, 0, 0}));
  EXPECT_EQ(counters.flows.emergencies_entered, 1U);
  EXPECT_EQ(counters.streams.dropped_segments, 0U);
  // They were silent all the while; now they are answered.
  for (std::uint32_t i = 0; i < kLive; ++i)
    live(i, 1, kAck, 5001, kAsked, kResponse);
  for (std::uint32_t i = 0; i < kLive; ++i)
    live(i, 0, kAck, kAsked, 5001 + static_cast<std::uint32_t>(kResponse.size()));
  worker->finish(flow::EndReason::kShutdown);
  writer.flush();
  EXPECT_EQ(sink.http, kLive);
  EXPECT_EQ(sink.live_forced, 0U);
  // One event a flow, one a transaction, and nothing else.
  EXPECT_EQ(writer.counters().made, kLive + kSyns + kLive);
}

}  // namespace
}  // namespace netmoth::pipeline
