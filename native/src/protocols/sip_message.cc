// Reads SIP messages. See sip_message.h.
#include "protocols/sip_message.h"

#include <algorithm>
#include <charconv>

namespace netmoth::protocols {
namespace {

constexpr std::string_view kVersionPrefix = "SIP/";
constexpr std::string_view kVersionDigits = "0123456789.";

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  return text;
}

// Takes off what stands before the next space; false where there is none.
bool next_word(std::string_view& text, std::string_view& word) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return false;
  word = text.substr(0, space);
  text.remove_prefix(space + 1);
  return true;
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
  });
}

bool is_version(std::string_view text) {
  return text.starts_with(kVersionPrefix) && text.size() > kVersionPrefix.size() &&
         text.find_first_not_of(kVersionDigits, kVersionPrefix.size()) == std::string_view::npos;
}

bool read_first_line(SipMessage& message) {
  std::string_view rest = message.first_line;
  message.is_request = !rest.starts_with(kVersionPrefix);
  if (message.is_request) {
    if (!next_word(rest, message.method) || !is_token(message.method)) return false;
    if (!next_word(rest, message.uri) || message.uri.empty()) return false;
    message.version = rest;
    return is_version(rest);
  }
  if (!next_word(rest, message.version) || !is_version(message.version)) return false;
  // A reason may be empty, and some leave the space before it out.
  if (!next_word(rest, message.code)) {
    message.code = rest;
    rest = {};
  }
  message.reason = rest;
  return message.code.size() == 3 && all_digits(message.code);
}

struct Header {
  std::string_view name;
  std::string_view value;
};

Header split_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  return {trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1))};
}

}  // namespace

SipFrame parse_sip(Bytes data, SipMessage& message) {
  message = SipMessage();
  SipFrame frame;
  std::string_view text = as_text(data);
  const std::size_t line_end = text.substr(0, kMaxSipFirstLine).find('\n');
  if (line_end == std::string_view::npos) return frame;
  message.first_line = text.substr(0, line_end);
  if (message.first_line.ends_with('\r')) message.first_line.remove_suffix(1);
  if (!read_first_line(message)) return frame;
  frame.verdict = SipVerdict::kCut;
  std::size_t at = line_end + 1;
  bool describes = false;
  for (std::size_t headers = 0; headers <= kMaxSipHeaders; ++headers) {
    const std::size_t end = text.find('\n', at);
    message.headers = text.substr(line_end + 1, at - line_end - 1);
    if (end == std::string_view::npos) return frame;
    const std::string_view line = trimmed(text.substr(at, end - at));
    at = end + 1;
    if (line.empty()) {
      frame.verdict = SipVerdict::kWhole;
      frame.headers = at;
      break;
    }
    const Header header = split_header(line);
    if (same_ignoring_case(header.name, "content-length") || same_ignoring_case(header.name, "l")) {
      const char* const last = header.value.data() + header.value.size();
      frame.body_told = std::from_chars(header.value.data(), last, frame.body).ec == std::errc();
    }
    if (same_ignoring_case(header.name, "content-type") || same_ignoring_case(header.name, "c")) {
      constexpr std::string_view kSdp = "application/sdp";
      describes = same_ignoring_case(header.value.substr(0, kSdp.size()), kSdp);
    }
  }
  if (frame.verdict != SipVerdict::kWhole) return frame;
  std::string_view body = text.substr(frame.headers);
  if (frame.body_told) body = body.substr(0, frame.body);
  if (describes && body.starts_with("v=")) message.sdp = body;
  return frame;
}

}  // namespace netmoth::protocols
