#include "detect/inspect.h"

#include <algorithm>
#include <utility>

namespace netmoth::detect {
namespace {

constexpr std::uint8_t lower(std::uint8_t octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<std::uint8_t>(octet | 0x20) : octet;
}

bool equal_nocase(const std::uint8_t* data, Bytes pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (lower(data[i]) != lower(pattern[i])) return false;
  }
  return true;
}

bool is_relative(const Matcher& matcher) {
  struct Relative {
    bool operator()(const Content& c) const { return c.distance.present || c.within.present; }
    bool operator()(const PcreMatch& p) const { return p.relative; }
    bool operator()(const IsDataAt& i) const { return i.relative; }
    bool operator()(const ByteTest& t) const { return t.value.relative; }
    bool operator()(const ByteJump& j) const { return j.value.relative; }
    bool operator()(const ByteExtract& e) const { return e.value.relative; }
    bool operator()(const ByteMath& m) const { return m.value.relative; }
    bool operator()(const Base64Decode& d) const { return d.relative; }
    bool operator()(const Bsize&) const { return false; }
    bool operator()(const BsizeVariable&) const { return false; }
    bool operator()(const Absent&) const { return false; }
    bool operator()(const Entropy&) const { return false; }
    bool operator()(const DatasetMatch&) const { return false; }
    bool operator()(const ReputationMatch&) const { return false; }
    bool operator()(const Unsupported&) const { return false; }
  };
  return std::visit(Relative(), matcher);
}

// Where what a matcher behind a match has read ends; 0 where it reads nothing.
std::size_t reach_of(const Matcher& matcher, std::size_t position, const MatchState& state) {
  // Values of packets may be any number.
  constexpr std::int64_t kFar = std::int64_t{1} << 32;
  const auto from_here = [&](const Amount& first, const Amount& second) {
    const std::int64_t end = static_cast<std::int64_t>(position) +
                             std::clamp(amount_of(first, state), -kFar, kFar) +
                             std::clamp(amount_of(second, state), -kFar, kFar);
    return static_cast<std::size_t>(std::max<std::int64_t>(end, 0));
  };
  const auto read = [&](const ByteValue& value) { return from_here(value.offset, value.bytes); };
  if (const auto* test = std::get_if<ByteTest>(&matcher)) return read(test->value);
  if (const auto* leap = std::get_if<ByteJump>(&matcher)) return read(leap->value);
  if (const auto* taken = std::get_if<ByteExtract>(&matcher)) return read(taken->value);
  if (const auto* math = std::get_if<ByteMath>(&matcher)) return read(math->value);
  const auto* data_at = std::get_if<IsDataAt>(&matcher);
  if (data_at == nullptr || data_at->negated) return 0;
  return from_here(data_at->at, Amount{});
}

struct Window {
  std::size_t from = 0;
  std::size_t to = 0;
  bool empty = true;
};

std::size_t clamped(std::int64_t value, std::size_t most) {
  if (value <= 0) return 0;
  return static_cast<std::uint64_t>(value) < most ? static_cast<std::size_t>(value) : most;
}

// Where a content may lie, `position` being the end of the match before.
Window window_of(const Content& content, const BufferView& buffer, std::size_t position,
                 const MatchState& state) {
  const std::size_t size = buffer.data.size();
  Window window;
  if (content.distance.present || content.within.present) {
    const std::int64_t distance =
        content.distance.present ? distance_of(content.distance.amount, state) : 0;
    const std::int64_t from = static_cast<std::int64_t>(position) + distance;
    window.from = clamped(from, size);
    window.to = size;
    if (content.within.present)
      window.to = clamped(from + distance_of(content.within.amount, state), size);
    window.empty = from > static_cast<std::int64_t>(size) || window.from >= window.to;
    return window;
  }
  const std::int64_t start = static_cast<std::int64_t>(buffer.stream_offset);
  const std::int64_t offset =
      content.offset.present ? distance_of(content.offset.amount, state) : 0;
  window.from = clamped(offset - start, size);
  window.to = size;
  if (content.depth.present)
    window.to = clamped(offset + distance_of(content.depth.amount, state) - start, size);
  window.empty = offset - start > static_cast<std::int64_t>(size) || window.from >= window.to;
  return window;
}

}  // namespace

