#include "detect/rule_set.h"

#include <algorithm>

#include "detect/rule_set_builder.h"
#include "protocols/protocol_set.h"

namespace netmoth::detect {

bool AddressSet::has(const Address& address, int ip_version) const {
  if (any) return true;
  if (ip_version == 4) {
    const std::uint32_t value = ipv4_number(address);
    const auto after = std::ranges::upper_bound(v4, value, {}, &Ipv4Range::low);
    return after != v4.begin() && value <= std::prev(after)->high;
  }
  const Bytes octets(address.octets);
  return std::ranges::any_of(v6, [&](const Ipv6Range& range) {
    return !std::ranges::lexicographical_compare(octets, range.low) &&
           !std::ranges::lexicographical_compare(range.high, octets);
  });
}

bool Suppression::covers(const Address& source, const Address& destination, int ip_version) const {
  const bool of_source = track == Track::kSource || track == Track::kEither;
  const bool of_destination = track == Track::kDestination || track == Track::kEither;
  return track == Track::kAlways || (of_source && addresses->has(source, ip_version)) ||
         (of_destination && addresses->has(destination, ip_version));
}

std::uint64_t applications_of(std::string_view name) {
  using protocols::AppProto;
  const auto bit = [](AppProto proto) { return std::uint64_t{1} << static_cast<unsigned>(proto); };
  // What carries the same, or has another name in rules.
  if (name == "http") return bit(AppProto::kHttp) | bit(AppProto::kHttp2);
  if (name == "http1") return bit(AppProto::kHttp);
  if (name == "dns") return bit(AppProto::kDns) | bit(AppProto::kLlmnr);
  if (name == "tls" || name == "ssl") return bit(AppProto::kTls) | bit(AppProto::kDtls);
  const auto proto = protocols::app_proto_of(name);
  return proto ? bit(*proto) : 0;
}

std::shared_ptr<const RuleSet> RuleSet::load(const BundleFile& bundle,
                                             std::shared_ptr<const void> owner, LoadReport& report,
                                             const SearchOptions& options) {
  const BundleSection* const listed = bundle.section(bundle_section::kRules);
  if (listed == nullptr || listed->records == 0) return nullptr;  // lists alone
  std::shared_ptr<RuleSet> set(new RuleSet());
  set->owner_ = std::move(owner);
  set->store_ = options.store;
  set->digest_ = bundle.digest();
  IndexedRecords addresses;
  IndexedRecords ports;
  IndexedRecords rules;
  using namespace bundle_section;
  for (const auto& [id, records] : {std::pair{kPool, &set->pool_},
                                    {kAddressSets, &addresses},
                                    {kPortSets, &ports},
                                    {kRules, &rules}}) {
    report.fault = bundle.records(id, *records);
    if (report.fault != BundleFault::kNone) return nullptr;
  }
  report.fault = BundleFault::kCorrupt;
  RuleDecoder decoder(set->arena_, set->pool_, set->pcres_, set->names_);
  if (!decoder.address_sets(addresses) || !decoder.port_sets(ports)) return nullptr;
  if (bundle.section(kDatasets) != nullptr) {
    IndexedRecords datasets;
    if (bundle.records(kDatasets, datasets) != BundleFault::kNone ||
        !decoder.datasets(datasets, set->datasets_))
      return nullptr;
  }
  if (!set->load_addresses(bundle)) return nullptr;
  set->rules_ = set->arena_.list<Rule>(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!decoder.rule(rules.record(i), set->rules_[i])) return nullptr;
  }
  if (!set->load_thresholds(bundle, decoder)) return nullptr;
  IndexedRecords texts;
  if (bundle.section(kRuleTexts) != nullptr) {
    if (bundle.records(kRuleTexts, texts) != BundleFault::kNone || texts.size() != rules.size())
      return nullptr;
    for (std::size_t i = 0; i < texts.size(); ++i)
      set->rules_[i].raw = as_text(texts.record(i));
  }
  report.fault = BundleFault::kNone;
  Builder builder(*set, report);
  builder.build(options);
  return set;
}

bool RuleSet::load_addresses(const BundleFile& bundle) {
  IndexedRecords records;
  if (bundle.section(bundle_section::kAddressTables) == nullptr) return true;
  if (bundle.records(bundle_section::kAddressTables, records) != BundleFault::kNone) return false;
  for (std::size_t i = 0; i < records.size(); ++i) {
    RecordReader in(records.record(i), pool_);
    if (!addresses_.emplace_back().read(in)) return false;
  }
  return true;
}

bool RuleSet::load_thresholds(const BundleFile& bundle, RuleDecoder& decoder) {
  IndexedRecords records;
  if (bundle.section(bundle_section::kThresholds) == nullptr) return true;
  if (bundle.records(bundle_section::kThresholds, records) != BundleFault::kNone) return false;
  std::vector<ThresholdEntry> entries(records.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!decoder.threshold(records.record(i), entries[i])) return false;
  }
  apply_thresholds(entries, rules_, arena_);
  return true;
}

std::span<const std::uint32_t> RuleSet::event_rules(std::string_view name) const {
  const auto found = event_rules_.find(name);
  if (found == event_rules_.end()) return {};
  return found->second;
}

std::string_view RuleSet::name_of(std::uint64_t number) const {
  const auto found = names_.find(number);
  return found == names_.end() ? std::string_view() : found->second;
}

std::size_t RuleSet::compiled_octets() const {
  std::size_t octets = 0;
  for_each_matcher([&](const PatternMatcher& matcher) { octets += matcher.compiled_octets(); });
  return octets;
}

bool RuleSet::prepare(PatternScratch& scratch) const {
  bool ready = true;
  for_each_matcher(
      [&](const PatternMatcher& matcher) { ready = ready && scratch.prepare(matcher); });
  return ready;
}

}  // namespace netmoth::detect
