// Writes JSON straight into a growing buffer that the caller owns and reuses, a token at a time.
//
// Invariant: what comes out is valid JSON in valid UTF-8 whatever bytes go in: control characters
// are escaped (RFC 8259 section 7), and a text that is not valid UTF-8 is written as Suricata does:
// each of its bytes from 0x80 on becomes the four characters \xHH (the backslash itself escaped).
// Commas are the writer's own business.
#pragma once

#include <charconv>
#include <memory>
#include <string>
#include <string_view>

#include "base/text_buffer.h"
#include "base/types.h"

namespace netmoth::base {

class JsonWriter {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit JsonWriter(TextBuffer& out) : out_(&out) {}
  // Goes on in an object or array of `out` that has members.
  enum GoOn : std::uint8_t { kGoOn };
  JsonWriter(TextBuffer& out, GoOn) : out_(&out), need_comma_(true) {}
  // The same for a string, kept up to date token by token: for tests and other slow paths.
  explicit JsonWriter(std::string& out)
      : own_(std::make_unique<TextBuffer>()), out_(own_.get()), mirror_(&out) {}

  void begin_object() { open('{'); }
  void end_object() { shut('}'); }
  void begin_array() { open('['); }
  void end_array() { shut(']'); }
  // `name` is a literal of ours and is written unescaped. Inlined, so that its length is a
  // constant.
  [[gnu::always_inline]] void key(std::string_view name) {
    char* at = separate(out_->room(name.size() + 4));
    *at++ = '"';
    name.copy(at, name.size());
    at += name.size();
    *at++ = '"';
    *at++ = ':';
    need_comma_ = false;
    commit(at);
  }

  void text(std::string_view untrusted);
  // A text known to need no escaping (addresses, hexadecimal, names of ours).
  void plain(std::string_view trusted) {
    char* at = separate(out_->room(trusted.size() + 3));
    *at++ = '"';
    trusted.copy(at, trusted.size());
    at += trusted.size();
    *at++ = '"';
    commit(at);
  }
  void number(std::uint64_t value) {
    char* at = separate(out_->room(kNumberRoom));
    commit(std::to_chars(at, at + kNumberRoom - 1, value).ptr);
  }
  void number(std::int64_t value) {
    char* at = separate(out_->room(kNumberRoom));
    commit(std::to_chars(at, at + kNumberRoom - 1, value).ptr);
  }
  void number(double value);
  void boolean(bool value) { raw(value ? "true" : "false"); }
  // Lower-case hexadecimal of the bytes, with `separator` between octets unless it is 0.
  void hex(Bytes bytes, char separator = 0);
  // `2026-11-20T14:32:15.123456+0000`
  void timestamp(TimestampNs time);
  // IPv4 dotted; IPv6 as Suricata's EVE: all eight groups, four digits each, lower case.
  void address(const Address& address, int ip_version);
  // A literal that is JSON already, e.g. an object written beforehand.
  void raw(std::string_view json) {
    char* at = separate(out_->room(json.size() + 1));
    json.copy(at, json.size());
    commit(at + json.size());
  }

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
  static constexpr std::size_t kNumberRoom = 32;  // the longest number, and a comma

  [[nodiscard]] char* separate(char* at) {
    *at = ',';
    at += need_comma_ ? 1 : 0;
    need_comma_ = true;
    return at;
  }
  void open(char bracket) {
    char* at = separate(out_->room(2));
    *at++ = bracket;
    need_comma_ = false;
    commit(at);
  }
  void shut(char bracket) {
    char* const at = out_->room(1);
    *at = bracket;
    need_comma_ = true;
    commit(at + 1);
  }
  void commit(const char* end) {
    out_->commit(end);
    if (mirror_ != nullptr) [[unlikely]]
      copy_to_mirror();
  }
  void copy_to_mirror();

  std::unique_ptr<TextBuffer> own_;
  TextBuffer* out_;
  std::string* mirror_ = nullptr;
  bool need_comma_ = false;
};

}  // namespace netmoth::base
