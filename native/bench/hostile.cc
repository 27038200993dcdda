// One hostile shape through a worker, so that its instructions can be counted (bench/callgrind).
#include <cstdio>
#include <cstdlib>

#include "commands.h"
#include "test/testing/hostile_shapes.h"

namespace netmoth::bench {
namespace {

struct Nowhere final : output::BatchSink {
  bool take(output::EventClass, std::string&, std::uint32_t) override { return true; }
};

int list_shapes() {
  for (const testing::HostileShape& shape : testing::kHostileShapes)
    std::printf("%.*s %zu\n", static_cast<int>(shape.name.size()), shape.name.data(), shape.size);
  return 0;
}

}  // namespace

int hostile(Arguments arguments) {
  const std::string_view name = arguments[0];
  if (name == "list") return list_shapes();
  for (const testing::HostileShape& shape : testing::kHostileShapes) {
    if (shape.name != name) continue;
    pipeline::EngineConfig config;
    config.validate_checksums = false;
    config.max_flows = 1'000;
    Nowhere sink;
    output::EventWriter writer({}, sink);
    pipeline::Worker worker(config, writer, 1);
    testing::WorkerFeeder feed(worker);
    const bool sized = arguments.size() > 1;
    shape.play(feed, sized ? static_cast<std::size_t>(std::atoll(arguments[1])) : shape.size);
    worker.finish(flow::EndReason::kShutdown);
    std::printf("{\"packets\":%llu,\"events\":%llu}\n",
                static_cast<unsigned long long>(worker.counters().packets),
                static_cast<unsigned long long>(writer.counters().made));
    return 0;
  }
  std::fprintf(stderr, "no such shape: %s\n", arguments[0]);
  return 64;
}

}  // namespace netmoth::bench
