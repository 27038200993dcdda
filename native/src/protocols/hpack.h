// Header compression for HTTP/2 (RFC 7541), the decoder's side.
//
// Invariant: the dynamic table never holds more than kMaxHpackTable octets (by the RFC's count, 32
// for each entry included; oldest entries go first), and one block yields at most kMaxHeaderList
// octets by the same count: a block that would yield more is an error, found before it is copied.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/types.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxHpackTable = 64U << 10;
inline constexpr std::size_t kMaxHeaderList = 64U << 10;
inline constexpr std::size_t kMaxSizeUpdates = 16;  // of a block, that are told

struct HeaderField {
  std::string name;
  std::string value;

  // RFC 7541 §4.1.
  [[nodiscard]] std::size_t size() const { return name.size() + value.size() + 32; }
};

enum class HpackStatus : std::uint8_t {
  kOk,
  kBroken,    // an index, length or Huffman code that cannot be
  kOverflow,  // an integer beyond 32 bits
  kTooLarge,  // more than kMaxHeaderList
};

class HpackDecoder {
 public:
  // Appends a block's fields to `out`. After anything but kOk the table is of no use any more.
  [[nodiscard]] HpackStatus decode(Bytes block, std::vector<HeaderField>& out);
  // SETTINGS_HEADER_TABLE_SIZE of the side that decodes; beyond kMaxHpackTable false. It only
  // raises what is allowed: blocks on their way still use the old size, and the encoder itself says
  // when it goes down (§4.2).
  [[nodiscard]] bool allow_table(std::size_t octets);

  // What the last block said of the table's size, at most kMaxSizeUpdates of them.
  [[nodiscard]] const std::vector<std::uint32_t>& size_updates() const { return size_updates_; }
  [[nodiscard]] std::size_t table_octets() const { return octets_; }
  [[nodiscard]] std::size_t table_entries() const { return entries_.size(); }

 private:
  [[nodiscard]] HpackStatus find(std::size_t index, HeaderField& field, std::size_t room,
                                 bool name_only) const;
  void insert(const HeaderField& field);
  void shrink_to(std::size_t octets);

  std::deque<HeaderField> entries_;  // youngest first
  std::size_t octets_ = 0;
  std::size_t capacity_ = 4096;
  std::size_t allowed_ = 4096;
  std::vector<std::uint32_t> size_updates_;
};

}  // namespace netmoth::protocols
