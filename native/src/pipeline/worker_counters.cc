#include "pipeline/worker_counters.h"

namespace netmoth::pipeline {

WorkerCounters& WorkerCounters::operator+=(const WorkerCounters& part) {
  packets += part.packets;
  bytes += part.bytes;
  invalid += part.invalid;
  fragments += part.fragments;
  defrag += part.defrag;
  flows_total += part.flows_total;
  flows_active += part.flows_active;
  flows_evicted += part.flows_evicted;
  reassembly_gaps += part.reassembly_gaps;
  reassembly_drops += part.reassembly_drops;
  anomalies_suppressed += part.anomalies_suppressed;
  events_made += part.events_made;
  events_dropped += part.events_dropped;
  for (std::size_t i = 0; i < output::kEventTypes; ++i)
    events_by_type[i] += part.events_by_type[i];
  return *this;
}

}  // namespace netmoth::pipeline
