// Reads one capture from start to end into an EVE file, by one worker on the calling thread or by
// several (parallel_read.h).
//
// Invariant: everything readable before a fault is processed and written; the result says what the
// fault was. The same capture gives the same events in every run, whatever pieces it is read in;
// with several workers in another order. `progress` is called by one thread at a time, about every
// kProgressFrames frames.
#pragma once

#include <functional>
#include <string>

#include "capture/frame_source.h"
#include "detect/rule_set.h"
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
  std::string path;            // "-": standard input
  std::string eve_path;        // "-": standard output
  std::string bundle_path;     // compiled signatures; empty: none
  std::string pattern_cache;   // folder of compiled patterns; empty: compiled in each run
  bool profile = false;        // measure each rule; by one worker
  std::size_t read_bytes = 0;  // the capture is read in pieces of at most so many; 0: as suits
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
  detect::LoadReport rules;          // where a bundle was given
  double load_seconds = 0;           // of it
  std::size_t signature_octets = 0;  // what it takes, with the patterns that were needed
  // Where it was asked for: the set, and what each of its rules cost.
  std::shared_ptr<const detect::RuleSet> rule_set;
  detect::RuleProfile profile;
  RunFault fault;
};

// What a source's fault is to a user; empty for a source that came to its end.
RunFault source_fault(const std::string& path, const capture::Fault& fault);

output::StatsRecord stats_of(const WorkerCounters& counters, std::uint64_t uptime_seconds);

// The stats event of a file, by its counters so far; hands over all that was written. Its uptime is
// the time the capture spans, not the time it took to read.
void write_stats(FileRunResult& result, TimestampNs now, output::EventWriter& writer);

// `progress` returns false to stop early.
FileRunResult run_file(const FileRunOptions& options,
                       const std::function<bool(const Progress&)>& progress);

}  // namespace netmoth::pipeline
