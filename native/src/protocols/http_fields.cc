// See http_fields.h.
#include "protocols/http_fields.h"

#include <algorithm>
#include <charconv>

namespace netmoth::protocols {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Method names are tokens (RFC 9110 §5.6.2); anything else is no request.
bool is_token(std::string_view word) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !word.empty() && std::all_of(word.begin(), word.end(), [&](char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

// Splits "host:port" and "[v6]:port".
void set_host(std::string_view authority, HttpTransaction& t) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  if (colon != std::string_view::npos && bracket != std::string_view::npos && colon < bracket) {
    colon = std::string_view::npos;
  }
  if (colon != std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    unsigned port = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    const bool all = end.ptr == digits.data() + digits.size();
    if (all && port <= 65535) {
      t.port = static_cast<std::uint16_t>(port);
      authority = authority.substr(0, colon);
    }
  }
  t.hostname.assign(authority);
  std::transform(t.hostname.begin(), t.hostname.end(), t.hostname.begin(), lower);
}

// What stands in requests and responses alike; asked only where bodies are wanted.
std::string* content_field(std::string_view name, HttpContentFields* content) {
  if (content == nullptr) return nullptr;
  if (equal_ignoring_case(name, "content-encoding")) return &content->encoding;
  return equal_ignoring_case(name, "content-disposition") ? &content->disposition : nullptr;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

std::string_view trimmed_of_controls(std::string_view text) {
  while (!text.empty() && static_cast<std::uint8_t>(text.front()) <= ' ')
    text.remove_prefix(1);
  while (!text.empty() && static_cast<std::uint8_t>(text.back()) <= ' ')
    text.remove_suffix(1);
  return text;
}

bool is_folded(std::string_view line) {
  return !line.empty() && (is_blank(line.front()) || line.front() == '\0');
}

bool could_be_status_line(std::string_view start) {
  constexpr std::string_view kName = "http";
  const std::size_t blanks = start.substr(0, kMaxLeadingBlanks).find_first_not_of(kWhiteSpace);
  if (blanks == std::string_view::npos) return true;
  start.remove_prefix(blanks);
  start = start.substr(0, kName.size());
  return equal_ignoring_case(start, kName.substr(0, start.size()));
}

bool equal_ignoring_case(std::string_view text, std::string_view lower_text) {
  return text.size() == lower_text.size() &&
         std::equal(text.begin(), text.end(), lower_text.begin(),
                    [](char a, char b) { return lower(a) == b; });
}

bool contains_token(std::string_view text, std::string_view lower_text) {
  return std::search(text.begin(), text.end(), lower_text.begin(), lower_text.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

bool HttpFraming::chunked() const {
  return contains_token(transfer_encoding, "chunked");
}

bool HttpFraming::length(std::uint64_t& octets) const {
  std::string_view text = content_length;  // a sign or a word before it is passed over
  text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
  const auto end = std::from_chars(text.data(), text.data() + text.size(), octets);
  return !text.empty() && end.ec == std::errc() && end.ptr != text.data();
}

bool read_request_line(std::string_view line, HttpTransaction& t) {
  line = trimmed(line);
  const std::size_t space = line.find_first_of(" \t");
  const std::string_view method = line.substr(0, space);
  if (!is_token(method) || method.size() > 64) return false;
  if (space == std::string_view::npos) return false;
  std::string_view rest = trimmed(line.substr(space));
  const std::size_t version = rest.rfind("HTTP/");
  std::string_view protocol;
  if (version != std::string_view::npos && (version == 0 || is_blank(rest[version - 1]))) {
    protocol = rest.substr(version);
    rest = trimmed(rest.substr(0, version));
  } else if (rest.empty()) {
    return false;
  }
  t.has_request = true;
  t.method.assign(method);
  t.protocol.assign(protocol);
  t.url.assign(rest);
  return true;
}

bool read_odd_request_line(std::string_view line, HttpTransaction& t) {
  line = trimmed(line);
  const auto is_control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; };
  if (line.empty() || std::any_of(line.begin(), line.end(), is_control)) return false;
  const std::size_t space = std::min(line.find_first_of(" \t"), line.size());
  t.has_request = true;
  t.method.assign(line.substr(0, space));
  const std::string_view rest = trimmed(line.substr(space));
  const std::size_t second = std::min(rest.find_first_of(" \t"), rest.size());
  t.url.assign(rest.substr(0, second));
  t.protocol.assign(trimmed(rest.substr(second)));
  return true;
}

bool read_status_line(std::string_view line, HttpTransaction& t) {
  line = trimmed(line);
  if (line.size() < 4 || !could_be_status_line(line)) return false;
  const std::size_t space = std::min(line.find_first_of(" \t"), line.size());
  t.has_response = true;
  t.response_protocol.assign(line.substr(0, space));
  const std::string_view rest = trimmed(line.substr(space));
  const std::string_view status = rest.substr(0, rest.find_first_of(" \t"));
  int number = 0;
  const auto end = std::from_chars(status.data(), status.data() + status.size(), number);
  const bool whole = !status.empty() && end.ptr == status.data() + status.size();
  t.status = whole && number >= 100 && number <= 999 ? number : 0;
  t.status_text.assign(t.status == 0 ? status : std::string_view());
  return true;
}

std::string* request_field(std::string_view name, HttpTransaction& t, HttpFraming& framing,
                           HttpContentFields* content) {
  switch (name.size()) {
    case 4:
      return equal_ignoring_case(name, "host") ? &t.hostname : nullptr;
    case 7:
      if (equal_ignoring_case(name, "referer")) return &t.referer;
      return equal_ignoring_case(name, "upgrade") ? &framing.upgrade : nullptr;
    case 10:
      return equal_ignoring_case(name, "user-agent") ? &t.user_agent : nullptr;
    case 12:
      if (content == nullptr) return nullptr;
      return equal_ignoring_case(name, "content-type") ? &content->type : nullptr;
    case 14:
      return equal_ignoring_case(name, "content-length") ? &framing.content_length : nullptr;
    case 15:
      return equal_ignoring_case(name, "x-forwarded-for") ? &t.forwarded_for : nullptr;
    case 17:
      return equal_ignoring_case(name, "transfer-encoding") ? &framing.transfer_encoding : nullptr;
    case 16:
    case 19:
      return content_field(name, content);
    default:
      return nullptr;
  }
}

std::string* response_field(std::string_view name, HttpTransaction& t, HttpFraming& framing,
                            HttpContentFields* content) {
  switch (name.size()) {
    case 7:
      return equal_ignoring_case(name, "upgrade") ? &framing.upgrade : nullptr;
    case 8:
      return equal_ignoring_case(name, "location") ? &t.location : nullptr;
    case 12:
      return equal_ignoring_case(name, "content-type") ? &t.content_type : nullptr;
    case 13:
      return equal_ignoring_case(name, "content-range") ? &t.content_range : nullptr;
    case 14:
      return equal_ignoring_case(name, "content-length") ? &framing.content_length : nullptr;
    case 17:
      return equal_ignoring_case(name, "transfer-encoding") ? &framing.transfer_encoding : nullptr;
    case 16:
    case 19:
      return content_field(name, content);
    default:
      return nullptr;
  }
}

void settle_host(HttpTransaction& t) {
  if (t.method == "CONNECT" && !t.url.empty() && t.url.front() != '/') {
    set_host(t.url, t);
    return;
  }
  // The absolute form (RFC 9112 §3.2.2) has precedence over the Host field.
  const std::size_t scheme = t.url.find("://");
  if (scheme != std::string::npos && scheme <= 8 && t.url.front() != '/') {
    const std::string_view rest = std::string_view(t.url).substr(scheme + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    if (!authority.empty()) {
      set_host(authority, t);
      return;
    }
  }
  const std::string field = t.hostname;
  set_host(trimmed(field), t);
}

}  // namespace netmoth::protocols
