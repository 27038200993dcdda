// Records of a bundle into rules. Source: docs/bundle.md, "Records".
//
// Invariant: any octets are refused or decoded, never trusted: every place points into its table,
// every list is as long as its record can be, matchers and nesting are bounded.
#pragma once

#include <deque>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "detect/arena.h"
#include "detect/dataset.h"
#include "detect/pcre.h"
#include "detect/record_reader.h"
#include "detect/rule.h"
#include "detect/thresholds.h"

namespace netmoth::detect {

// Beyond, a rule is refused: matching recurses once a matcher.
inline constexpr std::size_t kMaxMatchers = 256;
// Byte variables of a rule.
inline constexpr std::size_t kMaxVariables = 64;

class RuleDecoder {
 public:
  // All outlive what is decoded.
  RuleDecoder(Arena& arena, const IndexedRecords& pool, PcreStore& pcres,
              std::unordered_map<std::uint64_t, std::string_view>& names)
      : arena_(arena), pool_(pool), pcres_(pcres), names_(names) {}

  [[nodiscard]] bool address_sets(const IndexedRecords& records);
  [[nodiscard]] bool port_sets(const IndexedRecords& records);
  // Into `datasets`, which rules then point to: before rules are read.
  [[nodiscard]] bool datasets(const IndexedRecords& records, std::deque<Dataset>& datasets);
  [[nodiscard]] bool rule(Bytes record, Rule& rule);
  [[nodiscard]] bool threshold(Bytes record, ThresholdEntry& entry);

 private:
  template <typename T, typename Read>
  std::span<const T> list(RecordReader& in, Read read) {
    const std::size_t count = in.count();
    if (!in.ok()) return {};
    const std::span<T> made = arena_.list<T>(count);
    for (T& each : made) {
      if (!in.ok()) break;
      each = read(in);
    }
    return made;
  }
  template <typename T>
  const T* place(RecordReader& in, std::span<T> table) {
    const std::size_t at = in.place(table.size());
    return in.ok() ? &table[at] : nullptr;
  }

  Head head(RecordReader& in);
  FieldTest field_test(RecordReader& in);
  NumberTest number_test(RecordReader& in);
  Which which(RecordReader& in);
  StateOperation state_operation(RecordReader& in);
  Inspection inspection(RecordReader& in);
  Transform transform(RecordReader& in);
  Matcher matcher(RecordReader& in);
  Content content(RecordReader& in);
  PcreMatch pcre(RecordReader& in);
  ByteValue byte_value(RecordReader& in);
  // nullptr where the bundle has no such dataset.
  Dataset* dataset_use(RecordReader& in);
  Matcher dataset_match(RecordReader& in);
  Matcher reputation_match(RecordReader& in);
  static FlowTest flow(RecordReader& in);
  static Rate rate(RecordReader& in);
  static Tag tag(RecordReader& in);
  static void prefilter(RecordReader& in, Rule& rule);

  Arena& arena_;
  const IndexedRecords& pool_;
  PcreStore& pcres_;
  std::unordered_map<std::uint64_t, std::string_view>& names_;  // by name_number()
  std::span<AddressSet> address_sets_;                          // in the arena: heads point to them
  std::span<PortSet> port_sets_;
  std::deque<Dataset>* datasets_ = nullptr;
};

}  // namespace netmoth::detect
