// A Kerberos 5 message (RFC 4120): the record behind a krb5 event.
//
// Invariant: names and realms are views of the message; at most kMaxKrb5NameParts parts of a name
// are kept.
#pragma once

#include <array>
#include <string_view>

#include "base/types.h"
#include "protocols/record.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxKrb5NameParts = 8;

namespace krb5_type {
inline constexpr std::uint8_t kAsRequest = 10;
inline constexpr std::uint8_t kAsReply = 11;
inline constexpr std::uint8_t kTgsRequest = 12;
inline constexpr std::uint8_t kTgsReply = 13;
inline constexpr std::uint8_t kError = 30;
}  // namespace krb5_type

struct Krb5Name {
  std::array<std::string_view, kMaxKrb5NameParts> parts;
  std::size_t count = 0;
};

struct Krb5Message : Record {
  Krb5Message() : Record(RecordKind::kKrb5) {}
  std::uint8_t type = 0;
  std::uint8_t failed_request = 0;  // with kError: what was asked before, 0 where not seen
  bool sound = false;
  std::string_view realm;  // the client's
  Krb5Name client;
  Krb5Name service;
  std::uint32_t error = 0;
  bool encrypted = false;  // a reply: the encryption of its own part and of its ticket
  std::uint32_t encryption = 0;
  std::uint32_t ticket_encryption = 0;

  [[nodiscard]] bool is_reply() const {
    return type == krb5_type::kAsReply || type == krb5_type::kTgsReply || type == krb5_type::kError;
  }
};

// False where it is no Kerberos message; else `message.sound` says whether all that is told of a
// reply was there.
[[nodiscard]] bool parse_krb5(Bytes data, Krb5Message& message);

// Spelt as RFC 4120 and RFC 3961's registry do, with underscores; empty where unknown.
std::string_view krb5_type_name(std::uint8_t type);
std::string_view krb5_error_name(std::uint32_t code);
std::string_view krb5_encryption_name(std::uint32_t type);
// Anything but AES and Camellia (RFC 6649, RFC 8429).
[[nodiscard]] bool krb5_weak(std::uint32_t encryption);

}  // namespace netmoth::protocols
