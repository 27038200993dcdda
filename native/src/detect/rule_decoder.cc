// Rules but for their matchers, which are read in matcher_decoder.cc.
#include "detect/rule_decoder.h"

#include <algorithm>

namespace netmoth::detect {
namespace {

constexpr std::size_t kIpv6Octets = 16;

std::uint16_t flags_of(RecordReader& in, unsigned known) {
  const std::uint64_t bits = in.varint();
  if (bits >> known != 0) in.fail();
  return static_cast<std::uint16_t>(bits);
}

// Ranges that are none, or stand in another order than their numbers, are not looked up right.
template <typename Ranges>
bool rises(const Ranges& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].low > ranges[i].high || (i > 0 && ranges[i].low <= ranges[i - 1].high))
      return false;
  }
  return true;
}

bool in_order(const AddressSet& set) {
  return rises(set.v4) && std::ranges::all_of(set.v6, [](const Ipv6Range& range) {
           return !std::ranges::lexicographical_compare(range.high, range.low);
         });
}

bool is_all_v6(std::span<const Ipv6Range> ranges) {
  return ranges.size() == 1 && std::ranges::all_of(ranges[0].low, [](auto o) { return o == 0; }) &&
         std::ranges::all_of(ranges[0].high, [](auto o) { return o == 0xff; });
}

}  // namespace

bool RuleDecoder::address_sets(const IndexedRecords& records) {
  address_sets_ = arena_.list<AddressSet>(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    RecordReader in(records.record(i), pool_);
    AddressSet& set = address_sets_[i];
    set.v4 = list<Ipv4Range>(in, [](RecordReader& from) {
      const std::uint32_t low = from.u32();
      return Ipv4Range{low, from.u32()};
    });
    set.v6 = list<Ipv6Range>(in, [](RecordReader& from) {
      const Bytes low = from.octets(kIpv6Octets);
      return Ipv6Range{low, from.octets(kIpv6Octets)};
    });
    if (!in.ok() || !in.at_end() || !in_order(set)) return false;
    set.any = set.v4.size() == 1 && set.v4[0].low == 0 && set.v4[0].high == 0xffffffff &&
              is_all_v6(set.v6);
  }
  return true;
}

bool RuleDecoder::port_sets(const IndexedRecords& records) {
  port_sets_ = arena_.list<PortSet>(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    RecordReader in(records.record(i), pool_);
    PortSet& set = port_sets_[i];
    set.ranges = list<PortRange>(in, [](RecordReader& from) {
      const std::uint16_t low = from.u16();
      return PortRange{low, from.u16()};
    });
    if (!in.ok() || !in.at_end() || !rises(set.ranges)) return false;
    set.any = set.ranges.size() == 1 && set.ranges[0].low == 0 && set.ranges[0].high == 0xffff;
  }
  return true;
}

bool RuleDecoder::datasets(const IndexedRecords& records, std::deque<Dataset>& datasets) {
  datasets_ = &datasets;
  for (std::size_t i = 0; i < records.size(); ++i) {
    RecordReader in(records.record(i), pool_);
    if (!datasets.emplace_back().read(in)) return false;
  }
  return true;
}

bool RuleDecoder::rule(Bytes record, Rule& rule) {
  RecordReader in(record, pool_);
  rule.gid = in.u32();
  rule.sid = in.u32();
  rule.rev = in.u32();
  rule.action = static_cast<Rule::Action>(in.u8_below(2));
  rule.stated_action = in.text();
  rule.heads = list<Head>(in, [this](RecordReader& from) { return head(from); });
  rule.transaction = in.boolean();
  rule.msg = in.text();
  rule.classtype = in.text();
  rule.category = in.text();
  rule.priority = in.varint();
  rule.references = list<Reference>(in, [](RecordReader& from) {
    const std::string_view system = from.text();
    const std::string_view id = from.text();
    return Reference{system, id, from.text()};
  });
  rule.metadata = list<Metadata>(in, [](RecordReader& from) {
    const std::string_view key = from.text();
    return Metadata{key, from.text()};
  });
  rule.target = static_cast<Rule::Target>(in.u8_below(3));
  rule.no_alert = in.boolean();
  rule.flow = flow(in);
  const std::uint16_t payload = flags_of(in, 3);
  rule.on_packet = (payload & 1) != 0;
  rule.on_stream = (payload & 2) != 0;
  rule.on_datagram = (payload & 4) != 0;
  rule.tests = list<FieldTest>(in, [this](RecordReader& from) { return field_test(from); });
  const auto operation = [this](RecordReader& from) { return state_operation(from); };
  rule.conditions = list<StateOperation>(in, operation);
  rule.inspections = list<Inspection>(in, [this](RecordReader& from) { return inspection(from); });
  rule.effects = list<StateOperation>(in, operation);
  if (in.u8_below(2) == 1) {
    const std::span<Rate> rates = arena_.list<Rate>(1);
    rates[0] = rate(in);
    rule.rates = rates;
  }
  rule.tags = list<Tag>(in, [](RecordReader& from) { return tag(from); });
  rule.variables = list<std::string_view>(in, [](RecordReader& from) { return from.text(); });
  prefilter(in, rule);
  (void)in.varint();  // cost
  (void)in.text();    // origin
  (void)in.varint();
  return in.ok() && in.at_end() && rule.variables.size() <= kMaxVariables;
}

