// What a worker, or a run of several, has counted.
#pragma once

#include <array>
#include <cstdint>

#include "correlate/dns_cache.h"
#include "decode/defragment.h"
#include "detect/detect_counters.h"
#include "flow/flow_table.h"
#include "output/batch.h"
#include "output/stats_json.h"
#include "protocols/expectations.h"
#include "stream/reassembler.h"

namespace netmoth::pipeline {

// All since start.
struct WorkerCounters {
  std::uint64_t packets = 0;        // frames
  std::uint64_t sampled_out = 0;    // frames that are not among those
  std::uint64_t payloads_left = 0;  // packets of encrypted flows, counted and not looked into
  std::uint64_t bytes = 0;          // captured
  std::uint64_t invalid = 0;
  std::uint64_t fragments = 0;
  decode::DefragCounters defrag;
  flow::FlowTableCounters flows;
  stream::StreamCounters streams;
  output::MemoryInUse memory;
  output::LimitCounters limits;
  std::uint64_t events_made = 0;
  std::uint64_t events_dropped = 0;
  std::array<std::uint64_t, output::kEventTypes> events_by_type{};
  correlate::DnsCacheCounters dns;  // of the cache; left empty by workers that share one
  protocols::ExpectationCounters expectations;  // likewise
  detect::HostCounters hosts;                   // likewise
  detect::DetectCounters detect;
  bool has_rules = false;

  WorkerCounters& operator+=(const WorkerCounters& part);  // all but those three
};

}  // namespace netmoth::pipeline
