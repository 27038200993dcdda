// A compiled rule, as signatures/src/model/rule-model.ts describes it, in memory of the set.
// Source: docs/bundle.md, "Meaning" and "Records".
//
// Invariant: nothing here owns memory: texts and bytes are views into the bundle's pool, lists lie
// in the set's arena; both live as long as the RuleSet. Names of buffers and fields are rows of
// tables.
#pragma once

#include <variant>

#include "base/types.h"
#include "detect/endpoint_sets.h"

namespace netmoth::detect {

class AddressTable;
class Pcre;
struct FieldRow;

struct Amount {
  bool is_variable = false;
  std::int64_t value = 0;  // or the place of the variable
};

struct OptionalAmount {
  bool present = false;
  Amount amount;
};

// Closed.
struct Range {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

struct NumberTest {
  bool is_mask = false;
  bool negated = false;  // of a mask
  std::uint64_t mask = 0;
  std::uint64_t value = 0;
  std::span<const Range> ranges;

  [[nodiscard]] bool never_passes() const { return !is_mask && ranges.empty(); }
  [[nodiscard]] bool passes(std::uint64_t number) const {
    if (is_mask) return ((number & mask) == value) != negated;
    for (const Range& range : ranges) {
      if (number >= range.low && number <= range.high) return true;
    }
    return false;
  }
};

// Which of several values must pass.
struct Which {
  enum class Kind : std::uint8_t {
    kAny,
    kAll,
    kAllOrAbsent,
    kOrAbsent,
    kTimes,
    kAt,
    kAtOrBeyond,
    kCount,
  };
  Kind kind = Kind::kAny;
  NumberTest times;
  std::int64_t from = 0;  // or the index
  std::int64_t to = 0;
};

struct ByteValue {
  enum class Endian : std::uint8_t { kBig, kLittle, kDce };
  enum class Base : std::uint8_t { kBinary, kHex, kDecimal, kOctal, kAuto };
  Amount bytes;
  Amount offset;
  bool relative = false;
  Endian endian = Endian::kBig;
  Base base = Base::kBinary;
  std::uint32_t bitmask = 0;
};

enum class Comparison : std::uint8_t {
  kLess,
  kGreater,
  kEqual,
  kLessOrEqual,
  kGreaterOrEqual,
  kAnd,
  kXor,
};

struct Content {
  Bytes pattern;
  bool nocase = false;
  bool negated = false;
  bool endswith = false;
  bool fast_pattern_only = false;
  OptionalAmount offset;
  OptionalAmount depth;
  OptionalAmount distance;
  OptionalAmount within;
};

struct Capture {
  std::string_view scope;
  std::string_view name;
};

struct PcreMatch {
  const Pcre* pcre = nullptr;
  bool relative = false;
  bool negated = false;
  std::span<const Capture> captures;
};

struct IsDataAt {
  Amount at;
  bool relative = false;
  bool negated = false;
};

struct Bsize {
  NumberTest test;
};

struct BsizeVariable {
  Amount size;
  bool negated = false;
};

struct Absent {
  bool or_else = false;
};

struct ByteTest {
  ByteValue value;
  Comparison comparison = Comparison::kEqual;
  bool negated = false;
  Amount against;
};

struct ByteJump {
  enum class From : std::uint8_t { kHere, kStart, kEnd };
  ByteValue value;
  bool align = false;
  From from = From::kHere;
  std::uint64_t multiplier = 1;
  Amount post_offset;
};

struct ByteExtract {
  ByteValue value;
  std::size_t variable = 0;
  std::uint64_t multiplier = 1;
  std::uint64_t align = 0;
};

struct ByteMath {
  enum class Operator : std::uint8_t {
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kShiftLeft,
    kShiftRight,
  };
  ByteValue value;
  Operator operation = Operator::kAdd;
  Amount operand;
  std::size_t variable = 0;
};

struct Base64Decode {
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
  bool relative = false;
};

struct Entropy {
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
  std::uint64_t low = 0;  // millionths of a bit
  std::uint64_t high = 0;
  std::string_view comparison;
};

class Dataset;

struct DatasetMatch {
  enum class Operation : std::uint8_t { kIsSet, kIsNotSet, kSet, kUnset };
  Operation operation = Operation::kIsSet;
  const Dataset* dataset = nullptr;
};

struct ReputationMatch {
  Comparison comparison = Comparison::kEqual;
  std::uint64_t value = 0;
  const Dataset* dataset = nullptr;
};

// Read, and not matched by this engine: a rule with it is not loaded.
struct Unsupported {
  std::string_view what;
};

using Matcher = std::variant<Content, PcreMatch, IsDataAt, Bsize, BsizeVariable, Absent, ByteTest,
                             ByteJump, ByteExtract, ByteMath, Base64Decode, Entropy, DatasetMatch,
                             ReputationMatch, Unsupported>;

struct Transform {
  std::string_view name;
  Bytes bytes;
  std::span<const std::int64_t> numbers;
  const Pcre* pcre = nullptr;  // of pcrexform
};

enum class Side : std::uint8_t { kAny, kToServer, kToClient };

// Where an inspection looks.
enum class BufferScope : std::uint8_t {
  kPayload,      // packet, datagram or stream
  kPacket,       // header of the packet at hand
  kTransaction,  // of a record
  kBase64,       // what base64_decode left
};

struct Inspection {
  std::string_view buffer;
  BufferScope scope = BufferScope::kPayload;
  std::uint16_t key = 0;  // of transaction buffers: place in RuleSet::keys()
  std::uint16_t row = 0;  // of packet buffers: place in packet_buffers()
  bool of_file = false;
  Side side = Side::kAny;
  std::span<const Transform> transforms;
  std::span<const Matcher> matchers;
};

struct FieldTest {
  enum class Kind : std::uint8_t { kNumber, kWords, kBits, kFlag };
  enum class BitsMode : std::uint8_t { kExact, kAll, kSome };
  Kind kind = Kind::kFlag;
  std::string_view field;
  const FieldRow* row = nullptr;
  const AddressTable* addresses = nullptr;  // of fields on addresses
  NumberTest test;
  Which which;
  std::span<const std::string_view> words;
  bool negated = false;
  std::uint64_t bits = 0;
  std::uint64_t ignored = 0;
  BitsMode mode = BitsMode::kExact;
};

// Stands for the name of a flowbit and the like, the same in every set (64-bit FNV-1a).
constexpr std::uint64_t name_number(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name)
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

struct StateOperation {
  enum class Memory : std::uint8_t {
    kFlowbits,
    kFlowint,
    kXbits,
    kHostbits,
    kFlowvar,
    kPktvar,
  };
  Memory memory = Memory::kFlowbits;
  std::string_view operation;
  std::span<const std::uint64_t> names;  // by name_number()
  std::string_view subject;
  std::uint64_t subject_name = 0;  // of flowint's variable on the right
  std::int64_t value = 0;
};

// Counts matches; which of them are told.
struct Rate {
  enum class Type : std::uint8_t {
    kLimit,
    kThreshold,
    kBoth,
    kBackoff,
    kDetectionFilter,
    kRateFilter,
  };
  Type type = Type::kLimit;
  std::string_view track;
  std::uint64_t count = 0;
  std::uint64_t seconds = 0;
  std::uint64_t multiplier = 0;
  std::string_view unique_on;
};

// Further packets of the flow, or of a host, are told.
struct Tag {
  enum class Scope : std::uint8_t { kSession, kHost };
  enum class Unit : std::uint8_t { kPackets, kBytes, kSeconds };
  Scope scope = Scope::kSession;
  Unit unit = Unit::kPackets;
  std::uint64_t amount = 0;
  bool of_source = false;  // of a host: the one that sent, else the other
};

struct Head {
  std::uint8_t ip_version = 0;
  std::span<const std::uint8_t> transports;
  std::string_view application;
  std::uint64_t applications = 0;  // bits of protocols::AppProto; 0: rules on packets
  std::string_view hook;
  bool without_ip = false;
  const AddressSet* source = nullptr;
  const PortSet* source_ports = nullptr;
  const AddressSet* destination = nullptr;
  const PortSet* destination_ports = nullptr;
};

struct FlowTest {
  bool to_server = false;
  bool to_client = false;
  bool established = false;
  bool not_established = false;
  bool stateless = false;
  bool only_stream = false;
  bool no_stream = false;
  bool only_fragments = false;
  bool no_fragments = false;
};

struct Prefilter {
  bool present = false;
  std::size_t inspection = 0;
  std::size_t matcher = 0;
  Bytes bytes;
  bool nocase = false;
};

struct Reference {
  std::string_view system;
  std::string_view id;
  std::string_view url;
};

struct Metadata {
  std::string_view key;
  std::string_view value;
};

struct Rule {
  enum class Action : std::uint8_t { kAlert, kPass };
  enum class Target : std::uint8_t { kNone, kSource, kDestination };
  // What a rule is tested on.
  enum class Kind : std::uint8_t { kPacket, kPayload, kTransaction };
  std::uint32_t gid = 0;
  std::uint32_t sid = 0;
  std::uint32_t rev = 0;
  Action action = Action::kAlert;
  std::string_view stated_action;
  std::span<const Head> heads;
  bool transaction = false;
  std::string_view msg;
  std::string_view classtype;
  std::string_view category;
  std::uint64_t priority = 3;
  std::span<const Reference> references;
  std::span<const Metadata> metadata;
  Target target = Target::kNone;
  bool no_alert = false;
  FlowTest flow;
  bool on_packet = false;  // payload of single TCP packets
  bool on_stream = false;
  bool on_datagram = false;
  std::span<const FieldTest> tests;
  std::span<const StateOperation> conditions;
  std::span<const Inspection> inspections;
  std::span<const StateOperation> effects;
  std::span<const Rate> rates;
  std::span<const Suppression> suppressions;
  std::span<const Tag> tags;
  std::span<const std::string_view> variables;
  Prefilter prefilter;
  Kind kind = Kind::kPacket;
  bool joins_files = false;      // asks several things of a file: of the same one
  bool addresses_alone = false;  // tests neither ports nor what changes from packet to packet
  bool crosses_looks = false;  // what it looks for in a stream may lie over the border of two looks
  std::string_view raw;        // its text, where the bundle has it
  bool loaded = false;         // false: it needs what this engine does not have
};

}  // namespace netmoth::detect
