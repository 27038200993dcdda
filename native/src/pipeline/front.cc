#include "pipeline/front.h"

namespace netmoth::pipeline {

WorkerCounters Front::counters() const {
  const decode::DecoderCounters& decoded = decoder_.counters();
  WorkerCounters part;
  part.packets = decoded.frames;
  part.bytes = decoded.bytes;
  part.invalid = decoded.invalid;
  part.fragments = decoded.fragments;
  part.defrag = decoder_.defrag_counters();
  part.memory.defrag = decoder_.defrag_bytes();
  part.limits.anomalies = limit_.suppressed();
  return part;
}

}  // namespace netmoth::pipeline
