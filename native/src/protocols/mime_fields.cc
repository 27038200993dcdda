// See mime_fields.h.
#include "protocols/mime_fields.h"

#include <algorithm>
#include <charconv>

#include "protocols/http_fields.h"

namespace netmoth::protocols {
namespace {

constexpr unsigned kMaxContinuations = 64;

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

struct Parameter {
  std::string_view name;
  std::string value;
};

// Takes the next "name=value" off `rest`, which stands behind a ';'. False at the end.
bool next_parameter(std::string_view& rest, Parameter& parameter) {
  while (!rest.empty() && (rest.front() == ';' || rest.front() == ' ' || rest.front() == '\t'))
    rest.remove_prefix(1);
  if (rest.empty()) return false;
  const std::size_t end = std::min(rest.find_first_of("=;"), rest.size());
  parameter.name = trimmed(rest.substr(0, end));
  parameter.value.clear();
  rest.remove_prefix(end);
  if (rest.empty() || rest.front() != '=') return true;
  rest.remove_prefix(1);
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t'))
    rest.remove_prefix(1);
  if (rest.empty() || rest.front() != '"') {
    const std::size_t stop = std::min(rest.find(';'), rest.size());
    parameter.value.assign(trimmed(rest.substr(0, stop)));
    rest.remove_prefix(stop);
    return true;
  }
  std::size_t at = 1;
  for (; at < rest.size() && rest[at] != '"'; ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    parameter.value.push_back(rest[at]);
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return true;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

void append_percent_decoded(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[at + 2]) : -1;
    if (low < 0) {
      out.push_back(text[at]);
      continue;
    }
    out.push_back(static_cast<char>(high << 4 | low));
    at += 2;
  }
}

// charset'language'text: the text.
std::string_view without_charset(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  return second == std::string_view::npos ? value : value.substr(second + 1);
}

}  // namespace

std::string mime_value(std::string_view field) {
  return lower_case(trimmed(field.substr(0, field.find(';'))));
}

std::string mime_parameter(std::string_view field, std::string_view name) {
  const std::size_t start = field.find(';');
  if (start == std::string_view::npos) return {};
  std::string_view rest = field.substr(start);
  std::string joined;
  unsigned pieces = 0;
  Parameter parameter;
  while (next_parameter(rest, parameter)) {
    const std::string found = lower_case(parameter.name);
    if (found == name) return parameter.value;
    if (found.size() <= name.size() || found.compare(0, name.size(), name) != 0 ||
        found[name.size()] != '*') {
      continue;
    }
    // name*, name*0 or name*0*; the pieces stand in order in practice.
    std::string_view suffix = std::string_view(found).substr(name.size() + 1);
    const bool whole = suffix.empty();
    const bool encoded = whole || suffix.back() == '*';
    if (++pieces > kMaxContinuations) break;
    std::string_view value = parameter.value;
    if (encoded && pieces == 1) value = without_charset(value);
    if (encoded) {
      append_percent_decoded(joined, value);
    } else {
      joined.append(value);
    }
    if (whole) return joined;
  }
  return joined;
}

void split_addresses(std::string_view field, std::size_t most, std::vector<std::string>& out) {
  bool quoted = false;
  int depth = 0;
  std::size_t start = 0;
  const auto take = [&](std::size_t end) {
    const std::string_view one = trimmed(field.substr(start, end - start));
    if (!one.empty() && out.size() < most) out.emplace_back(one);
    start = end + 1;
  };
  for (std::size_t at = 0; at < field.size(); ++at) {
    const char c = field[at];
    if (c == '\\') {
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '(' || c == '<')) {
      ++depth;
    } else if (!quoted && (c == ')' || c == '>')) {
      depth = std::max(0, depth - 1);
    } else if (!quoted && depth == 0 && c == ',') {
      take(at);
    }
  }
  if (start < field.size()) take(field.size());
}

}  // namespace netmoth::protocols
