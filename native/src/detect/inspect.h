// Looks for the contents of one inspection in one buffer. Source: Suricata 8 user guide, "Payload
// keywords" and "pcre"; where the guide is silent, what Suricata 8 does.
//
// Invariant: reads only within the buffer, allocates nothing but base64_decode's result (bounded by
// kMaxDecoded), and gives up after kMaxSteps steps, so that backtracking ends.
#pragma once

#include <array>
#include <vector>

#include "detect/dataset.h"
#include "detect/pcre.h"
#include "detect/rule.h"
#include "detect/rule_decoder.h"

namespace netmoth::detect {

// Suricata's detect inspection-recursion-limit.
inline constexpr std::uint32_t kMaxSteps = 3000;
inline constexpr std::size_t kMaxDecoded = std::size_t{64} << 10;

// What a rule carries from matcher to matcher and from buffer to buffer.
struct MatchState {
  std::array<std::uint64_t, kMaxVariables> variables{};
  std::vector<std::uint8_t> base64;  // of the last base64_decode
  // Values of pcre's named groups of the rule at hand: at most kMaxCaptured.
  struct Captured {
    std::string_view scope;
    std::string_view name;
    Bytes value;  // within the buffer
  };
  std::vector<Captured> captured;
  std::size_t furthest = 0;           // end of what was found or read furthest in the buffer
  DatasetMemory* datasets = nullptr;  // outlives the state
};
inline constexpr std::size_t kMaxCaptured = 16;

struct BufferView {
  Bytes data;
  // Of data[0] in a stream: offsets and depths count from the stream's start.
  std::uint64_t stream_offset = 0;
  bool cut = false;  // data[0] is within something: no line begins there
};

// Whether they may match over the border of two looks at a stream: they find something, and what
// they ask besides counts from there, not from where a look begins.
bool may_cross_looks(std::span<const Matcher> matchers);

class Inspector {
 public:
  // True where all matchers match. `state` belongs to the rule, across its inspections.
  bool matches(std::span<const Matcher> matchers, const BufferView& buffer, MatchState& state);

  // The regular expressions' room, for others too.
  PcreScratch& scratch() { return scratch_; }

 private:
  // kHopeless: no other match before would help.
  enum class Outcome : std::uint8_t { kMatch, kFail, kHopeless };
  struct Run {
    std::span<const Matcher> matchers;
    BufferView buffer;
    MatchState& state;
    std::uint32_t steps = 0;
  };

  Outcome next(Run& run, std::size_t at, std::size_t position);
  Outcome content(Run& run, std::size_t at, std::size_t position);
  Outcome pcre(Run& run, std::size_t at, std::size_t position);

  PcreScratch scratch_;
};

// Bytes as a number, by their description. False where they do not lie within `data` or are no
// number; `read` is how many octets it took.
struct ReadValue {
  std::uint64_t value = 0;
  std::size_t begin = 0;  // in `data`
  std::size_t read = 0;
};
bool read_value(const ByteValue& description, Bytes data, std::size_t position,
                const MatchState& state, ReadValue& value);
std::int64_t amount_of(const Amount& amount, const MatchState& state);
// As a distance in a buffer: outside of every buffer stays outside, and sums do not overflow.
std::int64_t distance_of(const Amount& amount, const MatchState& state);

// The first place of `pattern` in `data` from `from` on; data.size() where there is none.
std::size_t find_bytes(Bytes data, std::size_t from, Bytes pattern, bool nocase);

bool test_value(const ByteTest& test, Bytes data, std::size_t position, const MatchState& state);
bool jump(const ByteJump& jump, Bytes data, std::size_t& position, const MatchState& state);
bool extract(const ByteExtract& extract, Bytes data, std::size_t& position, MatchState& state);
bool calculate(const ByteMath& math, Bytes data, std::size_t& position, MatchState& state);
// What a character is that is no digit: the end (RFC 4648), nothing (RFC 2045), a fault.
enum class Base64Mode : std::uint8_t { kRfc4648, kRfc2045, kStrict };
bool decode_base64(const Base64Decode& decode, Bytes data, std::size_t position, MatchState& state,
                   Base64Mode mode = Base64Mode::kRfc4648);
bool entropy_passes(const Entropy& entropy, Bytes data);

}  // namespace netmoth::detect
