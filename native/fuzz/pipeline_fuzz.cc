// A capture file of arbitrary bytes through the whole engine: reader, decoder, flows, streams,
// parsers, JSON. Every line that comes out must be one whole object.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "capture/pcap_file.h"
#include "output/event_writer.h"
#include "pipeline/worker.h"

namespace {

struct CheckingSink final : netmoth::output::BatchSink {
  bool take(netmoth::output::EventClass, std::string& lines, std::uint32_t count) override {
    std::uint32_t seen = 0;
    std::size_t start = 0;
    while (start < lines.size()) {
      const std::size_t end = lines.find('\n', start);
      if (end == std::string::npos || lines[start] != '{' || lines[end - 1] != '}') std::abort();
      ++seen;
      start = end + 1;
    }
    if (seen != count) std::abort();
    return true;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth;
  if (size == 0) return 0;
  pipeline::EngineConfig config;
  config.max_flows = 64;
  config.reassembly_bytes = 1U << 16;
  // The last octet chooses the settings, so that most inputs stay captures.
  config.validate_checksums = (data[size - 1] & 1) != 0;
  config.midstream = (data[size - 1] & 2) != 0;
  CheckingSink sink;
  output::WriterOptions options;
  options.dns_version = (data[size - 1] & 4) != 0 ? 3 : 2;
  options.packet_numbers = true;
  options.batch_bytes = 1U << 12;
  output::EventWriter writer(options, sink);
  pipeline::Worker worker(config, writer, 1);
  capture::PcapFile file{Bytes(data, size)};
  std::array<decode::Frame, pipeline::kBatchFrames> frames;
  std::size_t count = 0;
  while (file.next_batch(frames, count) == capture::SourceStatus::kFrames)
    worker.process(std::span(frames).first(count));
  worker.finish(flow::EndReason::kShutdown);
  writer.flush();
  if (worker.counters().flows.active != 0) std::abort();
  return 0;
}
