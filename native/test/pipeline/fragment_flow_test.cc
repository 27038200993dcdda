// Fragments through the whole worker: one flow of the datagram, none of the fragments, and the
// parser sees what was put together.
#include <gtest/gtest.h>

#include "output/event_writer.h"
#include "pipeline/worker.h"
#include "testing/packet_builder.h"

namespace netmoth::pipeline {
namespace {

using testing::Buffer;
using testing::operator+;

struct MemorySink final : output::BatchSink {
  std::string text;
  bool take(output::EventClass, std::string& lines, std::uint32_t) override {
    text += lines;
    return true;
  }
};

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

// A query for www.example.com, type A.
Buffer dns_query() {
  return testing::from_hex(
      "1234 0100 0001 0000 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001");
}

TEST(FragmentFlow, OneFlowWithTheOctetsOfTheDatagram) {
  const Buffer packet = testing::ipv4("10.0.0.1", "10.0.0.2", testing::udp(40000, 53, dns_query()));
  const auto part = [&](std::size_t from, std::size_t size, bool more) {
    Buffer data(packet.begin() + 20 + static_cast<std::ptrdiff_t>(from),
                packet.begin() + 20 + static_cast<std::ptrdiff_t>(from + size));
    return testing::ethernet(testing::ipv4(
        "10.0.0.1", "10.0.0.2", testing::other(ip_proto::kUdp, data),
        {.more_fragments = more, .fragment_offset_units = static_cast<std::uint16_t>(from / 8)}));
  };
  const std::size_t size = packet.size() - 20;
  const std::vector<Buffer> frames = {part(24, size - 24, false), part(0, 8, true),
                                      part(8, 16, true), part(0, 8, true)};

  MemorySink sink;
  output::WriterOptions options;
  options.one_buffer = true;
  output::EventWriter writer(options, sink);
  Worker worker({}, writer, 1);
  // In one batch, so that all are decoded before the first is looked at.
  std::vector<decode::Frame> batch(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    batch[i].time = 1'700'000'000'000'000'000 + static_cast<TimestampNs>(i);
    batch[i].number = i + 1;
    batch[i].wire_length = static_cast<std::uint32_t>(frames[i].size());
    batch[i].data = frames[i];
  }
  worker.process(batch);
  const WorkerCounters counters = worker.counters();
  EXPECT_EQ(counters.fragments, 4U);
  EXPECT_EQ(counters.defrag.reassembled, 1U);
  EXPECT_EQ(counters.flows.created, 1U);
  worker.on_idle(1'700'000'100'000'000'000);
  EXPECT_EQ(worker.counters().defrag.timeouts, 1U) << "the fragment that came too late";
  worker.finish(flow::EndReason::kShutdown);
  writer.flush();

  EXPECT_EQ(count(sink.text, R"("event_type":"dns")"), 1U) << sink.text;
  EXPECT_EQ(count(sink.text, R"("rrname":"www.example.com")"), 1U) << sink.text;
  EXPECT_EQ(count(sink.text, R"("event_type":"flow")"), 1U) << sink.text;
  const std::string octets = "\"pkts_toserver\":1,\"pkts_toclient\":0,\"bytes_toserver\":" +
                             std::to_string(14 + packet.size()) + ",";
  EXPECT_EQ(count(sink.text, octets), 1U) << sink.text;
}

}  // namespace
}  // namespace netmoth::pipeline
