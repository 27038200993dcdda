// What is done with frames before they belong to a flow: decoding, the clocks, the limit of decode
// anomalies.
//
// Invariant: it sees every frame of its source in order, so all it makes depends on the source
// alone. A worker that reads for itself has one of its own; workers that are dealt frames share
// one, used by one of them at a time, and have their own to decode what nothing is to be told of.
#pragma once

#include "decode/decoder.h"
#include "pipeline/anomaly_limit.h"
#include "pipeline/frame_clock.h"
#include "pipeline/worker_counters.h"

namespace netmoth::pipeline {

class Front {
 public:
  explicit Front(const decode::DecoderOptions& options) : decoder_(options) {}

  void decode(const decode::Frame& frame, decode::DecodedFrame& out) {
    decoder_.decode(frame, out);
  }
  // Brings the clocks up to the frame.
  const FrameClock& advance(TimestampNs time) {
    clock_.advance(time);
    return clock_;
  }
  // Whether the anomaly, of the frame at hand, is told or only counted.
  bool tells(const decode::Anomaly& anomaly) {
    return limit_.allow(0, decode::decode_event_name(anomaly.event), clock_.now);
  }
  // Time passed without a frame.
  const FrameClock& idle(TimestampNs now) {
    clock_.idle(now);
    decoder_.expire(clock_.now);
    return clock_;
  }

  [[nodiscard]] const FrameClock& clock() const { return clock_; }
  // Of frames and fragments; the rest is not known here.
  [[nodiscard]] WorkerCounters counters() const;

 private:
  decode::Decoder decoder_;
  FrameClock clock_;
  FrameAnomalyLimit limit_;
};

}  // namespace netmoth::pipeline
