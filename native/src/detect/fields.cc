// Tests of fields. See fields.h.
#include "detect/fields.h"

#include <algorithm>

#include "detect/record_reader.h"

namespace netmoth::detect {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

constexpr bool is_separator(char c) {
  return c == '_' || c == '-';
}

bool same_name(std::string_view a, std::string_view b) {
  std::size_t at = 0;
  for (const char c : a) {
    if (is_separator(c)) continue;
    while (at < b.size() && is_separator(b[at]))
      ++at;
    if (at == b.size() || lower(b[at++]) != lower(c)) return false;
  }
  while (at < b.size() && is_separator(b[at]))
    ++at;
  return at == b.size();
}

// Without regard to case, in which fingerprints and names are written either way.
bool word_passes(const FieldTest& test, std::string_view word) {
  if (test.row->sorted) return std::ranges::binary_search(test.words, word);
  return std::ranges::any_of(test.words, [&](std::string_view wanted) {
    if (test.row->names) return same_name(word, wanted);
    if (test.row->contains) return word.find(wanted) != std::string_view::npos;
    return std::ranges::equal(word, wanted, [](char a, char b) { return lower(a) == lower(b); });
  });
}

bool value_passes(const FieldTest& test, const FieldValues& values, std::size_t at) {
  if (test.kind == FieldTest::Kind::kWords)
    return word_passes(test, values.word(at)) != test.negated;
  if (!test.test.passes(values.number(at))) return false;
  // Whatever it is beyond what is known.
  return !values.is_at_least(at) || test.test.passes(kOpenEnd);
}

std::size_t passing(const FieldTest& test, const FieldValues& values, std::size_t from,
                    std::size_t to) {
  std::size_t count = 0;
  for (std::size_t i = from; i < to; ++i)
    count += value_passes(test, values, i) ? 1 : 0;
  return count;
}

// A place in a list of `count`, negative from its end.
std::size_t place_of(std::int64_t index, std::size_t count) {
  const auto size = static_cast<std::int64_t>(count);
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(index < 0 ? size + index : index, 0, size));
}

bool enough_pass(const FieldTest& test, const FieldValues& values) {
  const std::size_t count = values.count();
  const Which& which = test.which;
  switch (which.kind) {
    case Which::Kind::kAny:
      return passing(test, values, 0, count) > 0;
    case Which::Kind::kAll:
      return count > 0 && passing(test, values, 0, count) == count;
    case Which::Kind::kAllOrAbsent:
      return passing(test, values, 0, count) == count;
    case Which::Kind::kOrAbsent:
      return count == 0 || passing(test, values, 0, count) > 0;
    case Which::Kind::kTimes: {
      const std::size_t from = place_of(which.from, count);
      const std::size_t to = std::max(from, place_of(which.to, count));
      return which.times.passes(passing(test, values, from, to));
    }
    case Which::Kind::kAt:
    case Which::Kind::kAtOrBeyond: {
      const auto size = static_cast<std::int64_t>(count);
      const std::int64_t at = which.from < 0 ? size + which.from : which.from;
      if (at < 0 || at >= size) return which.kind == Which::Kind::kAtOrBeyond;
      return value_passes(test, values, static_cast<std::size_t>(at));
    }
    case Which::Kind::kCount:
      return test.test.passes(count);
  }
  return false;
}

bool bits_of_value_pass(const FieldTest& test, std::uint64_t value) {
  const std::uint64_t seen = value & ~test.ignored;
  bool passed = false;
  switch (test.mode) {
    case FieldTest::BitsMode::kExact:
      passed = seen == test.bits;
      break;
    case FieldTest::BitsMode::kAll:
      passed = (seen & test.bits) == test.bits;
      break;
    case FieldTest::BitsMode::kSome:
      passed = (seen & test.bits) != 0;
      break;
  }
  return passed != test.negated;
}

bool bits_pass(const FieldTest& test, const FieldValues& values) {
  for (std::size_t i = 0; i < values.count(); ++i) {
    if (bits_of_value_pass(test, values.number(i))) return true;
  }
  return false;
}

}  // namespace

const FieldRow* find_field(std::string_view name) {
  for (const auto rows : {packet_fields(), tx_fields(), session_fields(), file_fields()}) {
    const auto found = std::ranges::find(rows, name, &FieldRow::name);
    if (found != rows.end()) return &*found;
  }
  return nullptr;
}

bool passes(const FieldTest& test, const FieldContext& context) {
  if (test.row->scope == FieldScope::kAddress) return addresses_pass(test, *context.between);
  FieldValues values;
  if (test.row->scope == FieldScope::kTransaction) {
    if (context.tx == nullptr || context.tx->record == nullptr ||
        (kind_bit(context.tx->record->kind) & test.row->kinds) == 0)
      return false;
    const bool of_server = test.row->side == Side::kToClient;
    if (test.row->side != Side::kAny && of_server != (context.direction == Direction::kToClient))
      return false;
  }
  test.row->read(context, values);
  switch (test.kind) {
    case FieldTest::Kind::kFlag:
      return values.count() > 0;
    case FieldTest::Kind::kBits:
      return bits_pass(test, values);
    case FieldTest::Kind::kNumber:
    case FieldTest::Kind::kWords:
      break;
  }
  if (test.row->every)
    return values.count() > 0 && passing(test, values, 0, values.count()) == values.count();
  return enough_pass(test, values);
}

}  // namespace netmoth::detect
