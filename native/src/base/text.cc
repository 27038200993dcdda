// UTF-8 validation and the proleptic Gregorian calendar.
//
// Invariant: see text.h. The calendar follows the days-from-civil algorithm on eras of 400 years.
#include "base/text.h"

#include <algorithm>

namespace netmoth::base {

bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto* const end = at + text.size();
  const auto continues = [&](std::ptrdiff_t count) {
    if (end - at < count) return false;
    return std::all_of(at, at + count, [](std::uint8_t byte) { return (byte & 0xC0) == 0x80; });
  };
  while (at < end) {
    const std::uint8_t lead = *at++;
    if (lead < 0x80) continue;
    if (lead >= 0xC2 && lead <= 0xDF) {
      if (!continues(1)) return false;
      at += 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      if (!continues(2)) return false;
      if (lead == 0xE0 && at[0] < 0xA0) return false;  // overlong
      if (lead == 0xED && at[0] > 0x9F) return false;  // surrogates
      at += 2;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      if (!continues(3)) return false;
      if (lead == 0xF0 && at[0] < 0x90) return false;  // overlong
      if (lead == 0xF4 && at[0] > 0x8F) return false;  // beyond U+10FFFF
      at += 3;
    } else {
      return false;
    }
  }
  return true;
}

CivilTime civil_time(std::int64_t seconds) {
  constexpr std::int64_t kYear0 = -62'167'219'200;     // 0000-01-01T00:00:00Z
  constexpr std::int64_t kYear9999 = 253'402'300'799;  // 9999-12-31T23:59:59Z
  seconds = std::clamp(seconds, kYear0, kYear9999);
  std::int64_t days = seconds / 86'400;
  std::int64_t of_day = seconds % 86'400;
  if (of_day < 0) {
    of_day += 86'400;
    --days;
  }
  days += 719'468;  // from 0000-03-01, so that the leap day ends a year
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;  // 0 is March
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const auto year =
      static_cast<unsigned>(static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2));
  const auto rest = static_cast<unsigned>(of_day);
  return {year,        month,          day_of_year - (153 * shifted_month + 2) / 5 + 1,
          rest / 3600, rest / 60 % 60, rest % 60};
}

}  // namespace netmoth::base