std::int64_t amount_of(const Amount& amount, const MatchState& state) {
  if (!amount.is_variable) return amount.value;
  return static_cast<std::int64_t>(state.variables[static_cast<std::size_t>(amount.value)]);
}

std::int64_t distance_of(const Amount& amount, const MatchState& state) {
  constexpr std::int64_t kFurthest = std::int64_t{1} << 48;
  return std::clamp(amount_of(amount, state), -kFurthest, kFurthest);
}

std::size_t find_bytes(Bytes data, std::size_t from, Bytes pattern, bool nocase) {
  const std::size_t size = data.size();
  if (pattern.empty() || pattern.size() > size || from > size - pattern.size()) return size;
  if (!nocase) {
    const std::size_t found = as_text(data).find(as_text(pattern), from);
    return found == std::string_view::npos ? size : found;
  }
  const std::uint8_t first = lower(pattern[0]);
  const std::size_t last = size - pattern.size();
  for (std::size_t at = from; at <= last; ++at) {
    if (lower(data[at]) == first && equal_nocase(data.data() + at, pattern)) return at;
  }
  return size;
}

bool may_cross_looks(std::span<const Matcher> matchers) {
  bool finds = false;
  for (const Matcher& matcher : matchers) {
    if (const auto* wanted = std::get_if<Content>(&matcher); wanted != nullptr)
      finds = finds || !wanted->negated;
    else if (const auto* pcre = std::get_if<PcreMatch>(&matcher); pcre != nullptr)
      finds = finds || !pcre->negated;
    else if (!is_relative(matcher))
      return false;
  }
  return finds;
}

bool Inspector::matches(std::span<const Matcher> matchers, const BufferView& buffer,
                        MatchState& state) {
  Run run{matchers, buffer, state};
  return next(run, 0, 0) == Outcome::kMatch;
}

Inspector::Outcome Inspector::content(Run& run, std::size_t at, std::size_t position) {
  const Content& wanted = std::get<Content>(run.matchers[at]);
  const Bytes data = run.buffer.data;
  const bool relative = wanted.distance.present || wanted.within.present;
  const Outcome failed = relative ? Outcome::kFail : Outcome::kHopeless;
  const Window window = window_of(wanted, run.buffer, position, run.state);
  const bool again =
      at + 1 < run.matchers.size() && is_relative(run.matchers[at + 1]) && !wanted.negated;
  std::size_t from = window.from;
  while (!window.empty) {
    const std::size_t found =
        find_bytes(data.first(window.to), from, wanted.pattern, wanted.nocase);
    if (found == window.to) break;
    const std::size_t end = found + wanted.pattern.size();
    from = found + 1;
    if (wanted.endswith && end != data.size()) continue;
    if (wanted.negated) return failed;
    const std::size_t furthest =
        std::exchange(run.state.furthest, std::max(run.state.furthest, end));
    const Outcome rest = next(run, at + 1, end);
    if (rest != Outcome::kFail || !again) return rest;
    run.state.furthest = furthest;
    if (++run.steps > kMaxSteps) return Outcome::kHopeless;
  }
  if (wanted.negated) return next(run, at + 1, position);
  return failed;
}

