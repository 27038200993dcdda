// Writes JSON straight into a growing byte buffer that the caller owns and reuses.
//
// Invariant: what comes out is valid JSON in valid UTF-8 whatever bytes go in: control characters
// are escaped (RFC 8259 section 7), and a text that is not valid UTF-8 is written as Suricata does:
// each of its bytes from 0x80 on becomes the four characters \xHH (the backslash itself escaped).
// Commas are the writer's own business.
#pragma once

#include <string>
#include <string_view>

#include "base/types.h"

namespace netmoth::base {

class JsonWriter {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  // `name` is a literal of ours and is written unescaped.
  void key(std::string_view name) {
    separate();
    out_.push_back('"');
    out_.append(name);
    out_.append("\":", 2);
    need_comma_ = false;
  }

  void text(std::string_view untrusted);
  // A text known to need no escaping (addresses, hexadecimal, names of ours).
  void plain(std::string_view trusted);
  void number(std::uint64_t value);
  void number(std::int64_t value);
  void number(double value);
  void boolean(bool value);
  // Lower-case hexadecimal of the bytes, with `separator` between octets unless it is 0.
  void hex(Bytes bytes, char separator = 0);
  // `2026-11-20T14:32:15.123456+0000`
  void timestamp(TimestampNs time);
  // IPv4 dotted; IPv6 as Suricata's EVE: all eight groups, four digits each, lower case.
  void address(const Address& address, int ip_version);
  // A literal that is JSON already, e.g. an object written beforehand.
  void raw(std::string_view json);

  void member(std::string_view name, std::string_view untrusted) { key(name), text(untrusted); }
  void member_plain(std::string_view name, std::string_view trusted) { key(name), plain(trusted); }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void member(std::string_view name, T value) {
    key(name);
    if constexpr (std::is_same_v<T, bool>) {
      boolean(value);
    } else if constexpr (std::is_floating_point_v<T>) {
      number(static_cast<double>(value));
    } else if constexpr (std::is_signed_v<T>) {
      number(static_cast<std::int64_t>(value));
    } else {
      number(static_cast<std::uint64_t>(value));
    }
  }

 private:
  void separate() {
    if (need_comma_) out_.push_back(',');
    need_comma_ = true;
  }

  std::string& out_;
  bool need_comma_ = false;
};

}  // namespace netmoth::base
