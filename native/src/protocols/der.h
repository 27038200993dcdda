// Walks DER (ITU-T X.690): one tag, length and content at a time, over base::Reader.
//
// Invariant: never recursive, never past the end; indefinite and over-long lengths are failures.
#pragma once

#include "base/reader.h"

namespace netmoth::protocols {

namespace der_tag {
inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kObjectId = 0x06;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;
inline constexpr std::uint8_t kBmpString = 0x1e;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;
inline constexpr std::uint8_t kContext0 = 0xa0;
inline constexpr std::uint8_t kContext3 = 0xa3;
}  // namespace der_tag

struct DerItem {
  std::uint8_t tag = 0;
  Bytes content;
};

class DerReader {
 public:
  explicit DerReader(Bytes data) : reader_(data) {}

  [[nodiscard]] bool ok() const { return reader_.ok(); }
  [[nodiscard]] bool at_end() const { return !reader_.ok() || reader_.at_end(); }
  [[nodiscard]] std::uint8_t next_tag() const { return reader_.peek_u8(); }

  DerItem next() {
    DerItem item;
    item.tag = reader_.u8();
    std::size_t length = reader_.u8();
    if (length > 0x80 && length <= 0x84) {
      std::size_t octets = length & 0x7f;
      length = 0;
      while (octets-- > 0)
        length = length << 8 | reader_.u8();
    } else if (length >= 0x80) {
      length = static_cast<std::size_t>(-1);  // fails below
    }
    item.content = reader_.bytes(length);
    return item;
  }

  // The next item's content where it has that tag; else the reader has failed.
  Bytes expect(std::uint8_t tag) {
    if (next_tag() != tag) {
      reader_.skip(static_cast<std::size_t>(-1));
      return {};
    }
    return next().content;
  }

 private:
  base::Reader reader_;
};

}  // namespace netmoth::protocols
