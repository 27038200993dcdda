// Fields that rules test: header fields, counters of flows, fields of transactions, events. To add
// one, add a row to the table of its kind (packet_fields.cc, tx_fields.cc) and a golden case.
//
// Invariant: rows are found by name when a set is loaded; reading a field allocates nothing.
#pragma once

#include <array>

#include "detect/buffers.h"
#include "detect/rule.h"
#include "flow/flow.h"

namespace netmoth::detect {

inline constexpr std::size_t kMaxFieldValues = 64;  // a word has a bit for each

// Names of events that came up since the last look.
struct EventView {
  std::span<const std::string_view> decode;
  std::span<const std::string_view> stream;
  std::span<const std::string_view> application;  // "http.invalid_host…"
};

struct Ends;

struct FieldContext {
  const decode::Packet* packet = nullptr;
  const flow::Flow* flow = nullptr;
  Direction direction = Direction::kToServer;
  const TxView* tx = nullptr;
  EventView events;
  TimestampNs now = 0;            // of the packet at hand
  const Ends* between = nullptr;  // of what is looked at
};

class FieldValues {
 public:
  void add(std::uint64_t number) { add(number, {}); }
  void add(std::string_view word) { add(0, word); }
  // A number that rules may call by a name.
  void add(std::uint64_t number, std::string_view name) {
    if (count_ == kMaxFieldValues) return;
    numbers_[count_] = number;
    words_[count_++] = name;
  }
  // All that is known of a number.
  void add_at_least(std::uint64_t number) {
    if (count_ == kMaxFieldValues) return;
    at_least_ |= std::uint64_t{1} << count_;
    add(number);
  }
  [[nodiscard]] bool is_at_least(std::size_t at) const { return (at_least_ >> at & 1U) != 0; }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::uint64_t number(std::size_t at) const { return numbers_[at]; }
  [[nodiscard]] std::string_view word(std::size_t at) const { return words_[at]; }

 private:
  std::size_t count_ = 0;
  std::uint64_t at_least_ = 0;  // a bit for each value
  std::array<std::uint64_t, kMaxFieldValues> numbers_;
  std::array<std::string_view, kMaxFieldValues> words_;
};

enum class FieldScope : std::uint8_t { kPacket, kTransaction, kAddress };

// In the order a table of them reads best.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct FieldRow {
  std::string_view name;
  FieldScope scope = FieldScope::kPacket;
  std::uint32_t kinds = 0;  // of records, for kTransaction
  // Adds nothing where the field is absent. None of fields on addresses.
  void (*read)(const FieldContext&, FieldValues&) = nullptr;
  bool every = false;      // all values must pass, whatever the rule says
  bool contains = false;   // a word need only stand within the value
  Side side = Side::kAny;  // of transactions: whose field it is
  bool sorted = false;     // its words are sorted, many, and compared as they are
  bool names = false;      // its words are names of numbers: "RST_STREAM" is "rststream"
};

const FieldRow* find_field(std::string_view name);
std::span<const FieldRow> packet_fields();
std::span<const FieldRow> tx_fields();
std::span<const FieldRow> session_fields();
std::span<const FieldRow> file_fields();

// `iprep.SIDE.CATEGORY`, `geoip.SIDE.COUNTRIES`: the row is the side's, the table has the rest.
struct AddressField {
  std::string_view keyword;
  std::string_view what;
};
const FieldRow* find_address_field(std::string_view field, AddressField& parts);
bool addresses_pass(const FieldTest& test, const Ends& ends);

bool passes(const FieldTest& test, const FieldContext& context);

}  // namespace netmoth::detect
