// Every hostile shape at a size and at twice that size: blocks taken from the heap, events and
// their octets at most double, and what is held at most stays.
//
// No clock is read. Instructions are compared in the same way by `npm test -- --only callgrind`
// (bench/callgrind/hostile.ts).
#include <gtest/gtest.h>

#include "base/heap_balance.h"
#include "output/event_writer.h"
#include "testing/hostile_shapes.h"

namespace netmoth::pipeline {
namespace {

struct Work {
  std::uint64_t blocks = 0;
  std::uint64_t events = 0;
  std::uint64_t octets = 0;  // of events
  std::size_t held = 0;      // before the flows end
};

struct OctetSink final : output::BatchSink {
  std::uint64_t octets = 0;
  bool take(output::EventClass, std::string& lines, std::uint32_t) override {
    octets += lines.size();
    return true;
  }
};

// Bounds that all shapes reach.
EngineConfig narrow_config() {
  EngineConfig config;
  config.validate_checksums = false;
  config.max_flows = 16;
  config.session_bytes = std::size_t{128} << 10;
  config.reassembly_bytes = std::size_t{128} << 10;
  config.defrag_bytes = std::size_t{512} << 10;
  config.codec_bytes = std::size_t{256} << 10;
  config.dns_cache_entries = 128;
  return config;
}

std::size_t held_by(const WorkerCounters& counters) {
  const output::MemoryInUse& memory = counters.memory;
  return memory.sessions + memory.reassembly + memory.defrag + memory.codecs +
         counters.flows.memory_bytes + counters.dns.memory_bytes;
}

Work play(const testing::HostileShape& shape, std::size_t size) {
  OctetSink sink;
  output::EventWriter writer({}, sink);
  Worker worker(narrow_config(), writer, 1);
  testing::WorkerFeeder feed(worker);
  Work work;
  {
    // The frames are built from heap too, as often for the half as for each half of the whole.
    const std::uint64_t before = base::heap_blocks_taken();
    shape.play(feed, size);
    work.held = held_by(worker.counters());
    worker.finish(flow::EndReason::kShutdown);
    work.blocks = base::heap_blocks_taken() - before;
  }
  writer.flush();
  work.events = writer.counters().made;
  work.octets = sink.octets;
  return work;
}

class Hostile : public ::testing::TestWithParam<testing::HostileShape> {};

// Twice the size, a tenth for what goes on in steps, and a constant.
void expect_linear(std::uint64_t twice, std::uint64_t once, std::uint64_t constant) {
  EXPECT_LE(twice, once * 22 / 10 + constant);
}

TEST_P(Hostile, CostsInProportionAndHoldsNoMore) {
  const Work once = play(GetParam(), GetParam().size);
  const Work twice = play(GetParam(), 2 * GetParam().size);
  expect_linear(twice.blocks, once.blocks, 1'000);
  expect_linear(twice.events, once.events, 20);
  expect_linear(twice.octets, once.octets, 10'000);
  EXPECT_LE(twice.held, once.held * 11 / 10 + 4096);
  EXPECT_GT(once.events, 0U);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Hostile, ::testing::ValuesIn(testing::kHostileShapes),
                         [](const auto& parameter) {
                           std::string name(parameter.param.name);
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace netmoth::pipeline
