// Whose turn it is to look at what all workers of a capture share (detect/host_state.h), so that
// several workers find the same as one does.
//
// One order for everything: packets as the capture has them, and flows that end because they were
// silent. Those end at the next boundary (kBoundaryNs) behind the moment they are due, after the
// packets until then and before the ones after it, one another by when they are due; with the
// capture's end the others go, as they began. A worker that comes to shared state waits until all
// others are past what comes before; who does not, never waits.
//
// Invariant: nobody waits for ever: whoever waits has said how far it is, and the worker that is
// furthest behind has nobody to wait for. Ends that are due in the same nanosecond in two workers
// have no order.
#pragma once

#include "correlate/progress.h"

namespace netmoth::pipeline {

class Turn {
 public:
  static constexpr TimestampNs kBoundaryNs = 100'000'000;

  // Both nullptr: alone. `packets` says how far workers are, `ends` how far with flows' ends.
  Turn(correlate::Progress* packets, correlate::Progress* ends, std::size_t worker)
      : packets_(packets), ends_(ends), worker_(worker) {}

  void begin_packet(TimestampNs order) {
    before_ = order;
    end_ = 0;
    taken_ = false;
  }
  // A flow's end, due at `due`; of the capture's end what comes after every boundary.
  void begin_end(TimestampNs due) {
    before_ = boundary_behind(due) + 1;
    end_ = due;
    taken_ = false;
  }
  // Returns when all that comes before was looked at by the others.
  void await() {
    if (taken_ || packets_ == nullptr) return;
    taken_ = true;
    packets_->reach(worker_, before_);
    if (end_ != 0) ends_->reach(worker_, end_);
    packets_->await(worker_, before_);
    if (end_ != 0) ends_->await(worker_, end_);
  }
  // What is due until `boundary` has ended.
  void passed(TimestampNs boundary) {
    if (ends_ != nullptr) ends_->reach(worker_, boundary + 1);
  }
  void finish() {
    if (ends_ != nullptr) ends_->finish(worker_);
  }

  // The boundary where what is due at `due` ends.
  static constexpr TimestampNs boundary_behind(TimestampNs due) {
    return (due + kBoundaryNs - 1) / kBoundaryNs * kBoundaryNs;
  }
  // The last one before `order`.
  static constexpr TimestampNs boundary_before(TimestampNs order) {
    return (order - 1) / kBoundaryNs * kBoundaryNs;
  }

 private:
  correlate::Progress* packets_;
  correlate::Progress* ends_;
  std::size_t worker_;
  TimestampNs before_ = 0;  // packets earlier than this come first
  TimestampNs end_ = 0;     // 0: a packet's turn
  bool taken_ = false;
};

}  // namespace netmoth::pipeline
