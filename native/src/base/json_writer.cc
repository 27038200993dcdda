// JSON text generation: escapes found eight bytes at a time, integers and times formatted in place.
//
// Invariant: every function appends one complete JSON token (with its comma) or nothing.
#include "base/json_writer.h"

#include <charconv>
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

void append_escaped(std::string& out, std::uint8_t byte) {
  switch (byte) {
    case '"':
      out.append("\\\"", 2);
      return;
    case '\\':
      out.append("\\\\", 2);
      return;
    case '\b':
      out.append("\\b", 2);
      return;
    case '\t':
      out.append("\\t", 2);
      return;
    case '\n':
      out.append("\\n", 2);
      return;
    case '\f':
      out.append("\\f", 2);
      return;
    case '\r':
      out.append("\\r", 2);
      return;
    default: {
      const char escape[6] = {'\\', 'u', '0', '0', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
      out.append(escape, sizeof escape);
    }
  }
}

void append_foreign_byte(std::string& out, std::uint8_t byte) {
  const char escape[5] = {'\\', '\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
  out.append(escape, sizeof escape);
}

template <typename T>
void append_number(std::string& out, T value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

char* put2(char* at, unsigned value) {
  *at++ = static_cast<char>('0' + value / 10 % 10);
  *at++ = static_cast<char>('0' + value % 10);
  return at;
}

}  // namespace

void JsonWriter::begin_object() {
  separate();
  out_.push_back('{');
  need_comma_ = false;
}

void JsonWriter::end_object() {
  out_.push_back('}');
  need_comma_ = true;
}

void JsonWriter::begin_array() {
  separate();
  out_.push_back('[');
  need_comma_ = false;
}

void JsonWriter::end_array() {
  out_.push_back(']');
  need_comma_ = true;
}

void JsonWriter::text(std::string_view untrusted) {
  separate();
  out_.push_back('"');
  std::size_t clean = clean_prefix(untrusted);
  out_.append(untrusted.substr(0, clean));
  if (clean < untrusted.size()) {
    const bool utf8 = is_utf8(untrusted);
    while (clean < untrusted.size()) {
      const auto byte = static_cast<std::uint8_t>(untrusted[clean++]);
      if (byte < 0x80) {
        append_escaped(out_, byte);
      } else if (utf8) {
        out_.push_back(static_cast<char>(byte));
      } else {
        append_foreign_byte(out_, byte);
      }
      const std::size_t run = clean_prefix(untrusted.substr(clean));
      out_.append(untrusted.substr(clean, run));
      clean += run;
    }
  }
  out_.push_back('"');
}

void JsonWriter::plain(std::string_view trusted) {
  separate();
  out_.push_back('"');
  out_.append(trusted);
  out_.push_back('"');
}

void JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
}

void JsonWriter::number(std::uint64_t value) {
  separate();
  append_number(out_, value);
}

void JsonWriter::number(std::int64_t value) {
  separate();
  append_number(out_, value);
}

// JSON has no NaN and no infinity: both become null.
void JsonWriter::number(double value) {
  separate();
  if (std::isfinite(value)) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out_.append(digits, static_cast<std::size_t>(end - digits));
  } else {
    out_.append("null", 4);
  }
}

void JsonWriter::boolean(bool value) {
  separate();
  out_.append(value ? "true" : "false");
}

void JsonWriter::hex(Bytes bytes, char separator) {
  separate();
  out_.push_back('"');
  append_hex(out_, bytes, separator);
  out_.push_back('"');
}

void JsonWriter::timestamp(TimestampNs time) {
  separate();
  out_.push_back('"');
  append_timestamp(out_, time);
  out_.push_back('"');
}

void JsonWriter::address(const Address& address, int ip_version) {
  separate();
  out_.push_back('"');
  append_address(out_, address, ip_version);
  out_.push_back('"');
}

void append_timestamp(std::string& out, TimestampNs time) {
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
    char* at = put2(cache.text, civil.year / 100);
    at = put2(at, civil.year);
    *at++ = '-';
    at = put2(at, civil.month);
    *at++ = '-';
    at = put2(at, civil.day);
    *at++ = 'T';
    at = put2(at, civil.hour);
    *at++ = ':';
    at = put2(at, civil.minute);
    *at++ = ':';
    put2(at, civil.second);
    cache.second = seconds;
  }
  char text[31];
  std::memcpy(text, cache.text, sizeof cache.text);
  const auto microseconds = static_cast<unsigned>(nanoseconds / 1000);
  text[19] = '.';
  put2(text + 20, microseconds / 10'000);
  put2(text + 22, microseconds / 100);
  put2(text + 24, microseconds);
  std::memcpy(text + 26, "+0000", 5);
  out.append(text, sizeof text);
}

void append_address(std::string& out, const Address& address, int ip_version) {
  char text[40];
  char* at = text;
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
  out.append(text, static_cast<std::size_t>(at - text));
}

}  // namespace netmoth::base
