#include "detect/rule_set_builder.h"

#include <algorithm>

#include "detect/inspect.h"

namespace netmoth::detect {
namespace {

constexpr std::uint32_t kEveryKind = ~std::uint32_t{0};

bool is_event(const FieldTest& test) {
  return test.field == "app-layer-event" || test.field == "decode-event" ||
         test.field == "stream-event";
}

// What names of events begin with where they are raised and not where rules ask for them.
std::string_view event_prefix(std::string_view field) {
  if (field == "decode-event") return "decoder.";
  return field == "stream-event" ? "stream." : "";
}

bool may_go(const Rule& rule, Direction direction) {
  return direction == Direction::kToServer ? rule.flow.to_server : rule.flow.to_client;
}

constexpr Direction kDirections[] = {Direction::kToServer, Direction::kToClient};

// Inspections and tests of transactions must all be of one kind of record.
std::uint32_t kinds_of(const RuleSet& set, const Rule& rule) {
  std::uint32_t kinds = kEveryKind;
  for (const Inspection& inspection : rule.inspections) {
    if (inspection.scope == BufferScope::kTransaction)
      kinds &= set.keys()[inspection.key].row->kinds;
  }
  for (const FieldTest& test : rule.tests) {
    if (test.row->scope == FieldScope::kTransaction) kinds &= test.row->kinds;
  }
  return kinds;
}

// Suricata's IP-only rules: neither ports nor anything that changes from packet to packet.
bool on_addresses_alone(const Rule& rule) {
  const bool plain = std::ranges::all_of(rule.heads, [](const Head& head) {
    return head.applications == 0 && head.source_ports->any && head.destination_ports->any &&
           !head.without_ip;
  });
  const auto constant = [](const FieldTest& test) {
    return test.field == "ip_proto" || test.field == "sameip" ||
           test.row->scope == FieldScope::kAddress;
  };
  const FlowTest& flow = rule.flow;
  return plain && rule.inspections.empty() && rule.conditions.empty() &&
         std::ranges::all_of(rule.tests, constant) && flow.to_server && flow.to_client &&
         !flow.established && !flow.not_established && !flow.only_fragments && !flow.no_fragments;
}

// How many things a rule asks of files.
std::size_t asks_of_files(const Rule& rule) {
  const auto of_file = [](const FieldTest& test) {
    return std::ranges::find(file_fields(), test.row->name, &FieldRow::name) != file_fields().end();
  };
  return static_cast<std::size_t>(std::ranges::count_if(rule.tests, of_file) +
                                  std::ranges::count_if(rule.inspections, &Inspection::of_file));
}

bool has_host_tag(const Rule& rule) {
  return std::ranges::any_of(rule.tags,
                             [](const Tag& tag) { return tag.scope == Tag::Scope::kHost; });
}

bool remembers_hosts(const Rule& rule) {
  const auto of_hosts = [](const StateOperation& operation) {
    return operation.memory == StateOperation::Memory::kXbits ||
           operation.memory == StateOperation::Memory::kHostbits;
  };
  const auto over_flows = [](const Rate& rate) { return rate.track != "by_flow"; };
  const auto changing = [](const Matcher& matcher) {
    const auto* const member = std::get_if<DatasetMatch>(&matcher);
    return member != nullptr && member->dataset->changes();
  };
  const auto changes = [&](const Inspection& inspection) {
    return std::ranges::any_of(inspection.matchers, changing);
  };
  return std::ranges::any_of(rule.inspections, changes) || has_host_tag(rule) ||
         std::ranges::any_of(rule.conditions, of_hosts) ||
         std::ranges::any_of(rule.effects, of_hosts) || std::ranges::any_of(rule.rates, over_flows);
}

}  // namespace

void RuleSet::Builder::build(const SearchOptions& options) {
  by_patterns_ = options.search != PatternSearch::kNone;
  for (std::size_t i = 0; i < set_.rules_.size(); ++i) {
    Rule& rule = set_.rules_[i];
    const std::string reason = resolve(rule);
    if (!reason.empty()) {
      ++report_.refused;
      if (report_.reasons.size() < kMaxReasons)
        report_.reasons.push_back("sid " + std::to_string(rule.sid) + ": " + reason);
      continue;
    }
    rule.loaded = true;
    set_.tags_hosts_ = set_.tags_hosts_ || has_host_tag(rule);
    set_.shares_state_ = set_.shares_state_ || remembers_hosts(rule);
    ++report_.loaded;
    place(rule, static_cast<std::uint32_t>(i));
  }
  for (std::size_t key = 0; key < set_.keys_.size(); ++key) {
    for (std::size_t way = 0; way < 2; ++way)
      set_.keys_[key].groups[way] = open_keys_[key][way].build(options);
    for (std::size_t kind = 0; kind < set_.keys_of_.size(); ++kind) {
      if ((set_.keys_[key].row->kinds >> kind & 1U) != 0)
        set_.keys_of_[kind].push_back(static_cast<std::uint16_t>(key));
    }
  }
  for (AddressIndex& index : set_.address_rules_)
    index.close();
  for (RuleIndex& index : set_.packet_rules_)
    index.close();
  for (auto& layer : set_.payload_) {
    for (PayloadGroups& groups : layer)
      groups.build(set_.rules_, options);
  }
  std::size_t matchers = 0;
  set_.for_each_matcher([&](PatternMatcher& matcher) { matcher.set_number(matchers++); });
}

std::string RuleSet::Builder::resolve(Rule& rule) {
  for (const Head& head : rule.heads) {
    if (head.application.empty()) continue;
    const std::uint64_t found = applications_of(head.application);
    if (found == 0) return "protocol " + std::string(head.application) + " is not read";
    const_cast<Head&>(head).applications = found;  // NOLINT: not shared yet
  }
  if (std::string reason = resolve_tests(rule); !reason.empty()) return reason;
  bool payload = false;
  bool crosses = rule.on_stream;
  for (const Inspection& inspection : rule.inspections) {
    auto& open = const_cast<Inspection&>(inspection);  // NOLINT: not shared yet
    if (std::string reason = resolve_inspection(rule, open); !reason.empty()) return reason;
    if (open.scope != BufferScope::kPayload) continue;
    payload = true;
    crosses = crosses && may_cross_looks(open.matchers);
  }
  if (rule.kind != Rule::Kind::kTransaction)
    rule.kind = payload ? Rule::Kind::kPayload : Rule::Kind::kPacket;
  rule.crosses_looks = payload && crosses;
  rule.joins_files = asks_of_files(rule) > 1;
  rule.addresses_alone = rule.kind == Rule::Kind::kPacket && on_addresses_alone(rule);
  for (const Rate& rate : rule.rates) {
    if (!rate.unique_on.empty()) return "unique_on is not counted";
  }
  return {};
}

std::string RuleSet::Builder::resolve_tests(Rule& rule) {
  for (const FieldTest& test : rule.tests) {
    auto& open = const_cast<FieldTest&>(test);  // NOLINT: not shared yet
    open.row = find_field(test.field);
    if (open.row == nullptr) {
      if (std::string reason = resolve_address_test(open); !reason.empty()) return reason;
    }
    if (test.row == nullptr) return "field " + std::string(test.field) + " is not known";
    if (test.row->scope == FieldScope::kTransaction) rule.kind = Rule::Kind::kTransaction;
    if (test.field == "filesize") set_.wants_files_ = true;
    for (const auto& [field, wanted] : {std::pair{"filemd5", &base::DigestKinds::md5},
                                        {"filesha1", &base::DigestKinds::sha1},
                                        {"filesha256", &base::DigestKinds::sha256}}) {
      if (test.field != field) continue;
      set_.wants_digests_.*wanted = set_.wants_files_ = true;
    }
  }
  return {};
}

std::string RuleSet::Builder::resolve_address_test(FieldTest& test) {
  AddressField parts;
  test.row = find_address_field(test.field, parts);
  if (test.row == nullptr) return {};
  const std::string name = std::string(parts.keyword) + "." + std::string(parts.what);
  const auto table = std::ranges::find(set_.addresses_, name, &AddressTable::name);
  if (table == set_.addresses_.end()) return "the set has no addresses of " + name;
  if (test.kind != FieldTest::Kind::kNumber) return "field " + std::string(test.field);
  test.addresses = &*table;
  return {};
}

std::string RuleSet::Builder::resolve_inspection(Rule& rule, Inspection& inspection) {
  for (const Transform& transform : inspection.transforms) {
    if (!known_transform(transform))
      return "transform " + std::string(transform.name) + " is not known";
    if (transform.pcre != nullptr && !transform.pcre->valid()) return "pcrexform does not compile";
  }
  for (const Matcher& matcher : inspection.matchers) {
    if (std::string reason = resolve_matcher(rule, matcher); !reason.empty()) return reason;
  }
  if (inspection.buffer == "payload") {
    inspection.scope = BufferScope::kPayload;
    if (inspection.transforms.empty()) return {};
    return "transforms of the payload are not made";
  }
  if (inspection.buffer == "base64_data") {
    inspection.scope = BufferScope::kBase64;
    return {};
  }
  const auto packet_row =
      std::ranges::find(packet_buffers(), inspection.buffer, &PacketBufferRow::name);
  if (packet_row != packet_buffers().end()) {
    inspection.scope = BufferScope::kPacket;
    inspection.row = static_cast<std::uint16_t>(packet_row - packet_buffers().begin());
    return {};
  }
  const BufferRow* const row = find_buffer(inspection.buffer);
  if (row == nullptr) return "buffer " + std::string(inspection.buffer) + " is not known";
  inspection.scope = BufferScope::kTransaction;
  inspection.key = key_of(*row, inspection);
  if (inspection.side == Side::kAny) inspection.side = row->side;
  rule.kind = Rule::Kind::kTransaction;
  if (row->name == "file.data" || row->name.ends_with("_body")) set_.wants_bodies_ = true;
  inspection.of_file = row->name.starts_with("file.");
  if (inspection.of_file) set_.wants_files_ = true;
  if (row->name == "file.magic") set_.wants_magic_ = true;
  if (row->name.starts_with("frame:")) set_.wants_frames_ = true;
  return {};
}

std::string RuleSet::Builder::resolve_matcher(const Rule& rule, const Matcher& matcher) {
  const auto known = [&](const Amount& amount) {
    return !amount.is_variable || static_cast<std::size_t>(amount.value) < rule.variables.size();
  };
  if (const auto* unsupported = std::get_if<Unsupported>(&matcher))
    return std::string(unsupported->what) + " is not matched";
  if (const auto* pcre = std::get_if<PcreMatch>(&matcher)) {
    if (pcre->pcre == nullptr || !pcre->pcre->valid()) return "pcre does not compile";
  }
  if (const auto* content = std::get_if<Content>(&matcher)) {
    for (const OptionalAmount* each :
         {&content->offset, &content->depth, &content->distance, &content->within}) {
      if (!known(each->amount)) return "a variable is not set";
    }
  }
  return {};
}

std::uint16_t RuleSet::Builder::key_of(const BufferRow& row, const Inspection& inspection) {
  std::string name(row.name);
  for (const Transform& transform : inspection.transforms) {
    name.append("|").append(transform.name).append(" ").append(as_text(transform.bytes));
    for (const std::int64_t number : transform.numbers)
      name.append(",").append(std::to_string(number));
  }
  const auto [found, fresh] =
      key_places_.emplace(std::move(name), static_cast<std::uint16_t>(set_.keys_.size()));
  if (fresh) {
    set_.keys_.push_back({&row, inspection.transforms, {}});
    open_keys_.emplace_back();
  }
  return found->second;
}

void RuleSet::Builder::place(const Rule& rule, std::uint32_t at) {
  if (std::ranges::any_of(rule.tests, is_event)) return place_event_rule(rule, at);
  switch (rule.kind) {
    case Rule::Kind::kPacket:
      for (const Direction direction : kDirections) {
        if (!may_go(rule, direction)) continue;
        if (rule.addresses_alone)
          set_.address_rules_[index_of(direction)].add(at, rule);
        else
          set_.packet_rules_[index_of(direction)].add(at, rule);
      }
      return;
    case Rule::Kind::kPayload:
      return place_payload_rule(rule, at);
    case Rule::Kind::kTransaction:
      return place_tx_rule(rule, at);
  }
}

void RuleSet::Builder::place_event_rule(const Rule& rule, std::uint32_t at) {
  for (const FieldTest& test : rule.tests) {
    if (!is_event(test)) continue;
    for (std::string_view& word :
         std::span(const_cast<std::string_view*>(test.words.data()), test.words.size())) {
      const std::string_view prefix = event_prefix(test.field);
      if (!word.starts_with(prefix)) {
        const std::span<char> whole = set_.arena_.list<char>(prefix.size() + word.size());
        std::ranges::copy(word, std::ranges::copy(prefix, whole.begin()).out);
        word = {whole.data(), whole.size()};
      }
      set_.event_rules_[word].push_back(at);
    }
    return;  // one event a rule is found by; the others are tested
  }
}

void RuleSet::Builder::place_payload_rule(const Rule& rule, std::uint32_t at) {
  set_.wants_streams_ = set_.wants_streams_ || rule.on_stream;
  const std::array<bool, kLayers> on = {rule.on_packet, rule.on_stream, rule.on_datagram};
  for (std::size_t layer = 0; layer < kLayers; ++layer) {
    for (const Direction direction : kDirections) {
      if (on[layer] && may_go(rule, direction))
        set_.payload_[layer][index_of(direction)].add(at, rule);
    }
  }
}

void RuleSet::Builder::place_tx_rule(const Rule& rule, std::uint32_t at) {
  for (const Inspection& inspection : rule.inspections)
    set_.wants_streams_ = set_.wants_streams_ || inspection.scope == BufferScope::kPayload;
  const Inspection* const looked =
      rule.prefilter.present ? &rule.inspections[rule.prefilter.inspection] : nullptr;
  const auto is_absent = [](const Matcher& each) { return std::holds_alternative<Absent>(each); };
  const bool filtered = by_patterns_ && looked != nullptr &&
                        looked->scope == BufferScope::kTransaction &&
                        std::ranges::none_of(looked->matchers, is_absent);
  const std::uint32_t kinds = kinds_of(set_, rule);
  if (rule.transaction) {
    for (std::size_t kind = 0; kind < set_.whole_tx_rules_.size(); ++kind) {
      if ((kinds >> kind & 1U) != 0) set_.whole_tx_rules_[kind].push_back(at);
    }
    return;
  }
  for (const Direction direction : kDirections) {
    if (!may_go(rule, direction)) continue;
    if (filtered) {
      open_keys_[looked->key][index_of(direction)].add(rule.prefilter.bytes, rule.prefilter.nocase,
                                                       at);
      continue;
    }
    for (std::size_t kind = 0; kind < set_.tx_rules_.size(); ++kind) {
      if ((kinds >> kind & 1U) != 0) set_.tx_rules_[kind][index_of(direction)].push_back(at);
    }
  }
}

}  // namespace netmoth::detect
