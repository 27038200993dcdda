// Rules that share where their pattern is looked for.
//
// Invariant: a pattern that is found names every rule that has it; rules without one are always
// candidates. Immutable once built.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "detect/pattern_matcher.h"
#include "detect/rule_index.h"

namespace netmoth::detect {

struct PatternGroup {
  std::unique_ptr<PatternMatcher> matcher;  // nullptr: no rule has a pattern
  std::vector<std::uint32_t> first;         // by pattern: where its rules start in `rules`
  std::vector<std::uint32_t> rules;         // places of rules
  std::vector<std::uint32_t> unfiltered;    // places, ascending

  [[nodiscard]] std::span<const std::uint32_t> rules_of(std::size_t pattern) const {
    return std::span(rules).subspan(first[pattern], first[pattern + 1] - first[pattern]);
  }
};

class PatternGroupBuilder {
 public:
  // Found by a piece of the pattern, so now and then where the pattern is not.
  void add(Bytes pattern, bool nocase, std::uint32_t rule);
  void add_unfiltered(std::uint32_t rule) { unfiltered_.push_back(rule); }
  PatternGroup build(const SearchOptions& options);

 private:
  struct Entry {
    Pattern pattern;
    std::vector<std::uint32_t> rules;
  };
  std::map<std::pair<std::string, bool>, std::size_t> places_;  // of patterns
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> unfiltered_;
};

// Rules on the payload, of one layer and direction: a group for every set of their index.
class PayloadGroups {
 public:
  void add(std::uint32_t place, const Rule& rule) { index_.add(place, rule); }
  void build(std::span<const Rule> rules, const SearchOptions& options);

  [[nodiscard]] std::span<const PatternGroup> all() const { return groups_; }
  [[nodiscard]] bool empty() const { return empty_; }
  // Calls `told` with each group that may concern it; see RuleIndex.
  template <typename Told>
  void for_each(const Ends& ends, std::uint64_t application, const Told& told) const {
    index_.for_each(ends, application, [&](std::size_t set) { told(groups_[set]); });
  }

 private:
  RuleIndex index_;
  std::vector<PatternGroup> groups_;
  bool empty_ = true;
};

}  // namespace netmoth::detect
