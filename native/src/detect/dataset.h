// Values that a matcher looks a whole buffer up in (dataset, datarep). Source: Suricata 8 user
// guide, "Datasets"; docs/bundle.md, "dataset".
//
// Invariant: what the bundle lists is immutable and shared; its octets stay in the bundle. What
// rules add and take away meanwhile is kept beside it, in HostState.
#pragma once

#include <optional>
#include <unordered_map>

#include "detect/record_reader.h"
#include "detect/rule.h"

namespace netmoth::detect {

class Dataset {
 public:
  // False where the record is broken.
  [[nodiscard]] bool read(RecordReader& in);

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  // Whether a value of so many octets can be one of them.
  [[nodiscard]] bool fits(std::size_t octets) const;
  [[nodiscard]] bool lists(Bytes value) const { return values_.contains(as_text(value)); }
  [[nodiscard]] std::optional<std::uint64_t> reputation(Bytes value) const;

  // A rule of the set adds or takes away.
  void note_change() { changes_ = true; }
  [[nodiscard]] bool changes() const { return changes_; }

 private:
  enum class Kind : std::uint8_t { kString, kMd5, kSha256, kIpv4, kIp, kCount };

  Kind kind_ = Kind::kString;
  std::string_view name_;
  std::uint64_t number_ = 0;  // name_number()
  bool rated_ = false;
  bool changes_ = false;
  std::unordered_map<std::string_view, std::uint64_t> values_;  // with their reputations
};

// Where matchers ask whether a value is set, and set it.
class DatasetMemory {
 public:
  virtual ~DatasetMemory() = default;
  virtual bool look_up(const DatasetMatch& match, Bytes value) = 0;
};

bool reputation_passes(const ReputationMatch& match, Bytes value);

}  // namespace netmoth::detect
