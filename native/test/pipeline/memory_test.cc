// Memory is what the configuration says: each bound is reached and kept while packets push against
// it, and what flows took is given back with them. That the process takes no more than these parts
// is for `npm test -- --only memory` (bench/memory) to say: sanitizers have a heap of their own.
#include <gtest/gtest.h>

#include "output/event_writer.h"
#include "pipeline/memory_model.h"
#include "testing/memory_filler.h"

namespace netmoth::pipeline {
namespace {

struct LineSink final : output::BatchSink {
  std::uint64_t memcap_anomalies = 0;
  bool take(output::EventClass, std::string& lines, std::uint32_t) override {
    for (std::size_t at = lines.find("\"session_memcap\""); at != lines.npos;
         at = lines.find("\"session_memcap\"", at + 1))
      ++memcap_anomalies;
    return true;
  }
};

output::WriterOptions one_buffer() {
  output::WriterOptions options;
  options.one_buffer = true;
  return options;
}

struct Memory : ::testing::Test {
  EngineConfig config;
  LineSink sink;
  output::EventWriter writer{one_buffer(), sink};
  std::unique_ptr<Worker> worker;
  std::unique_ptr<testing::MemoryFiller> filler;

  Memory() {
    config.validate_checksums = false;
    config.max_flows = 20'000;
    config.session_bytes = std::size_t{4} << 20;
    config.reassembly_bytes = std::size_t{4} << 20;
    config.defrag_bytes = std::size_t{2} << 20;
    config.codec_bytes = std::size_t{4} << 20;
    config.dns_cache_entries = 4096;
  }
  void open() {
    worker = std::make_unique<Worker>(config, writer, 1);
    filler = std::make_unique<testing::MemoryFiller>(*worker);
  }
  output::MemoryInUse in_use() { return worker->counters().memory; }
};

TEST_F(Memory, SessionsStayWithinTheirBoundAndSayWhatTheyRefuse) {
  open();
  filler->fill_sessions();
  const output::MemoryInUse memory = in_use();
  EXPECT_LE(memory.sessions, config.session_bytes);
  EXPECT_GT(memory.sessions, config.session_bytes * 9 / 10);
  EXPECT_GT(memory.sessions_refused, 0U);
  EXPECT_GT(memory.sessions_dropped, 0U);
  writer.flush();
  EXPECT_GT(sink.memcap_anomalies, 0U);
  EXPECT_LE(sink.memcap_anomalies, memory.sessions_refused + memory.sessions_dropped);
}

TEST_F(Memory, WhatFlowsTookIsGivenBackWhenTheyEnd) {
  open();
  filler->fill_codecs();
  filler->fill_reassembly();
  filler->fill_sessions();
  worker->finish(flow::EndReason::kShutdown);
  const output::MemoryInUse memory = in_use();
  EXPECT_EQ(memory.sessions, 0U);
  EXPECT_EQ(memory.reassembly, 0U);
  EXPECT_EQ(memory.codecs, 0U);
  EXPECT_EQ(worker->counters().flows.memory_bytes, 0U);
}

TEST_F(Memory, EachPartIsFullAndNoneIsBeyondItsBound) {
  open();
  filler->fill_codecs();
  EXPECT_LE(in_use().codecs, config.codec_bytes);
  EXPECT_GT(in_use().codecs, config.codec_bytes * 9 / 10);
  filler->fill_reassembly();
  EXPECT_LE(in_use().reassembly, config.reassembly_bytes);
  EXPECT_GT(in_use().reassembly, config.reassembly_bytes * 9 / 10);
  filler->fill_defrag();
  EXPECT_LE(in_use().defrag, config.defrag_bytes);
  filler->fill_dns(config.dns_cache_entries);
  const std::size_t dns = memory_when_full(config, 1).dns_cache;
  EXPECT_LE(worker->counters().dns.memory_bytes, dns);
  EXPECT_GT(worker->counters().dns.memory_bytes, dns * 9 / 10);
  filler->fill_sessions();
  filler->fill_flows(config.max_flows);
  const std::size_t flows = memory_when_full(config, 1).flows;
  EXPECT_LE(worker->counters().flows.memory_bytes, flows);
  EXPECT_GT(worker->counters().flows.memory_bytes, flows * 9 / 10);
  EXPECT_LE(in_use().codecs, config.codec_bytes);
  EXPECT_LE(in_use().reassembly, config.reassembly_bytes);
  EXPECT_LE(in_use().sessions, config.session_bytes);
}

TEST(MemoryModel, GrowsWithTheWorkersButForWhatTheyShare) {
  const EngineConfig config;
  const MemoryModel one = memory_when_full(config, 1);
  const MemoryModel four = memory_when_full(config, 4);
  EXPECT_EQ(four.total() - one.total(), 3 * one.of_worker());
}

}  // namespace
}  // namespace netmoth::pipeline
