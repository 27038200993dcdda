// A worker with everything full: what the process has grown by, beside what the configuration says.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "commands.h"
#include "pipeline/memory_model.h"
#include "pipeline/signatures.h"
#include "test/testing/memory_filler.h"

namespace netmoth::bench {
namespace {

struct Nowhere final : output::BatchSink {
  bool take(output::EventClass, std::string&, std::uint32_t) override { return true; }
};

std::size_t resident_octets() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long whole = 0;
  unsigned long resident = 0;
  const int read = std::fscanf(file, "%lu %lu", &whole, &resident);
  std::fclose(file);
  return read == 2 ? resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

void print(const char* name, std::size_t model, std::size_t held) {
  std::printf("\"%s\":{\"model\":%zu,\"held\":%zu},", name, model, held);
}

}  // namespace

// FLOWS [BUNDLE]: with rules, streams wait to be looked at besides.
int memory(Arguments arguments) {
  pipeline::EngineConfig config;
  config.max_flows = static_cast<std::size_t>(std::atoll(arguments[0]));
  config.validate_checksums = false;
  const std::size_t before = resident_octets();
  pipeline::Signatures signatures;
  if (arguments.size() > 1) {
    const std::string refused = pipeline::load_signatures(arguments[1], signatures);
    if (!refused.empty()) {
      std::fprintf(stderr, "%s: %s\n", arguments[1], refused.c_str());
      return 1;
    }
    config.rules = signatures.rules;
    config.indicators = signatures.indicators;
  }
  Nowhere sink;
  output::WriterOptions options;
  options.one_buffer = true;
  output::EventWriter writer(options, sink);
  pipeline::Worker worker(config, writer, 1);
  const std::size_t empty = resident_octets();
  testing::MemoryFiller filler(worker);
  // With rules the bodies that decompressors give are kept as sessions are, until none may begin.
  filler.fill_reassembly();
  if (signatures.rules != nullptr) filler.fill_rule_streams();
  filler.fill_dns(config.dns_cache_entries);
  filler.fill_defrag();
  filler.fill_codecs();
  filler.fill_sessions();
  filler.fill_flows(config.max_flows);
  const std::size_t grown = resident_octets() - before;
  const pipeline::WorkerCounters counters = worker.counters();
  const std::optional<std::size_t> octets =
      arguments.size() > 1 ? std::optional(signatures.octets()) : std::nullopt;
  const pipeline::MemoryModel model = pipeline::memory_when_full(config, 1, octets);
  std::printf("{");
  print("flows", model.flows, counters.flows.memory_bytes);
  print("sessions", model.sessions, counters.memory.sessions);
  print("reassembly", model.reassembly, counters.memory.reassembly);
  print("rule_streams", model.rule_streams, counters.memory.rule_streams);
  print("codecs", model.codecs, counters.memory.codecs);
  print("defrag", model.defrag, counters.memory.defrag);
  print("dns_cache", model.dns_cache, counters.dns.memory_bytes);
  std::printf("\"active\":%llu,\"empty\":%zu,\"model\":%zu,\"grown\":%zu,\"packets\":%llu}\n",
              static_cast<unsigned long long>(counters.flows.active), empty - before, model.total(),
              grown, static_cast<unsigned long long>(counters.packets));
  return 0;
}

}  // namespace netmoth::bench
