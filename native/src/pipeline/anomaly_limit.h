// How many anomaly events are told: so many a second of packet time of each name, the rest is
// counted.
//
// Invariant: what is told does not depend on how conversations were dealt out to workers, nor on
// when a worker got round to end a silent flow. So the budgets of stream and application anomalies
// are kept by share of conversations (flow::share_of), each of which has one worker and sees its
// packets in order; and what a flow's end brings to light draws on a small budget of that flow
// alone. Fixed size, no allocation.
#pragma once

#include <array>
#include <string_view>

#include "base/types.h"
#include "flow/flow_key.h"

namespace netmoth::pipeline {

// Of one name; per second, and per share where there are shares.
inline constexpr std::uint32_t kAnomaliesPerSecond = 10;
// Of all names, at the end of one flow.
inline constexpr std::uint32_t kAnomaliesAtEnd = 4;

template <std::size_t kGroups>
class AnomalyLimit {
 public:
  bool allow(std::size_t group, std::string_view name, TimestampNs now) {
    constexpr TimestampNs kSecond = 1'000'000'000;
    Budget& budget = budgets_[group][std::hash<std::string_view>{}(name) % kNames];
    if (budget.second != now / kSecond) budget = {now / kSecond, 0};
    return count(budget.told < kAnomaliesPerSecond, budget.told);
  }
  void begin_end() { told_at_end_ = 0; }
  bool allow_at_end() { return count(told_at_end_ < kAnomaliesAtEnd, told_at_end_); }
  [[nodiscard]] std::uint64_t suppressed() const { return suppressed_; }

 private:
  // Names that share a place share its budget.
  static constexpr std::size_t kNames = 64;
  struct Budget {
    TimestampNs second = 0;
    std::uint32_t told = 0;
  };

  bool count(bool allowed, std::uint32_t& told) {
    if (allowed)
      ++told;
    else
      ++suppressed_;
    return allowed;
  }

  std::array<std::array<Budget, kNames>, kGroups> budgets_{};
  std::uint32_t told_at_end_ = 0;
  std::uint64_t suppressed_ = 0;
};

using FlowAnomalyLimit = AnomalyLimit<flow::kShares>;
using FrameAnomalyLimit = AnomalyLimit<1>;

}  // namespace netmoth::pipeline
