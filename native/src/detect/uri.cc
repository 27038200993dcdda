#include "detect/uri.h"

namespace netmoth::detect {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Backslashes are slashes, several slashes are one.
std::string with_plain_separators(std::string_view path) {
  std::string plain;
  plain.reserve(path.size());
  for (char c : path) {
    if (c == '\\') c = '/';
    if (c == '/' && !plain.empty() && plain.back() == '/') continue;
    plain.push_back(c);
  }
  return plain;
}

// RFC 3986 §5.2.4.
void append_without_dots(std::string_view path, std::string& out) {
  const std::size_t root = out.size();
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./") || path.starts_with("/./")) {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (path.starts_with("/../") || path == "/..") {
      path = path == "/.." ? std::string_view("/") : path.substr(3);
      const std::size_t slash = out.rfind('/');
      out.resize(slash == std::string::npos || slash < root ? root : slash);
    } else if (path == "." || path == "..") {
      path = {};
    } else {
      const std::size_t end = path.find('/', 1);
      out.append(path.substr(0, end));
      path = end == std::string_view::npos ? std::string_view() : path.substr(end);
    }
  }
}

}  // namespace

void append_percent_decoded(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
}

void append_normalized_uri(std::string_view target, std::string& out) {
  const std::size_t scheme = target.find("://");
  if (scheme != std::string_view::npos && target.find_first_of("/?#") == scheme + 1) {
    const std::size_t path = target.find_first_of("/?#", scheme + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  const std::size_t query = target.find('?');
  std::string decoded;
  append_percent_decoded(target.substr(0, query), decoded);
  append_without_dots(with_plain_separators(decoded), out);
  if (query != std::string_view::npos) append_percent_decoded(target.substr(query), out);
}

}  // namespace netmoth::detect
