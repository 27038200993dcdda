#include "pipeline/file_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>

#include "capture/pcap_file.h"
#include "pipeline/parallel_read.h"
#include "pipeline/signatures.h"

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
  record.capture.kernel_packets = counters.packets;
  record.events_made = counters.events_made;
  record.events_dropped = counters.events_dropped;
  record.packets = counters.packets;
  record.bytes = counters.bytes;
  record.invalid = counters.invalid;
  record.flows = counters.flows;
  record.streams = counters.streams;
  record.memory = counters.memory;
  record.defrag = counters.defrag;
  record.dns = counters.dns;
  record.expectations = counters.expectations;
  record.has_rules = counters.has_rules;
  record.detect = counters.detect;
  record.hosts = counters.hosts;
  record.limits = counters.limits;
  return record;
}

void write_stats(FileRunResult& result, TimestampNs now, output::EventWriter& writer) {
  constexpr TimestampNs kSecond = 1'000'000'000;
  const TimestampNs span = result.frames > 0 ? now - result.first_packet : 0;
  writer.stats(stats_of(result.counters,
                        static_cast<std::uint64_t>(std::max<TimestampNs>(span, 0) / kSecond)),
               now);
  writer.flush();
  ++result.counters.events_made;
  ++result.counters.events_by_type[static_cast<std::size_t>(output::EventType::kStats)];
}

namespace {

using OnProgress = std::function<bool(const Progress&)>;

// One worker on this thread.
class SerialRead {
 public:
  SerialRead(const EngineConfig& engine, capture::PcapFile& source, FileRunResult& result)
      : engine_(engine), source_(source), result_(result) {}

  capture::SourceStatus begin() { return status_ = source_.next_batch(frames_, count_); }

  void run(const output::WriterOptions& writing, output::FileSink& sink,
           const OnProgress& progress) {
    output::EventWriter writer(writing, sink);
    std::random_device entropy;
    const std::uint64_t seed = std::uint64_t{entropy()} << 32 | entropy();
    correlate::DnsCache dns(engine_.dns_cache_entries, seed);
    Worker worker(engine_, writer, seed, {.dns = {&dns}});
    if (count_ > 0) result_.first_packet = frames_[0].time;
    std::uint64_t next_report = kProgressFrames;
    while (status_ == capture::SourceStatus::kFrames && sink.error() == 0) {
      for (const decode::Frame& frame : std::span(frames_).first(count_))
        result_.bytes += frame.data.size();
      result_.frames += count_;
      result_.last_packet = frames_[count_ - 1].time;
      worker.process(std::span(frames_).first(count_));
      if (result_.frames >= next_report) {
        next_report += kProgressFrames;
        if (!progress({source_.offset_bytes(), source_.total_bytes(), result_.frames})) break;
      }
      status_ = source_.next_batch(frames_, count_);
    }
    worker.finish(flow::EndReason::kShutdown);
    result_.counters = worker.counters();
    dns.expire(worker.now());
    result_.counters.dns = dns.counters();
    write_stats(result_, worker.now(), writer);
  }

 private:
  const EngineConfig& engine_;
  capture::PcapFile& source_;
  FileRunResult& result_;
  std::array<decode::Frame, kBatchFrames> frames_;
  std::size_t count_ = 0;
  capture::SourceStatus status_ = capture::SourceStatus::kEnd;
};

template <typename Read>
void read_into(const FileRunOptions& options, capture::PcapFile& source, FileRunResult& result,
               const OnProgress& progress) {
  Read read(options.engine, source, result);
  if (options.read_bytes > 0) source.limit_reads(options.read_bytes);
  // The capture is looked at before the output is touched: a wrong path must not empty a file.
  if (read.begin() > capture::SourceStatus::kTruncated) {
    result.fault = source_fault(options.path, source.fault());
    return;
  }
  OutputFile file(options.eve_path);
  if (file.descriptor() < 0) {
    result.fault = write_fault(options.eve_path, errno);
    return;
  }
  output::FileSink sink(file.descriptor());
  output::WriterOptions writing;
  writing.packet_numbers = true;
  writing.dns_version = options.engine.dns_version;
  writing.eve = options.engine.eve;
  writing.one_buffer = true;
  read.run(writing, sink, progress);
  result.fault = source_fault(options.path, source.fault());
  const int write_error = sink.error() != 0 ? sink.error() : file.close();
  if (write_error != 0) result.fault = write_fault(options.eve_path, write_error);
}

}  // namespace

FileRunResult run_file(const FileRunOptions& given, const OnProgress& progress) {
  auto started = std::chrono::steady_clock::now();
  const auto elapsed = [&started] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  FileRunResult result;
  FileRunOptions options = given;
  Signatures signatures;
  if (!options.bundle_path.empty()) {
    const std::string refused =
        load_signatures(options.bundle_path, signatures, search_with_cache(options.pattern_cache));
    if (!refused.empty()) {
      result.fault = {"NM_BUNDLE_INVALID", options.bundle_path + ": " + refused};
      return result;
    }
    options.engine.indicators = signatures.indicators;
    options.engine.rules = signatures.rules;
    options.engine.compile_on_use = true;
    if (options.profile && signatures.rules != nullptr) {
      result.rule_set = signatures.rules;
      result.profile.resize(signatures.rules->rules().size());
      options.engine.profile = &result.profile;
      options.engine.workers = 1;
    }
    result.rules = std::move(signatures.report);
    result.load_seconds = elapsed();
    started = std::chrono::steady_clock::now();
  }
  capture::PcapFile source(options.path);
  if (options.engine.workers > 1)
    read_into<ParallelRead>(options, source, result, progress);
  else
    read_into<SerialRead>(options, source, result, progress);
  result.wall_seconds = elapsed();
  result.signature_octets = signatures.octets();
  return result;
}

}  // namespace netmoth::pipeline
