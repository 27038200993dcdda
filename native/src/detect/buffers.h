// Sticky buffers: where the octets of each come from. To add one, add a row to the table of its
// protocol (http_buffers.cc, tls_buffers.cc, …) and a case to cli/src/commands/read-rules.test.ts.
//
// Invariant: rows are found by name when a set is loaded, never per packet. A value lives until the
// BufferValues it stands in are cleared.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "detect/rule.h"
#include "flow/flow.h"
#include "protocols/parser.h"

namespace netmoth::detect {

// One transaction as detection sees it: what its parser reported, and its contents.
struct TxView {
  protocols::AppProto proto = protocols::AppProto::kUnknown;
  const protocols::Record* record = nullptr;
  Direction direction = Direction::kToServer;  // of the record
  std::array<Bytes, 2> bodies;                 // decoded, by direction
};

// The values of one buffer: none, one, or several for multi-buffers.
class BufferValues {
 public:
  void add(Bytes value) { values_.push_back(value); }
  void add(std::string_view value) { values_.push_back(as_bytes(value)); }
  // For values that do not stand anywhere as such.
  std::string& make() {
    if (made_count_ == made_.size()) made_.push_back(std::make_unique<std::string>());
    std::string& text = *made_[made_count_++];
    text.clear();
    return text;
  }
  // make() a value, and add it once it is complete.
  void add_made(const std::string& text) { add(std::string_view(text)); }
  void clear() {
    values_.clear();
    made_count_ = 0;
  }
  [[nodiscard]] std::span<const Bytes> all() const { return values_; }
  std::span<Bytes> changeable() { return values_; }

 private:
  std::vector<Bytes> values_;
  std::vector<std::unique_ptr<std::string>> made_;  // kept for reuse
  std::size_t made_count_ = 0;
};

constexpr std::uint32_t kind_bit(protocols::RecordKind kind) {
  return 1U << static_cast<unsigned>(kind);
}

struct BufferRow {
  std::string_view name;
  std::uint32_t kinds = 0;  // of records that have it: kind_bit()
  // Of which messages: kAny where both may have it.
  Side side = Side::kAny;
  // `side` is never kAny here.
  void (*collect)(const TxView&, Direction side, BufferValues&) = nullptr;
};

struct PacketBufferRow {
  std::string_view name;
  Bytes (*view)(const decode::Packet&) = nullptr;  // empty: the packet has none
};

// nullptr where no row has the name.
const BufferRow* find_buffer(std::string_view name);
std::span<const PacketBufferRow> packet_buffers();

// Tables of one protocol each.
std::span<const BufferRow> http_buffers();
std::span<const BufferRow> tls_buffers();
std::span<const BufferRow> dns_buffers();

// Changes the value in place of a transform's name; false where the name is not known.
bool known_transform(const Transform& transform);
// Rewrites every value of `values` after one transform.
void apply_transform(const Transform& transform, BufferValues& values, class PcreScratch& scratch);

}  // namespace netmoth::detect