Head RuleDecoder::head(RecordReader& in) {
  Head head;
  head.ip_version = in.u8();
  head.transports = list<std::uint8_t>(in, [](RecordReader& from) { return from.u8(); });
  head.application = in.text();
  head.hook = in.text();
  head.without_ip = in.boolean();
  head.source = place<AddressSet>(in, address_sets_);
  head.source_ports = place<PortSet>(in, port_sets_);
  head.destination = place<AddressSet>(in, address_sets_);
  head.destination_ports = place<PortSet>(in, port_sets_);
  return head;
}

FlowTest RuleDecoder::flow(RecordReader& in) {
  const std::uint16_t bits = flags_of(in, 9);
  const auto bit = [bits](unsigned place) { return (bits >> place & 1) != 0; };
  return {bit(0), bit(1), bit(2), bit(3), bit(4), bit(5), bit(6), bit(7), bit(8)};
}

NumberTest RuleDecoder::number_test(RecordReader& in) {
  NumberTest test;
  test.is_mask = in.u8_below(2) == 1;
  if (test.is_mask) {
    test.mask = in.varint();
    test.value = in.varint();
    test.negated = in.boolean();
    return test;
  }
  test.ranges = list<Range>(in, [](RecordReader& from) {
    const std::uint64_t low = from.varint();
    const std::uint64_t high = from.varint();
    return Range{low, high == kOpenEnd ? ~std::uint64_t{0} : high};
  });
  return test;
}

Which RuleDecoder::which(RecordReader& in) {
  Which which;
  which.kind = static_cast<Which::Kind>(in.u8_below(8));
  switch (which.kind) {
    case Which::Kind::kTimes:
      which.times = number_test(in);
      which.from = in.zigzag();
      which.to = in.zigzag();
      break;
    case Which::Kind::kAt:
    case Which::Kind::kAtOrBeyond:
      which.from = in.zigzag();
      break;
    default:
      break;
  }
  return which;
}

FieldTest RuleDecoder::field_test(RecordReader& in) {
  FieldTest test;
  const std::uint8_t kind = in.u8();
  if (kind < 1 || kind > 4) in.fail();
  if (!in.ok()) return test;
  test.kind = static_cast<FieldTest::Kind>(kind - 1);
  test.field = in.text();
  switch (test.kind) {
    case FieldTest::Kind::kNumber:
      test.test = number_test(in);
      test.which = which(in);
      break;
    case FieldTest::Kind::kWords:
      test.words = list<std::string_view>(in, [](RecordReader& from) { return from.text(); });
      test.negated = in.boolean();
      test.which = which(in);
      break;
    case FieldTest::Kind::kBits:
      test.bits = in.varint();
      test.ignored = in.varint();
      test.mode = static_cast<FieldTest::BitsMode>(in.u8_below(3));
      test.negated = in.boolean();
      break;
    case FieldTest::Kind::kFlag:
      break;
  }
  return test;
}

StateOperation RuleDecoder::state_operation(RecordReader& in) {
  StateOperation operation;
  operation.memory = static_cast<StateOperation::Memory>(in.u8_below(6));
  operation.operation = in.text();
  operation.names = list<std::uint64_t>(in, [this](RecordReader& from) {
    const std::string_view name = from.text();
    names_.emplace(name_number(name), name);
    return name_number(name);
  });
  operation.subject = in.text();
  operation.subject_name = name_number(operation.subject);
  operation.value = in.zigzag();
  return operation;
}

Rate RuleDecoder::rate(RecordReader& in) {
  Rate rate;
  rate.type = static_cast<Rate::Type>(in.u8_below(6));
  rate.track = in.text();
  rate.count = in.varint();
  rate.seconds = in.varint();
  rate.multiplier = in.varint();
  rate.unique_on = in.text();
  return rate;
}

Tag RuleDecoder::tag(RecordReader& in) {
  Tag tag;
  tag.scope = static_cast<Tag::Scope>(in.u8_below(2));
  tag.amount = in.varint();
  tag.unit = static_cast<Tag::Unit>(in.u8_below(3));
  tag.of_source = in.text() == "src";
  return tag;
}

bool RuleDecoder::threshold(Bytes record, ThresholdEntry& entry) {
  RecordReader in(record, pool_);
  entry.kind = static_cast<ThresholdEntry::Kind>(in.u8_below(4));
  entry.gid = in.u32();
  entry.sid = in.u32();
  const std::string_view track = in.text();
  using Track = Suppression::Track;
  if (track == "by_src") entry.suppression.track = Track::kSource;
  if (track == "by_dst") entry.suppression.track = Track::kDestination;
  if (track == "by_either") entry.suppression.track = Track::kEither;
  entry.suppression.addresses = place<AddressSet>(in, address_sets_);
  entry.rate = rate(in);
  (void)in.text();    // action: this engine has one
  (void)in.varint();  // seconds of it
  return in.ok() && in.at_end();
}

void RuleDecoder::prefilter(RecordReader& in, Rule& rule) {
  rule.prefilter.present = in.u8_below(2) == 1;
  if (!rule.prefilter.present) return;
  rule.prefilter.inspection = in.place(rule.inspections.size());
  if (!in.ok()) return;
  rule.prefilter.matcher = in.place(rule.inspections[rule.prefilter.inspection].matchers.size());
  rule.prefilter.bytes = in.bytes();
  rule.prefilter.nocase = in.boolean();
  if (rule.prefilter.bytes.empty()) in.fail();
}

}  // namespace netmoth::detect
