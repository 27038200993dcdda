#include "pipeline/memory_model.h"

namespace netmoth::pipeline {

MemoryModel memory_when_full(const EngineConfig& config, std::size_t workers,
                             std::optional<std::size_t> signatures) {
  MemoryModel model;
  model.flows = flow::FlowTable::bytes_when_full(config.max_flows);
  if (config.eve.flow_profile) model.flows += config.max_flows * sizeof(flow::FlowProfile);
  model.sessions = config.session_bytes;
  constexpr std::size_t kSpare = stream::kSpareBuffers * stream::kBufferBytes;
  model.reassembly = config.reassembly_bytes + kSpare;
  if (signatures) model.rule_streams = config.rule_stream_bytes + kSpare;
  model.signatures = signatures.value_or(0);
  model.codecs = config.codec_bytes;
  model.names = correlate::NamePool::bytes_when_full(correlate::Labeller::kNameBytes);
  // A buffer that fills, and the batch that was handed over last; small classes stay small.
  model.events = 2 * output::WriterOptions{}.batch_bytes;
  model.defrag = config.defrag_bytes;
  model.frames = sizeof(Worker) + kBatchFrames * sizeof(decode::DecodedFrame) +
                 decode::kMaxPacketsPerFrame * decode::kMaxDatagramBytes;
  model.dns_cache = correlate::DnsCache::bytes_when_full(config.dns_cache_entries);
  model.hosts = detect::HostState::bytes_when_full(config.rule_state_entries);
  model.workers = workers;
  return model;
}

}  // namespace netmoth::pipeline
