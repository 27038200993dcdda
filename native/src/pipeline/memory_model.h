// What an engine takes when everything in it is full, from its configuration alone.
//
// Invariant: each part is a bound that the part itself keeps; `netmoth_bench memory` fills them all
// with packets and compares the process with total(): they differ by less than a tenth
// (bench/memory). What the process takes before it has an engine (the program, Node) is not in it.
#pragma once

#include <cstddef>
#include <optional>

#include "pipeline/worker.h"

namespace netmoth::pipeline {

struct MemoryModel {
  // Of each worker.
  std::size_t flows = 0;
  std::size_t sessions = 0;
  std::size_t reassembly = 0;
  std::size_t rule_streams = 0;  // where there are rules
  std::size_t codecs = 0;
  std::size_t names = 0;   // domains of live flows
  std::size_t events = 0;  // lines on their way to their batch
  // Of each worker that reads for itself; workers of one file share one.
  std::size_t defrag = 0;
  std::size_t frames = 0;
  // Of the run.
  std::size_t dns_cache = 0;
  std::size_t hosts = 0;       // what rules remember of them
  std::size_t signatures = 0;  // rules and lists themselves; while sets are exchanged, twice
  std::size_t workers = 1;

  [[nodiscard]] std::size_t of_worker() const {
    return flows + sessions + reassembly + rule_streams + codecs + names + events + defrag + frames;
  }
  [[nodiscard]] std::size_t total() const {
    return workers * of_worker() + dns_cache + hosts + signatures;
  }
};

// `signatures`: octets of the set to be used (Signatures::octets()); nullopt: there is none.
MemoryModel memory_when_full(const EngineConfig& config, std::size_t workers,
                             std::optional<std::size_t> signatures = std::nullopt);

}  // namespace netmoth::pipeline
