// Gives rules their tables and groups when a set is loaded. Part of rule_set.h.
#pragma once

#include <map>
#include <optional>

#include "detect/fields.h"
#include "detect/rule_set.h"

namespace netmoth::detect {

class RuleSet::Builder {
 public:
  Builder(RuleSet& set, LoadReport& report) : set_(set), report_(report) {}
  void build(const SearchOptions& options);

 private:
  // Why the rule cannot be matched; empty where it can.
  std::string resolve(Rule& rule);
  std::string resolve_inspection(Rule& rule, Inspection& inspection);
  std::string resolve_matcher(const Rule& rule, const Matcher& matcher);
  std::string resolve_tests(Rule& rule);
  std::string resolve_address_test(FieldTest& test);
  void place(const Rule& rule, std::uint32_t at);
  void place_event_rule(const Rule& rule, std::uint32_t at);
  void place_payload_rule(const Rule& rule, std::uint32_t at);
  void place_tx_rule(const Rule& rule, std::uint32_t at);
  std::uint16_t key_of(const BufferRow& row, const Inspection& inspection);

  RuleSet& set_;
  LoadReport& report_;
  bool by_patterns_ = true;
  std::map<std::string, std::uint16_t> key_places_;
  std::vector<std::array<PatternGroupBuilder, 2>> open_keys_;
};

}  // namespace netmoth::detect
