// A session description (RFC 8866): lines of one letter, "=" and a value; the session's own first,
// then a section for each "m=" line.
//
// Invariant: views of the text only, nothing is kept; going through it once costs its length.
#pragma once

#include <string_view>

namespace netmoth::protocols {

// The lines of the session itself, or of one medium.
class SdpSection {
 public:
  explicit SdpSection(std::string_view text) : text_(text) {}

  // Calls each(value) for every line of that letter.
  template <typename Each>
  void for_each(char letter, Each each) const {
    std::string_view rest = text_;
    while (!rest.empty()) {
      const std::string_view line = next_line(rest);
      if (is(line, letter)) each(line.substr(2));
    }
  }
  [[nodiscard]] std::string_view first(char letter) const {
    std::string_view rest = text_;
    while (!rest.empty()) {
      const std::string_view line = next_line(rest);
      if (is(line, letter)) return line.substr(2);
    }
    return {};
  }

  // Takes the next line off, without its end (CRLF, or LF alone).
  static std::string_view next_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  static bool is(std::string_view line, char letter) {
    return line.size() >= 2 && line[0] == letter && line[1] == '=';
  }

 private:
  std::string_view text_;
};

// Takes the next section off `text`: up to the next "m=" line that does not begin it.
inline SdpSection next_sdp_section(std::string_view& text) {
  std::string_view rest = text;
  do {
    (void)SdpSection::next_line(rest);
  } while (!rest.empty() && !SdpSection::is(rest, 'm'));
  const std::string_view section = text.substr(0, text.size() - rest.size());
  text = rest;
  return SdpSection(section);
}

}  // namespace netmoth::protocols
