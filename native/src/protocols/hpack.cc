// See hpack.h.
#include "protocols/hpack.h"

#include <algorithm>

#include "base/reader.h"
#include "protocols/hpack_huffman.h"

namespace netmoth::protocols {
namespace {

struct StaticField {
  std::string_view name;
  std::string_view value;
};

// RFC 7541 appendix A; index 1 is the first.
constexpr std::array<StaticField, 61> kStatic{{
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
}};

// An integer whose first `bits` bits are in `first` (§5.1).
HpackStatus read_integer(base::Reader& in, std::uint8_t first, unsigned bits, std::size_t& value) {
  const std::uint8_t mask = static_cast<std::uint8_t>((1u << bits) - 1);
  std::uint64_t sum = first & mask;
  if (sum == mask) {
    for (unsigned shift = 0;; shift += 7) {
      if (shift > 28) return HpackStatus::kOverflow;
      const std::uint8_t octet = in.u8();
      if (!in.ok()) return HpackStatus::kBroken;
      sum += std::uint64_t{octet & 0x7fu} << shift;
      if ((octet & 0x80) == 0) break;
    }
    if (sum > 0xffffffffu) return HpackStatus::kOverflow;
  }
  value = static_cast<std::size_t>(sum);
  return HpackStatus::kOk;
}

HpackStatus read_text(base::Reader& in, std::size_t room, std::string& text) {
  const std::uint8_t first = in.u8();
  if (!in.ok()) return HpackStatus::kBroken;
  std::size_t length = 0;
  if (const auto s = read_integer(in, first, 7, length); s != HpackStatus::kOk) return s;
  const Bytes octets = in.bytes(length);
  if (!in.ok()) return HpackStatus::kBroken;
  if ((first & 0x80) == 0) {
    if (length > room) return HpackStatus::kTooLarge;
    text.assign(as_text(octets));
    return HpackStatus::kOk;
  }
  if (huffman_decode(octets, room, text)) return HpackStatus::kOk;
  return text.size() == room ? HpackStatus::kTooLarge : HpackStatus::kBroken;
}

}  // namespace

HpackStatus HpackDecoder::find(std::size_t index, HeaderField& field, std::size_t room,
                               bool name_only) const {
  std::string_view name;
  std::string_view value;
  if (index == 0) return HpackStatus::kBroken;
  if (index <= kStatic.size()) {
    name = kStatic[index - 1].name;
    value = kStatic[index - 1].value;
  } else {
    index -= kStatic.size() + 1;
    if (index >= entries_.size()) return HpackStatus::kBroken;
    name = entries_[index].name;
    value = entries_[index].value;
  }
  if (name.size() + (name_only ? 0 : value.size()) > room) return HpackStatus::kTooLarge;
  field.name.assign(name);
  if (!name_only) field.value.assign(value);
  return HpackStatus::kOk;
}

void HpackDecoder::shrink_to(std::size_t octets) {
  while (octets_ > octets) {
    octets_ -= entries_.back().size();
    entries_.pop_back();
  }
}

void HpackDecoder::insert(const HeaderField& field) {
  if (field.size() > capacity_) {  // §4.4: empties the table, no error
    shrink_to(0);
    return;
  }
  shrink_to(capacity_ - field.size());
  octets_ += field.size();
  entries_.push_front(field);
}

bool HpackDecoder::allow_table(std::size_t octets) {
  allowed_ = std::max(allowed_, std::min(octets, kMaxHpackTable));
  return octets <= kMaxHpackTable;
}

HpackStatus HpackDecoder::decode(Bytes block, std::vector<HeaderField>& out) {
  base::Reader in(block);
  std::size_t room = kMaxHeaderList;
  size_updates_.clear();
  while (!in.at_end()) {
    const std::uint8_t first = in.u8();
    std::size_t index = 0;
    if ((first & 0xe0) == 0x20) {  // table size update
      if (const auto s = read_integer(in, first, 5, index); s != HpackStatus::kOk) return s;
      if (size_updates_.size() < kMaxSizeUpdates)
        size_updates_.push_back(static_cast<std::uint32_t>(index));
      if (index > allowed_) return HpackStatus::kBroken;
      capacity_ = index;
      shrink_to(capacity_);
      continue;
    }
    if (room < 32) return HpackStatus::kTooLarge;
    room -= 32;
    HeaderField field;
    const bool indexed = (first & 0x80) != 0;
    const bool keep = (first & 0xc0) == 0x40;
    const unsigned bits = indexed ? 7 : keep ? 6 : 4;
    if (const auto s = read_integer(in, first, bits, index); s != HpackStatus::kOk) return s;
    if (index != 0 || indexed) {
      if (const auto s = find(index, field, room, !indexed); s != HpackStatus::kOk) return s;
    }
    if (!indexed) {
      if (index == 0) {
        if (const auto s = read_text(in, room, field.name); s != HpackStatus::kOk) return s;
      }
      const std::size_t left = room - field.name.size();
      if (const auto s = read_text(in, left, field.value); s != HpackStatus::kOk) return s;
    }
    room -= field.name.size() + field.value.size();
    if (keep) insert(field);
    out.push_back(std::move(field));
  }
  return HpackStatus::kOk;
}

}  // namespace netmoth::protocols
