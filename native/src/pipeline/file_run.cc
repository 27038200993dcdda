#include "pipeline/file_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>

#include "capture/pcap_file.h"

namespace netmoth::pipeline {
namespace {

// The output file; standard output is not closed.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path)
      : descriptor_(path == "-"
                        ? STDOUT_FILENO
                        : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)),
        owned_(path != "-") {}
  ~OutputFile() {
    if (owned_ && descriptor_ >= 0) ::close(descriptor_);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // errno of close(), where a full disk may first show.
  int close() {
    if (!owned_ || descriptor_ < 0) return 0;
    const int failed = ::close(descriptor_);
    descriptor_ = -1;
    return failed == 0 ? 0 : errno;
  }

 private:
  int descriptor_;
  bool owned_;
};

RunFault write_fault(const std::string& path, int error) {
  return {"NM_OUTPUT_WRITE", "cannot write " + path + ": " + std::strerror(error)};
}

}  // namespace

RunFault source_fault(const std::string& path, const capture::Fault& fault) {
  using capture::SourceStatus;
  const std::string where = path == "-" ? "standard input" : path;
  switch (fault.status) {
    case SourceStatus::kFrames:
    case SourceStatus::kIdle:
    case SourceStatus::kEnd:
      return {};
    case SourceStatus::kTruncated:
    case SourceStatus::kBroken:
      return {"NM_CAPTURE_FILE_TRUNCATED", where + ": " + fault.message};
    case SourceStatus::kNotACapture:
      return {"NM_CAPTURE_FILE_FORMAT", where + ": " + fault.message};
    case SourceStatus::kUnsupportedLinkType:
      return {"NM_CAPTURE_LINK_TYPE", where + ": " + fault.message};
    case SourceStatus::kFailed:
      return {"NM_CAPTURE_FILE_UNREADABLE", where + ": " + fault.message};
  }
  return {};
}

output::StatsRecord stats_of(const WorkerCounters& counters, std::uint64_t uptime_seconds) {
  output::StatsRecord record;
  record.uptime_seconds = uptime_seconds;
  record.kernel_packets = counters.packets;
  record.packets = counters.packets;
  record.bytes = counters.bytes;
  record.invalid = counters.invalid;
  record.flows_total = counters.flows_total;
  record.flows_active = counters.flows_active;
  record.flows_evicted = counters.flows_evicted;
  record.defrag = counters.defrag;
  record.dns = counters.dns;
  return record;
}

FileRunResult run_file(const FileRunOptions& options,
                       const std::function<bool(const Progress&)>& progress) {
  const auto started = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  FileRunResult result;
  capture::PcapFile source(options.path);
  std::array<decode::Frame, kBatchFrames> frames;
  std::size_t count = 0;
  // The capture is looked at before the output is touched: a wrong path must not empty a file.
  capture::SourceStatus status = source.next_batch(frames, count);
  if (status > capture::SourceStatus::kTruncated) {
    result.fault = source_fault(options.path, source.fault());
    return result;
  }
  OutputFile file(options.eve_path);
  if (file.descriptor() < 0) {
    result.fault = write_fault(options.eve_path, errno);
    return result;
  }
  output::FileSink sink(file.descriptor());
  output::WriterOptions writing;
  writing.packet_numbers = true;
  writing.dns_version = options.engine.dns_version;
  writing.eve = options.engine.eve;
  writing.one_buffer = true;
  output::EventWriter writer(writing, sink);
  std::random_device entropy;
  Worker worker(options.engine, writer, std::uint64_t{entropy()} << 32 | entropy());

  std::uint64_t next_report = kProgressFrames;
  while (status == capture::SourceStatus::kFrames && sink.error() == 0) {
    if (result.frames == 0) result.first_packet = frames[0].time;
    for (const decode::Frame& frame : std::span(frames).first(count))
      result.bytes += frame.data.size();
    result.frames += count;
    result.last_packet = frames[count - 1].time;
    worker.process(std::span(frames).first(count));
    if (result.frames >= next_report) {
      next_report += kProgressFrames;
      if (!progress({source.offset_bytes(), source.total_bytes(), result.frames})) break;
    }
    status = source.next_batch(frames, count);
  }
  worker.finish(flow::EndReason::kShutdown);
  writer.stats(stats_of(worker.counters(), static_cast<std::uint64_t>(elapsed())), worker.now());
  writer.flush();
  result.counters = worker.counters();
  result.fault = source_fault(options.path, source.fault());
  const int write_error = sink.error() != 0 ? sink.error() : file.close();
  if (write_error != 0) result.fault = write_fault(options.eve_path, write_error);
  result.wall_seconds = elapsed();
  return result;
}

}  // namespace netmoth::pipeline
