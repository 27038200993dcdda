// threshold.config: suppressions and rates by signature, outside the rules.
//
// Source: Suricata 8 user guide, "Global-Thresholds"; docs/bundle.md, "threshold entry". Invariant:
// applied once, when a set is loaded; what a rule says itself comes before what is said of all.
#pragma once

#include "detect/arena.h"
#include "detect/rule.h"

namespace netmoth::detect {

struct ThresholdEntry {
  enum class Kind : std::uint8_t { kSuppress, kThreshold, kEventFilter, kRateFilter };
  Kind kind = Kind::kSuppress;
  std::uint32_t gid = 0;  // 0: every one
  std::uint32_t sid = 0;  // 0: every one of the gid
  Suppression suppression;
  Rate rate;
};

// Gives each rule its own entries and those of all rules. Lists lie in `arena`.
void apply_thresholds(std::span<const ThresholdEntry> entries, std::span<Rule> rules, Arena& arena);

}  // namespace netmoth::detect
