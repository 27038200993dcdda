// Reads one capture from start to end through one worker into an EVE file.
//
// Invariant: everything readable before a fault is processed and written; the result says what the
// fault was. Runs wholly on the calling thread; `progress` is called there, about every
// kProgressFrames frames.
#pragma once

#include <functional>
#include <string>

#include "capture/frame_source.h"
#include "pipeline/worker.h"

namespace netmoth::pipeline {

inline constexpr std::uint64_t kProgressFrames = 1U << 16;

// A failure as the façade words it: `code` is one of contracts/src/errors.ts, empty where all went
// well.
struct RunFault {
  std::string code;
  std::string message;
};

struct FileRunOptions {
  std::string path;      // "-": standard input
  std::string eve_path;  // "-": standard output
  EngineConfig engine;
};

struct Progress {
  std::uint64_t bytes = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t packets = 0;
};

struct FileRunResult {
  WorkerCounters counters;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  TimestampNs first_packet = 0;
  TimestampNs last_packet = 0;
  double wall_seconds = 0;
  RunFault fault;
};

// What a source's fault is to a user; empty for a source that came to its end.
RunFault source_fault(const std::string& path, const capture::Fault& fault);

output::StatsRecord stats_of(const WorkerCounters& counters, std::uint64_t uptime_seconds);

// `progress` returns false to stop early.
FileRunResult run_file(const FileRunOptions& options,
                       const std::function<bool(const Progress&)>& progress);

}  // namespace netmoth::pipeline
