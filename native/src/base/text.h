// Text forms that several writers share: UTF-8 check, calendar time, EVE's time stamps and
// addresses.
//
// Invariant: pure functions of their arguments; no locale, no time zone but UTC, no allocation
// beyond the string that is appended to.
#pragma once

#include <string>
#include <string_view>

#include "base/types.h"

namespace netmoth::base {

// True where `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most
// U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

struct CivilTime {
  unsigned year, month, day, hour, minute, second;
};

// UTC calendar time of seconds since 1970; years outside 0 to 9999 are clamped.
[[nodiscard]] CivilTime civil_time(std::int64_t seconds);

// `2026-11-20T14:32:15.123456+0000`
void append_timestamp(std::string& out, TimestampNs time);

// IPv4 dotted, IPv6 with all eight groups of four digits, as Suricata's EVE writes them.
void append_address(std::string& out, const Address& address, int ip_version);

}  // namespace netmoth::base