Inspector::Outcome Inspector::pcre(Run& run, std::size_t at, std::size_t position) {
  const PcreMatch& wanted = std::get<PcreMatch>(run.matchers[at]);
  const Bytes data = run.buffer.data;
  const Outcome failed = wanted.relative ? Outcome::kFail : Outcome::kHopeless;
  const bool again = at + 1 < run.matchers.size() && is_relative(run.matchers[at + 1]);
  std::size_t from = wanted.relative ? std::min(position, data.size()) : 0;
  for (;;) {
    const PcreFound found =
        wanted.pcre->find(data.subspan(from), scratch_, from == 0 && run.buffer.cut);
    if (!found.found) {
      if (wanted.negated) return next(run, at + 1, position);
      return failed;
    }
    if (wanted.negated) return failed;
    const std::size_t end = from + found.end;
    const std::size_t furthest =
        std::exchange(run.state.furthest, std::max(run.state.furthest, end));
    for (std::size_t i = 0; i < wanted.captures.size(); ++i) {
      if (i + 1 >= found.groups || run.state.captured.size() >= kMaxCaptured) break;
      const auto [begin, stop] = found.at[i + 1];
      if (stop > data.size() - from || begin >= stop) continue;
      run.state.captured.push_back({wanted.captures[i].scope, wanted.captures[i].name,
                                    data.subspan(from + begin, stop - begin)});
    }
    const Outcome rest = next(run, at + 1, end);
    if (rest != Outcome::kFail || !again) return rest;
    run.state.furthest = furthest;
    from += found.begin + 1;
    if (from >= data.size() || ++run.steps > kMaxSteps) return Outcome::kHopeless;
  }
}

Inspector::Outcome Inspector::next(Run& run, std::size_t at, std::size_t position) {
  if (++run.steps > kMaxSteps) return Outcome::kHopeless;
  if (at == run.matchers.size()) return Outcome::kMatch;
  const Matcher& matcher = run.matchers[at];
  const Bytes data = run.buffer.data;
  if (std::holds_alternative<Content>(matcher)) return content(run, at, position);
  if (std::holds_alternative<PcreMatch>(matcher)) return pcre(run, at, position);
  std::size_t after = position;
  bool passed = false;
  if (const auto* data_at = std::get_if<IsDataAt>(&matcher)) {
    const std::int64_t wanted = distance_of(data_at->at, run.state);
    const auto size = static_cast<std::int64_t>(data.size());
    const bool there =
        data_at->relative ? static_cast<std::int64_t>(position) + wanted <= size : wanted < size;
    passed = there != data_at->negated;
  } else if (const auto* size = std::get_if<Bsize>(&matcher)) {
    passed = size->test.passes(data.size());
  } else if (const auto* variable = std::get_if<BsizeVariable>(&matcher)) {
    passed = (static_cast<std::int64_t>(data.size()) == amount_of(variable->size, run.state)) !=
             variable->negated;
  } else if (const auto* absent = std::get_if<Absent>(&matcher)) {
    passed = absent->or_else;  // here the buffer is present
  } else if (const auto* test = std::get_if<ByteTest>(&matcher)) {
    passed = test_value(*test, data, position, run.state);
  } else if (const auto* leap = std::get_if<ByteJump>(&matcher)) {
    passed = jump(*leap, data, after, run.state);
  } else if (const auto* taken = std::get_if<ByteExtract>(&matcher)) {
    passed = extract(*taken, data, after, run.state);
  } else if (const auto* math = std::get_if<ByteMath>(&matcher)) {
    passed = calculate(*math, data, after, run.state);
  } else if (const auto* decode = std::get_if<Base64Decode>(&matcher)) {
    passed = decode_base64(*decode, data, position, run.state);
  } else if (const auto* entropy = std::get_if<Entropy>(&matcher)) {
    passed = entropy_passes(*entropy, data);
  } else if (const auto* member = std::get_if<DatasetMatch>(&matcher)) {
    passed = run.state.datasets != nullptr && run.state.datasets->look_up(*member, data);
  } else if (const auto* rated = std::get_if<ReputationMatch>(&matcher)) {
    passed = reputation_passes(*rated, data);
  }
  if (passed) {
    if (is_relative(matcher))
      run.state.furthest = std::max(run.state.furthest, reach_of(matcher, position, run.state));
    return next(run, at + 1, after);
  }
  return is_relative(matcher) ? Outcome::kFail : Outcome::kHopeless;
}

}  // namespace netmoth::detect
