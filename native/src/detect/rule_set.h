// A compiled set in memory, ready to match: rules, and by which patterns they are found.
//
// Invariant: immutable once loaded and shared by all workers; it keeps the bundle's bytes, into
// which rules point. A rule that needs what this engine does not have is left out and named in the
// report, never matched in part.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "detect/address_index.h"
#include "detect/address_table.h"
#include "detect/arena.h"
#include "detect/buffers.h"
#include "detect/bundle_file.h"
#include "detect/pattern_group.h"
#include "detect/rule.h"
#include "detect/rule_decoder.h"

namespace netmoth::detect {

struct LoadReport {
  BundleFault fault = BundleFault::kNone;
  std::size_t loaded = 0;
  std::size_t refused = 0;
  // "sid 1: buffer x is not known", the first kMaxReasons of them.
  std::vector<std::string> reasons;
};
inline constexpr std::size_t kMaxReasons = 100;

enum class Layer : std::uint8_t { kPacket, kStream, kDatagram };
inline constexpr std::size_t kLayers = 3;

// One buffer after its transforms, as rules look into it.
struct BufferKey {
  const BufferRow* row = nullptr;
  std::span<const Transform> transforms;
  std::array<PatternGroup, 2> groups;  // by direction
};

class RuleSet {
 public:
  // nullptr where the bundle has no rules, and with report.fault where they cannot be read. `owner`
  // keeps the bundle's bytes.
  static std::shared_ptr<const RuleSet> load(const BundleFile& bundle,
                                             std::shared_ptr<const void> owner, LoadReport& report,
                                             const SearchOptions& options = {});

  [[nodiscard]] std::span<const Rule> rules() const { return rules_; }
  [[nodiscard]] std::span<const BufferKey> keys() const { return keys_; }
  // Places in keys() that records of the kind may have.
  [[nodiscard]] std::span<const std::uint16_t> keys_of(protocols::RecordKind kind) const {
    return keys_of_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] const PayloadGroups& payload(Layer layer, Direction direction) const {
    return payload_[static_cast<std::size_t>(layer)][index_of(direction)];
  }
  // Rules on headers alone.
  [[nodiscard]] const RuleIndex& packet_rules(Direction direction) const {
    return packet_rules_[index_of(direction)];
  }
  // Rules on addresses and transport alone.
  [[nodiscard]] const AddressIndex& address_rules(Direction direction) const {
    return address_rules_[index_of(direction)];
  }
  // Rules on both sides of a transaction at once (=>).
  [[nodiscard]] std::span<const std::uint32_t> whole_tx_rules(protocols::RecordKind kind) const {
    return whole_tx_rules_[static_cast<std::size_t>(kind)];
  }
  // The text of a name_number() that a flowbit of the set has; empty where none has.
  [[nodiscard]] std::string_view name_of(std::uint64_t number) const;
  // Rules on transactions without a pattern in one of its buffers.
  [[nodiscard]] std::span<const std::uint32_t> tx_rules(protocols::RecordKind kind,
                                                        Direction direction) const {
    return tx_rules_[static_cast<std::size_t>(kind)][index_of(direction)];
  }
  // Rules that ask for an event by this name ("decoder.ipv4.trunc_pkt", "http.…").
  [[nodiscard]] std::span<const std::uint32_t> event_rules(std::string_view name) const;
  [[nodiscard]] bool has_event_rules() const { return !event_rules_.empty(); }
  // Whether anything looks into contents of transactions, or into TCP streams.
  [[nodiscard]] bool wants_bodies() const { return wants_bodies_; }
  // Whether anything asks for files, for their magic or digests, or for frames.
  [[nodiscard]] bool wants_files() const { return wants_files_; }
  [[nodiscard]] bool wants_magic() const { return wants_magic_; }
  [[nodiscard]] base::DigestKinds wants_digests() const { return wants_digests_; }
  [[nodiscard]] bool wants_frames() const { return wants_frames_; }
  [[nodiscard]] bool wants_streams() const { return wants_streams_; }
  // Whether a rule remembers more than one flow: bits of hosts, rates.
  [[nodiscard]] bool shares_state() const { return shares_state_; }
  // Whether a rule tags hosts.
  [[nodiscard]] bool tags_hosts() const { return tags_hosts_; }
  [[nodiscard]] std::span<const std::uint8_t> digest() const { return digest_; }
  // Makes everything ready for a worker that cannot stop to compile what it meets first. False: no
  // memory.
  [[nodiscard]] bool prepare(PatternScratch& scratch) const;
  // Of compiled patterns; not while a worker may compile what it meets first.
  [[nodiscard]] std::size_t compiled_octets() const;

 private:
  class Builder;
  RuleSet() = default;
  [[nodiscard]] bool load_addresses(const BundleFile& bundle);
  [[nodiscard]] bool load_thresholds(const BundleFile& bundle, RuleDecoder& decoder);
  template <typename Told>
  void for_each_matcher(const Told& told) const {
    const auto tell = [&](const PatternGroup& group) {
      if (group.matcher != nullptr) told(*group.matcher);
    };
    for (const BufferKey& key : keys_)
      std::ranges::for_each(key.groups, tell);
    for (const auto& layer : payload_) {
      for (const PayloadGroups& groups : layer)
        std::ranges::for_each(groups.all(), tell);
    }
  }

  std::shared_ptr<const void> owner_;
  std::shared_ptr<const PatternStore> store_;
  IndexedRecords pool_;
  Arena arena_;
  PcreStore pcres_;
  std::deque<Dataset> datasets_;
  std::deque<AddressTable> addresses_;
  std::span<Rule> rules_;
  std::vector<BufferKey> keys_;
  std::array<std::vector<std::uint16_t>, static_cast<std::size_t>(protocols::RecordKind::kCount)>
      keys_of_;
  std::array<std::array<PayloadGroups, 2>, kLayers> payload_;
  std::array<RuleIndex, 2> packet_rules_;
  std::array<AddressIndex, 2> address_rules_;
  std::array<std::vector<std::uint32_t>, static_cast<std::size_t>(protocols::RecordKind::kCount)>
      whole_tx_rules_;
  std::unordered_map<std::uint64_t, std::string_view> names_;
  std::array<std::array<std::vector<std::uint32_t>, 2>,
             static_cast<std::size_t>(protocols::RecordKind::kCount)>
      tx_rules_;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> event_rules_;
  std::array<std::uint8_t, kBundleDigestOctets> digest_{};
  bool wants_bodies_ = false;
  bool wants_files_ = false;
  bool wants_magic_ = false;
  bool wants_frames_ = false;
  base::DigestKinds wants_digests_;
  bool wants_streams_ = false;
  bool shares_state_ = false;
  bool tags_hosts_ = false;
};

// The bits of AppProto that a rule's protocol stands for; 0 where none.
std::uint64_t applications_of(std::string_view name);

}  // namespace netmoth::detect
