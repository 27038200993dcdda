#include "detect/thresholds.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace netmoth::detect {
namespace {

using Kind = ThresholdEntry::Kind;

struct Wanted {
  std::vector<Suppression> suppressions;
  std::vector<Rate> rates;
};

std::uint64_t id_of(std::uint32_t gid, std::uint32_t sid) {
  return std::uint64_t{gid} << 32 | sid;
}

bool is_threshold(const Rate& rate) {
  return rate.type != Rate::Type::kDetectionFilter && rate.type != Rate::Type::kRateFilter;
}

// What names one signature replaces that rule's threshold.
void apply_named(const ThresholdEntry& entry, Wanted& wanted) {
  if (entry.kind == Kind::kSuppress) {
    wanted.suppressions.push_back(entry.suppression);
    return;
  }
  if (entry.kind == Kind::kRateFilter) {
    if (wanted.rates.empty()) wanted.rates.push_back(entry.rate);
    return;
  }
  std::erase_if(wanted.rates, is_threshold);
  wanted.rates.push_back(entry.rate);
}

// What names all yields to what a rule has.
void apply_to_all(const ThresholdEntry& entry, bool has_own, Wanted& wanted) {
  if (entry.kind == Kind::kSuppress)
    wanted.suppressions.push_back(entry.suppression);
  else if (!has_own)
    wanted.rates.push_back(entry.rate);
}

template <typename T>
std::span<const T> kept(const std::vector<T>& list, Arena& arena) {
  const std::span<T> made = arena.list<T>(list.size());
  std::ranges::copy(list, made.begin());
  return made;
}

}  // namespace

void apply_thresholds(std::span<const ThresholdEntry> entries, std::span<Rule> rules,
                      Arena& arena) {
  if (entries.empty()) return;
  std::unordered_map<std::uint64_t, std::vector<const ThresholdEntry*>> named;
  std::vector<const ThresholdEntry*> of_all;
  for (const ThresholdEntry& entry : entries) {
    if (entry.sid == 0)
      of_all.push_back(&entry);
    else
      named[id_of(entry.gid, entry.sid)].push_back(&entry);
  }
  for (Rule& rule : rules) {
    const auto own = named.find(id_of(rule.gid, rule.sid));
    if (own == named.end() && of_all.empty()) continue;
    Wanted wanted{{}, {rule.rates.begin(), rule.rates.end()}};
    if (own != named.end()) {
      for (const ThresholdEntry* entry : own->second)
        apply_named(*entry, wanted);
    }
    const bool has_own = !wanted.rates.empty();
    for (const ThresholdEntry* entry : of_all) {
      if (entry->gid == 0 || entry->gid == rule.gid) apply_to_all(*entry, has_own, wanted);
    }
    rule.suppressions = kept(wanted.suppressions, arena);
    rule.rates = kept(wanted.rates, arena);
  }
}

}  // namespace netmoth::detect
