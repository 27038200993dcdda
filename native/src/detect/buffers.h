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
#include "protocols/file_tracker.h"
#include "protocols/parser.h"

namespace netmoth::detect {

// A file that a transaction carried, once it ended.
struct KeptFile {
  std::uint64_t tx_id = 0;
  Direction direction = Direction::kToServer;
  protocols::FileInfo info;  // its views are void
  std::string md5;           // hexadecimal; empty where not known
  std::string sha1;
  std::string sha256;
  std::vector<std::uint8_t> content;
};

// One transaction as detection sees it: what its parser reported, and its contents.
struct TxView {
  protocols::AppProto proto = protocols::AppProto::kUnknown;
  const protocols::Record* record = nullptr;
  std::uint64_t id = 0;                        // of the record within its flow
  Direction direction = Direction::kToServer;  // of the record
  std::array<Bytes, 2> bodies;                 // decoded, by direction
  std::span<const KeptFile> files;             // of the flow
  const KeptFile* only_file = nullptr;         // of its direction alone this one counts

  // Calls each(file) for those of this transaction in that direction.
  template <typename Each>
  void for_each_file(Direction side, Each each) const {
    if (only_file != nullptr && only_file->direction == side) return each(*only_file);
    for (const KeptFile& file : files) {
      if (file.tx_id == id && file.direction == side) each(file);
    }
  }
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
std::span<const BufferRow> mail_buffers();
std::span<const BufferRow> session_buffers();
std::span<const BufferRow> sip_buffers();
std::span<const BufferRow> service_buffers();
std::span<const BufferRow> file_buffers();
std::span<const BufferRow> frame_buffers();

// Changes the value in place of a transform's name; false where the name is not known.
bool known_transform(const Transform& transform);
// Rewrites every value of `values` after one transform.
void apply_transform(const Transform& transform, BufferValues& values, class PcreScratch& scratch);

}  // namespace netmoth::detect
