// The flows of one worker whose packets stay in the kernel (capture/flow_shunt.h), and what was
// counted of them there.
//
// Invariant: what the kernel counts is added to its flow at least every kFoldNs and before the flow
// ends, so timeouts and flow events are right. A flow of which nothing came for kIdleFolds goes
// back to be handed over, which keeps its place for others. Bound: kMost at a time, those included
// that were handed back and have not ended. One worker owns it.
#pragma once

#include <vector>

#include "capture/flow_shunt.h"
#include "flow/flow_table.h"

namespace netmoth::pipeline {

class ShuntedFlows {
 public:
  static constexpr std::size_t kMost = 4096;
  static constexpr TimestampNs kFoldNs = 500'000'000;  // below every timeout
  static constexpr unsigned kIdleFolds = 20;

  // `shunt` outlives it; nullptr: no flow is shunted.
  explicit ShuntedFlows(capture::FlowShunt* shunt) : shunt_(shunt) {}

  [[nodiscard]] bool active() const { return shunt_ != nullptr; }
  [[nodiscard]] bool has_room() const { return size_ < kMost; }
  // False where the kernel takes no more.
  bool add(flow::Flow& flow);
  // To be called now and then with packet time; looks at the flows once in kFoldNs.
  void fold(flow::FlowTable& table, TimestampNs now) {
    if (size_ != 0 && now >= next_fold_) fold_all(table, now);
  }
  // Its packets are handed over again; what was counted is added.
  void hand_back(flow::Flow& flow);
  void hand_back_all(flow::FlowTable& table, TimestampNs now);
  // The flow ends: what was ever counted of it.
  flow::BypassedCounts forget(flow::Flow& flow);

 private:
  struct Entry {
    flow::Flow* flow = nullptr;  // nullptr: free
    capture::FlowShunt::Place place = 0;
    bool shunted = false;
    unsigned idle = 0;
    capture::ShuntCounts folded;  // of this stay in the kernel
    flow::BypassedCounts all;
  };
  void fold_all(flow::FlowTable& table, TimestampNs now);
  // True where there was something.
  bool add_counts(Entry& entry, const capture::ShuntCounts& counts);

  capture::FlowShunt* shunt_;
  std::vector<Entry> entries_;
  std::vector<std::uint16_t> free_;
  std::size_t size_ = 0;
  TimestampNs next_fold_ = 0;
};

}  // namespace netmoth::pipeline
