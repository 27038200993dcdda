// See header_value.h.
#include "protocols/header_value.h"

#include <algorithm>
#include <charconv>

#include "protocols/http_fields.h"

namespace netmoth::protocols {
namespace {

// Up to the next `;` outside quotes.
std::size_t end_of_parameter(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ';' && !quoted) {
      return i;
    }
  }
  return text.size();
}

std::string_view unquoted(std::string_view text) {
  if (text.empty() || text.front() != '"') return text;
  text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && text[end] != '"')
    end += text[end] == '\\' ? 2 : 1;
  return text.substr(0, end);
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end.ptr - text.data()));
  return number;
}

bool take_char(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      c = static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    }
    out.push_back(c == '\\' ? '/' : c);
  }
  return out;
}

}  // namespace

std::string_view header_parameter(std::string_view value, std::string_view lower) {
  while (!value.empty()) {
    const std::size_t end = end_of_parameter(value);
    const std::string_view parameter = trimmed(value.substr(0, end));
    value.remove_prefix(std::min(value.size(), end + 1));
    const std::size_t equal = parameter.find('=');
    if (equal == std::string_view::npos) continue;
    if (equal_ignoring_case(trimmed(parameter.substr(0, equal)), lower))
      return unquoted(trimmed(parameter.substr(equal + 1)));
  }
  return {};
}

std::optional<std::uint64_t> decimal_number(std::string_view text) {
  const auto number = take_number(text);
  return text.empty() ? number : std::nullopt;
}

std::optional<ContentRange> read_content_range(std::string_view value) {
  value = trimmed(value);
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos || !equal_ignoring_case(value.substr(0, space), "bytes"))
    return std::nullopt;
  value = trimmed(value.substr(space));
  ContentRange range;
  if (!take_char(value, '*')) {
    range.start = take_number(value);
    if (!range.start || !take_char(value, '-')) return std::nullopt;
    range.end = take_number(value);
    if (!range.end) return std::nullopt;
  }
  if (!take_char(value, '/')) return std::nullopt;
  if (!take_char(value, '*')) {
    range.size = take_number(value);
    if (!range.size) return std::nullopt;
  }
  return range;
}

std::string normal_path(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  if (const std::size_t scheme = target.find("://");
      scheme != std::string_view::npos && target.front() != '/') {
    const std::size_t path = target.find('/', scheme + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  const std::string decoded = percent_decoded(target);
  std::string out;
  out.reserve(decoded.size());
  std::string_view rest = decoded;
  while (!rest.empty()) {
    const bool rooted = rest.front() == '/';
    if (rooted) rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, end);
    rest.remove_prefix(end);
    if (segment == "..") {
      out.resize(std::min(out.rfind('/'), out.size()));
      if (rest.empty()) out.push_back('/');
    } else if (segment == "." || segment.empty()) {
      if (rest.empty()) out.push_back('/');
    } else {
      if (rooted) out.push_back('/');
      out.append(segment);
    }
  }
  return out;
}

}  // namespace netmoth::protocols
