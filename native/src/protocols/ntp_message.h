// An NTP message (RFC 1059, 1119, 1305, 5905; control messages RFC 9327): the record behind an ntp
// event.
//
// Invariant: the reference identifier is a view of the datagram; times stay as sent, in the era
// that ntp_time() chooses by the time of capture.
#pragma once

#include <optional>
#include <string_view>

#include "base/types.h"
#include "protocols/record.h"

namespace netmoth::protocols {

inline constexpr std::size_t kNtpHeaderLength = 48;
inline constexpr std::size_t kNtpControlHeaderLength = 12;
inline constexpr std::size_t kNtpPrivateHeaderLength = 8;

namespace ntp_mode {
inline constexpr std::uint8_t kClient = 3;
inline constexpr std::uint8_t kServer = 4;
inline constexpr std::uint8_t kControl = 6;
inline constexpr std::uint8_t kPrivate = 7;
}  // namespace ntp_mode

// What modes 6 and 7 have in place of the clock's fields.
struct NtpManagement {
  bool response = false;
  bool error = false;               // of mode 6
  std::uint8_t opcode = 0;          // of mode 6
  std::uint16_t sequence = 0;       // of mode 6
  std::uint16_t association = 0;    // of mode 6
  std::uint8_t implementation = 0;  // of mode 7
  std::uint8_t request_code = 0;    // of mode 7
};

struct NtpMessage : Record {
  NtpMessage() : Record(RecordKind::kNtp) {}
  TimestampNs captured = 0;
  std::uint8_t version = 0;  // 1 to 4
  std::uint8_t mode = 0;
  NtpManagement management;  // of modes 6 and 7, which have nothing of what follows

  std::uint8_t leap = 0;
  std::uint8_t stratum = 0;
  std::int8_t poll = 0;               // log2 of seconds
  std::int8_t precision = 0;          // log2 of seconds
  std::uint32_t root_delay = 0;       // seconds / 65536
  std::uint32_t root_dispersion = 0;  // seconds / 65536
  Bytes reference_id;                 // four octets
  // Seconds since the start of the era, and their 2^32nd parts; 0 is "not known".
  std::uint64_t reference = 0;
  std::uint64_t origin = 0;
  std::uint64_t receive = 0;
  std::uint64_t transmit = 0;
  std::uint32_t extensions = 0;  // extension fields (RFC 7822), of version 4
  bool has_mac = false;
  std::uint32_t key_id = 0;  // of the message authentication code
  bool sound = false;        // what follows the header was understood too

  [[nodiscard]] bool is_management() const { return mode >= ntp_mode::kControl; }
};

// False where it is no NTP message as far as its header says; else `message.sound` says whether
// the rest is one too.
[[nodiscard]] bool parse_ntp(Bytes datagram, NtpMessage& message);

// EVE's spelling: the words of RFC 5905 figure 10.
std::string_view ntp_mode_name(std::uint8_t mode);

// An NTP time stamp in the era that puts it within 68 years of `captured` (RFC 5905 §6); nothing
// for the zero that says "not known".
std::optional<TimestampNs> ntp_time(std::uint64_t stamp, TimestampNs captured);

}  // namespace netmoth::protocols
