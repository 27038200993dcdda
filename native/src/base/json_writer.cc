// JSON text generation: escapes found eight bytes at a time, integers and times formatted in place.
//
// Invariant: every function appends one complete JSON token (with its comma) or nothing.
#include "base/json_writer.h"

#include <cmath>

#include "base/hex.h"
#include "base/text.h"

namespace netmoth::base {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

// Non-zero where some of eight bytes is zero (the classic word trick; exact as a yes-or-no answer).
constexpr std::uint64_t has_zero(std::uint64_t word) {
  return (word - kOnes) & ~word & kHighBits;
}

constexpr bool needs_care(std::uint64_t word) {
  const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighBits;
  return (control | has_zero(word ^ kOnes * '"') | has_zero(word ^ kOnes * '\\') |
          (word & kHighBits)) != 0;
}

constexpr bool needs_care(std::uint8_t byte) {
  return byte < 0x20 || byte == '"' || byte == '\\' || byte >= 0x80;
}

// Length of the prefix that can be copied as it is.
std::size_t clean_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, sizeof word);
    if (needs_care(word)) break;
  }
  while (i < text.size() && !needs_care(static_cast<std::uint8_t>(text[i])))
    ++i;
  return i;
}

constexpr std::size_t kMaxEscape = 6;

char* put_text(char* at, std::string_view text) {
  text.copy(at, text.size());
  return at + text.size();
}

char* put_escaped(char* at, std::uint8_t byte) {
  switch (byte) {
    case '"':
      return put_text(at, "\\\"");
    case '\\':
      return put_text(at, "\\\\");
    case '\b':
      return put_text(at, "\\b");
    case '\t':
      return put_text(at, "\\t");
    case '\n':
      return put_text(at, "\\n");
    case '\f':
      return put_text(at, "\\f");
    case '\r':
      return put_text(at, "\\r");
    default: {
      const char escape[] = {'\\', 'u', '0', '0', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
      return put_text(at, {escape, sizeof escape});
    }
  }
}

char* put_foreign_byte(char* at, std::uint8_t byte) {
  const char escape[] = {'\\', '\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
  return put_text(at, {escape, sizeof escape});
}

char* put2(char* at, unsigned value) {
  *at++ = static_cast<char>('0' + value / 10 % 10);
  *at++ = static_cast<char>('0' + value % 10);
  return at;
}

constexpr std::size_t kTimestampSize = 31;
constexpr std::size_t kMaxAddressSize = 39;

char* put_timestamp(char* at, TimestampNs time);
char* put_address(char* at, const Address& address, int ip_version);

}  // namespace

void JsonWriter::copy_to_mirror() {
  mirror_->append(out_->view());
  out_->clear();
}

void JsonWriter::text(std::string_view untrusted) {
  // An octet becomes at most kMaxEscape.
  char* at = separate(out_->room(kMaxEscape * untrusted.size() + 3));
  *at++ = '"';
  std::size_t clean = clean_prefix(untrusted);
  at = put_text(at, untrusted.substr(0, clean));
  if (clean < untrusted.size()) {
    const bool utf8 = is_utf8(untrusted);
    while (clean < untrusted.size()) {
      const auto byte = static_cast<std::uint8_t>(untrusted[clean++]);
      if (byte < 0x80) {
        at = put_escaped(at, byte);
      } else if (utf8) {
        *at++ = static_cast<char>(byte);
      } else {
        at = put_foreign_byte(at, byte);
      }
      const std::size_t run = clean_prefix(untrusted.substr(clean));
      at = put_text(at, untrusted.substr(clean, run));
      clean += run;
    }
  }
  *at++ = '"';
  commit(at);
}

// JSON has no NaN and no infinity: both become null.
void JsonWriter::number(double value) {
  if (!std::isfinite(value)) return raw("null");
  char* at = separate(out_->room(kNumberRoom));
  commit(std::to_chars(at, at + kNumberRoom - 1, value).ptr);
}

void JsonWriter::hex(Bytes bytes, char separator) {
  char* at = separate(out_->room(3 * bytes.size() + 3));
  *at++ = '"';
  bool first = true;
  for (const std::uint8_t byte : bytes) {
    if (separator != 0 && !first) *at++ = separator;
    first = false;
    *at++ = kHexDigits[byte >> 4];
    *at++ = kHexDigits[byte & 15];
  }
  *at++ = '"';
  commit(at);
}

void JsonWriter::timestamp(TimestampNs time) {
  char* at = separate(out_->room(kTimestampSize + 3));
  *at++ = '"';
  at = put_timestamp(at, time);
  *at++ = '"';
  commit(at);
}

void JsonWriter::address(const Address& address, int ip_version) {
  char* at = separate(out_->room(kMaxAddressSize + 3));
  *at++ = '"';
  at = put_address(at, address, ip_version);
  *at++ = '"';
  commit(at);
}

namespace {

char* put_timestamp(char* at, TimestampNs time) {
  std::int64_t seconds = time / 1'000'000'000;
  std::int64_t nanoseconds = time % 1'000'000'000;
  if (nanoseconds < 0) {
    nanoseconds += 1'000'000'000;
    --seconds;
  }
  // The date and time of the last second formatted: events come in the order of time, so one second
  // serves thousands of them. Per thread, hence no sharing.
  struct Cache {
    std::int64_t second = INT64_MIN;
    char text[19];  // 2026-11-20T14:32:15
  };
  static thread_local Cache cache;
  if (cache.second != seconds) {
    const CivilTime civil = civil_time(seconds);
    char* to = put2(cache.text, civil.year / 100);
    to = put2(to, civil.year);
    *to++ = '-';
    to = put2(to, civil.month);
    *to++ = '-';
    to = put2(to, civil.day);
    *to++ = 'T';
    to = put2(to, civil.hour);
    *to++ = ':';
    to = put2(to, civil.minute);
    *to++ = ':';
    put2(to, civil.second);
    cache.second = seconds;
  }
  at = put_text(at, {cache.text, sizeof cache.text});
  const auto microseconds = static_cast<unsigned>(nanoseconds / 1000);
  *at++ = '.';
  at = put2(at, microseconds / 10'000);
  at = put2(at, microseconds / 100);
  at = put2(at, microseconds);
  return put_text(at, "+0000");
}

char* put_address(char* at, const Address& address, int ip_version) {
  if (ip_version == 6) {
    for (std::size_t i = 0; i < 16; ++i) {
      if (i != 0 && i % 2 == 0) *at++ = ':';
      *at++ = kHexDigits[address.octets[i] >> 4];
      *at++ = kHexDigits[address.octets[i] & 15];
    }
  } else {
    for (std::size_t i = 0; i < 4; ++i) {
      if (i != 0) *at++ = '.';
      const unsigned octet = address.octets[i];
      if (octet >= 100) *at++ = static_cast<char>('0' + octet / 100);
      if (octet >= 10) *at++ = static_cast<char>('0' + octet / 10 % 10);
      *at++ = static_cast<char>('0' + octet % 10);
    }
  }
  return at;
}

}  // namespace

void append_timestamp(std::string& out, TimestampNs time) {
  char text[kTimestampSize];
  out.append(text, static_cast<std::size_t>(put_timestamp(text, time) - text));
}

void append_address(std::string& out, const Address& address, int ip_version) {
  char text[kMaxAddressSize];
  out.append(text, static_cast<std::size_t>(put_address(text, address, ip_version) - text));
}

}  // namespace netmoth::base
