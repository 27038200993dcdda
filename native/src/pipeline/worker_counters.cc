#include "pipeline/worker_counters.h"

#include <algorithm>

#include "pipeline/worker.h"

namespace netmoth::pipeline {

WorkerCounters& WorkerCounters::operator+=(const WorkerCounters& part) {
  packets += part.packets;
  sampled_out += part.sampled_out;
  payloads_left += part.payloads_left;
  bytes += part.bytes;
  invalid += part.invalid;
  fragments += part.fragments;
  defrag += part.defrag;
  flows += part.flows;
  streams += part.streams;
  memory += part.memory;
  detect += part.detect;
  has_rules = has_rules || part.has_rules;
  limits += part.limits;
  events_made += part.events_made;
  events_dropped += part.events_dropped;
  for (std::size_t i = 0; i < output::kEventTypes; ++i)
    events_by_type[i] += part.events_by_type[i];
  return *this;
}

WorkerCounters Worker::counters() const {
  const output::WriterCounters& written = writer_.counters();
  WorkerCounters all = front_.counters();
  all.sampled_out = sampled_out_;
  all.payloads_left = payloads_left_;
  all.flows = table_.counters();
  all.streams = sessions_.counters();
  all.memory.sessions = session_memory_.held();
  all.memory.sessions_refused = session_memory_.refused();
  all.memory.sessions_dropped = session_memory_.dropped();
  all.memory.reassembly = sessions_.held_bytes();
  all.memory.rule_streams = detector_.held_bytes();
  all.memory.codecs = codec_memory_.used();
  all.memory.codecs_refused = codec_memory_.refused();
  all.limits.anomalies += anomalies_.suppressed();
  all.limits.list_alerts = indicators_.suppressed();
  all.limits.flow_labels = labeller_.names_refused();
  all.events_made = written.made;
  all.events_dropped = written.dropped;
  all.events_by_type = written.by_type;
  all.detect = detector_.counters();
  all.has_rules = detector_.rules() != nullptr;
  if (own_hosts_ != nullptr) all.hosts = own_hosts_->counters();
  if (own_dns_ != nullptr) all.dns = own_dns_->counters();
  if (own_expectations_ != nullptr) all.expectations = own_expectations_->counters();
  return all;
}

double Worker::memory_share() const {
  const auto share = [](std::size_t held, std::size_t most) {
    return most == 0 ? 0.0 : static_cast<double>(held) / static_cast<double>(most);
  };
  return std::max(share(session_memory_.held(), config_.session_bytes),
                  share(sessions_.held_bytes(), config_.reassembly_bytes));
}

}  // namespace netmoth::pipeline
