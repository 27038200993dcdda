// byte_test, byte_jump, byte_extract, byte_math, base64_decode, entropy. See inspect.h.
#include <algorithm>
#include <bit>
#include <cmath>

#include "detect/inspect.h"

namespace netmoth::detect {
namespace {

// Digits from the start, as strtoull reads them: blanks before, as many digits as there are.
bool read_digits(Bytes text, unsigned base, std::uint64_t& value) {
  std::size_t at = 0;
  while (at < text.size() && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')))
    ++at;
  const auto is = [&](std::size_t place, char low) {
    return place < text.size() && (text[place] | 0x20) == low;
  };
  const bool zero = at < text.size() && text[at] == '0';
  if (base == 0) base = zero ? (is(at + 1, 'x') ? 16 : 8) : 10;
  if (base == 16 && zero && is(at + 1, 'x')) at += 2;
  bool any = false;
  value = 0;
  for (; at < text.size(); ++at) {
    const std::uint8_t octet = text[at];
    unsigned digit = 99;
    if (octet >= '0' && octet <= '9') digit = octet - '0';
    if ((octet | 0x20) >= 'a' && (octet | 0x20) <= 'f') digit = (octet | 0x20) - 'a' + 10;
    if (digit >= base) break;
    if (value > (~std::uint64_t{0} - digit) / base) return false;
    value = value * base + digit;
    any = true;
  }
  return any;
}

bool read_text(const ByteValue& description, Bytes octets, std::uint64_t& value) {
  switch (description.base) {
    case ByteValue::Base::kHex:
      return read_digits(octets, 16, value);
    case ByteValue::Base::kDecimal:
      return read_digits(octets, 10, value);
    case ByteValue::Base::kOctal:
      return read_digits(octets, 8, value);
    default:
      return read_digits(octets, 0, value);
  }
}

int base64_digit(std::uint8_t octet) {
  if (octet >= 'A' && octet <= 'Z') return octet - 'A';
  if (octet >= 'a' && octet <= 'z') return octet - 'a' + 26;
  if (octet >= '0' && octet <= '9') return octet - '0' + 52;
  if (octet == '+') return 62;
  if (octet == '/') return 63;
  return -1;
}

}  // namespace

bool read_value(const ByteValue& description, Bytes data, std::size_t position,
                const MatchState& state, ReadValue& value) {
  const std::int64_t begin = distance_of(description.offset, state) +
                             (description.relative ? static_cast<std::int64_t>(position) : 0);
  const std::int64_t count = distance_of(description.bytes, state);
  const auto size = static_cast<std::int64_t>(data.size());
  if (begin < 0 || count < 0 || begin > size || count > size - begin) return false;
  value.begin = static_cast<std::size_t>(begin);
  value.read = static_cast<std::size_t>(count);
  value.value = 0;
  if (count == 0) return true;
  const Bytes octets = data.subspan(value.begin, value.read);
  if (description.base != ByteValue::Base::kBinary) {
    if (!read_text(description, octets, value.value)) return false;
  } else {
    constexpr std::size_t kMostOctets = 8;
    if (octets.size() > kMostOctets) return false;
    for (std::size_t i = 0; i < octets.size(); ++i) {
      const bool little = description.endian == ByteValue::Endian::kLittle;
      value.value = value.value << 8 | octets[little ? octets.size() - 1 - i : i];
    }
  }
  if (description.bitmask != 0) {
    value.value &= description.bitmask;
    value.value >>= std::countr_zero(description.bitmask);
  }
  return true;
}

bool test_value(const ByteTest& test, Bytes data, std::size_t position, const MatchState& state) {
  ReadValue read;
  if (!read_value(test.value, data, position, state, read)) return false;
  const std::uint64_t value = read.value;
  const auto against = static_cast<std::uint64_t>(amount_of(test.against, state));
  bool passed = false;
  switch (test.comparison) {
    case Comparison::kLess:
      passed = value < against;
      break;
    case Comparison::kGreater:
      passed = value > against;
      break;
    case Comparison::kEqual:
      passed = value == against;
      break;
    case Comparison::kLessOrEqual:
      passed = value <= against;
      break;
    case Comparison::kGreaterOrEqual:
      passed = value >= against;
      break;
    case Comparison::kAnd:
      passed = (value & against) != 0;
      break;
    case Comparison::kXor:
      passed = (value ^ against) != 0;
      break;
  }
  return passed != test.negated;
}

bool jump(const ByteJump& jump, Bytes data, std::size_t& position, const MatchState& state) {
  ReadValue read;
  if (!read_value(jump.value, data, position, state, read)) return false;
  std::uint64_t distance = read.value * (jump.multiplier == 0 ? 1 : jump.multiplier);
  if (jump.align) distance = (distance + 3) / 4 * 4;
  constexpr std::uint64_t kFurthest = std::uint64_t{1} << 48;
  if (distance > kFurthest) return false;
  std::int64_t to = static_cast<std::int64_t>(distance) + distance_of(jump.post_offset, state);
  switch (jump.from) {
    case ByteJump::From::kHere:
      to += static_cast<std::int64_t>(read.begin + read.read);
      break;
    case ByteJump::From::kStart:
      break;
    case ByteJump::From::kEnd:
      to += static_cast<std::int64_t>(data.size());
      break;
  }
  if (to < 0 || to >= static_cast<std::int64_t>(data.size())) return false;
  position = static_cast<std::size_t>(to);
  return true;
}

bool extract(const ByteExtract& extract, Bytes data, std::size_t& position, MatchState& state) {
  ReadValue read;
  if (!read_value(extract.value, data, position, state, read)) return false;
  std::uint64_t value = read.value * (extract.multiplier == 0 ? 1 : extract.multiplier);
  if (extract.align > 1) value = (value + extract.align - 1) / extract.align * extract.align;
  state.variables[extract.variable] = value;
  position = read.begin + read.read;
  return true;
}

bool calculate(const ByteMath& math, Bytes data, std::size_t& position, MatchState& state) {
  ReadValue read;
  if (!read_value(math.value, data, position, state, read)) return false;
  const auto operand = static_cast<std::uint64_t>(amount_of(math.operand, state));
  std::uint64_t value = read.value;
  switch (math.operation) {
    case ByteMath::Operator::kAdd:
      value += operand;
      break;
    case ByteMath::Operator::kSubtract:
      value -= operand;
      break;
    case ByteMath::Operator::kMultiply:
      value *= operand;
      break;
    case ByteMath::Operator::kDivide:
      if (operand == 0) return false;
      value /= operand;
      break;
    case ByteMath::Operator::kShiftLeft:
      value = operand < 64 ? value << operand : 0;
      break;
    case ByteMath::Operator::kShiftRight:
      value = operand < 64 ? value >> operand : 0;
      break;
  }
  state.variables[math.variable] = value;
  position = read.begin + read.read;
  return true;
}

bool decode_base64(const Base64Decode& decode, Bytes data, std::size_t position, MatchState& state,
                   Base64Mode mode) {
  state.base64.clear();
  const std::size_t start = (decode.relative ? position : 0) + decode.offset;
  if (start >= data.size()) return false;
  Bytes encoded = data.subspan(start);
  if (decode.bytes != 0 && decode.bytes < encoded.size()) encoded = encoded.first(decode.bytes);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const std::uint8_t octet : encoded) {
    if (octet == '=' || state.base64.size() >= kMaxDecoded) break;
    const int digit = base64_digit(octet);
    if (digit < 0) {
      if (mode == Base64Mode::kRfc2045) continue;
      if (mode == Base64Mode::kStrict) state.base64.clear();
      break;
    }
    group = group << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    state.base64.push_back(static_cast<std::uint8_t>(group >> bits & 0xff));
  }
  return !state.base64.empty();
}

// Shannon's, in bits an octet.
bool entropy_passes(const Entropy& entropy, Bytes data) {
  if (entropy.offset >= data.size()) return false;
  data = data.subspan(entropy.offset);
  if (entropy.bytes != 0) data = data.first(std::min<std::size_t>(entropy.bytes, data.size()));
  std::array<std::size_t, 256> counts{};
  for (const std::uint8_t octet : data)
    ++counts[octet];
  double bits = 0;
  for (const std::size_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(data.size());
    bits -= share * std::log2(share);
  }
  const double low = static_cast<double>(entropy.low) / 1e6;
  const double high = static_cast<double>(entropy.high) / 1e6;
  if (entropy.comparison == "<") return bits < low;
  if (entropy.comparison == "<=") return bits <= low;
  if (entropy.comparison == ">") return bits > low;
  if (entropy.comparison == ">=") return bits >= low;
  if (entropy.comparison == "=") return bits == low;
  if (entropy.comparison == "!=") return bits != low;
  if (entropy.comparison == "!<>" || entropy.comparison == "!range")
    return bits < low || bits > high;
  return bits > low && bits < high;
}

}  // namespace netmoth::detect
