// What looks into a buffer, record by record. See rule_decoder.h.
#include <algorithm>

#include "detect/rule_decoder.h"

namespace netmoth::detect {
namespace {

Amount amount(RecordReader& in) {
  Amount amount;
  amount.is_variable = in.u8_below(2) == 1;
  if (!amount.is_variable) {
    amount.value = in.zigzag();
    return amount;
  }
  const std::uint64_t place = in.varint();
  if (place >= kMaxVariables) in.fail();
  amount.value = static_cast<std::int64_t>(place);
  return amount;
}

OptionalAmount optional_amount(RecordReader& in) {
  OptionalAmount optional;
  optional.present = in.u8_below(2) == 1;
  if (optional.present) optional.amount = amount(in);
  return optional;
}

std::size_t variable(RecordReader& in) {
  const std::uint64_t place = in.varint();
  if (place < kMaxVariables) return static_cast<std::size_t>(place);
  in.fail();
  return 0;
}

}  // namespace

ByteValue RuleDecoder::byte_value(RecordReader& in) {
  ByteValue value;
  value.bytes = amount(in);
  value.offset = amount(in);
  value.relative = in.boolean();
  value.endian = static_cast<ByteValue::Endian>(in.u8_below(3));
  value.base = static_cast<ByteValue::Base>(in.u8_below(5));
  value.bitmask = in.u32();
  return value;
}

Content RuleDecoder::content(RecordReader& in) {
  Content content;
  content.pattern = in.bytes();
  content.nocase = in.boolean();
  content.negated = in.boolean();
  content.endswith = in.boolean();
  content.offset = optional_amount(in);
  content.depth = optional_amount(in);
  content.distance = optional_amount(in);
  content.within = optional_amount(in);
  if (in.u8_below(2) == 1) {
    content.fast_pattern_only = in.boolean();
    (void)in.varint();
    (void)in.varint();
  }
  return content;
}

PcreMatch RuleDecoder::pcre(RecordReader& in) {
  PcreMatch match;
  const Bytes pattern = in.bytes();
  const std::uint32_t options = in.u32();
  match.relative = in.boolean();
  match.negated = in.boolean();
  const bool unlimited = in.boolean();
  match.captures = list<Capture>(in, [](RecordReader& from) {
    const std::string_view scope = from.text();
    return Capture{scope, from.text()};
  });
  if (in.ok()) match.pcre = pcres_.add(pattern, options, unlimited);
  return match;
}

Dataset* RuleDecoder::dataset_use(RecordReader& in) {
  const std::string_view name = in.text();
  (void)in.text();  // of what kind: the dataset says
  const std::size_t options = in.count();
  for (std::size_t i = 0; i < options && in.ok(); ++i) {
    (void)in.text();
    (void)in.text();
  }
  if (datasets_ == nullptr) return nullptr;
  const auto found = std::ranges::find(*datasets_, name, &Dataset::name);
  return found == datasets_->end() ? nullptr : &*found;
}

Matcher RuleDecoder::dataset_match(RecordReader& in) {
  using Operation = DatasetMatch::Operation;
  const std::string_view operation = in.text();
  Dataset* const dataset = dataset_use(in);
  if (dataset == nullptr) return Unsupported{"dataset without values"};
  DatasetMatch match{Operation::kIsSet, dataset};
  if (operation == "isnotset") match.operation = Operation::kIsNotSet;
  if (operation == "set") match.operation = Operation::kSet;
  if (operation == "unset") match.operation = Operation::kUnset;
  if (operation == "set" || operation == "unset") dataset->note_change();
  return match;
}

Matcher RuleDecoder::reputation_match(RecordReader& in) {
  const std::string_view comparison = in.text();
  ReputationMatch match;
  if (comparison == "<") match.comparison = Comparison::kLess;
  if (comparison == ">") match.comparison = Comparison::kGreater;
  match.value = in.varint();
  match.dataset = dataset_use(in);
  if (match.dataset == nullptr) return Unsupported{"datarep without values"};
  return match;
}

Transform RuleDecoder::transform(RecordReader& in) {
  Transform transform;
  transform.name = in.text();
  transform.bytes = in.bytes();
  transform.numbers = list<std::int64_t>(in, [](RecordReader& from) { return from.zigzag(); });
  if (transform.name == "pcrexform" && in.ok())
    transform.pcre = pcres_.add(transform.bytes, 0, false);
  return transform;
}

Inspection RuleDecoder::inspection(RecordReader& in) {
  Inspection inspection;
  inspection.buffer = in.text();
  inspection.side = static_cast<Side>(in.u8_below(3));
  inspection.transforms =
      list<Transform>(in, [this](RecordReader& from) { return transform(from); });
  inspection.matchers = list<Matcher>(in, [this](RecordReader& from) { return matcher(from); });
  if (inspection.matchers.size() > kMaxMatchers) in.fail();
  return inspection;
}

Matcher RuleDecoder::matcher(RecordReader& in) {
  switch (in.u8()) {
    case 1:
      return content(in);
    case 2:
      return pcre(in);
    case 3: {
      const Amount at = amount(in);
      const bool relative = in.boolean();
      return IsDataAt{at, relative, in.boolean()};
    }
    case 4:
      return Bsize{number_test(in)};
    case 5: {
      const Amount size = amount(in);
      return BsizeVariable{size, in.boolean()};
    }
    case 6:
      return Absent{in.boolean()};
    case 7: {
      ByteTest test;
      test.value = byte_value(in);
      test.comparison = static_cast<Comparison>(in.u8_below(7));
      test.negated = in.boolean();
      test.against = amount(in);
      return test;
    }
    case 8: {
      ByteJump jump;
      jump.value = byte_value(in);
      jump.align = in.boolean();
      jump.from = static_cast<ByteJump::From>(in.u8_below(3));
      jump.multiplier = in.varint();
      jump.post_offset = amount(in);
      return jump;
    }
    case 9: {
      ByteExtract extract;
      extract.value = byte_value(in);
      extract.variable = variable(in);
      extract.multiplier = in.varint();
      extract.align = in.varint();
      return extract;
    }
    case 10: {
      ByteMath math;
      math.value = byte_value(in);
      math.operation = static_cast<ByteMath::Operator>(in.u8_below(6));
      math.operand = amount(in);
      math.variable = variable(in);
      return math;
    }
    case 11: {
      const std::uint64_t bytes = in.varint();
      const std::uint64_t offset = in.varint();
      return Base64Decode{bytes, offset, in.boolean()};
    }
    case 12: {
      Entropy entropy;
      entropy.bytes = in.varint();
      entropy.offset = in.varint();
      entropy.comparison = in.text();
      entropy.low = in.varint();
      entropy.high = in.varint();
      return entropy;
    }
    case 13:
      return dataset_match(in);
    case 14:
      return reputation_match(in);
    default:
      in.fail();
      return Unsupported{};
  }
}

}  // namespace netmoth::detect
