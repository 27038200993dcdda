#include "capture/interface_choice.h"

#include <algorithm>

namespace netmoth::capture {

InterfaceChoice::InterfaceChoice(std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (!word.empty() && word.front() == ' ')
      word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ')
      word.remove_suffix(1);
    if (word.empty()) continue;
    if (word == kDefaultRoute)
      follows_default_ = true;
    else if (word.find_first_of("*?") != std::string_view::npos)
      patterns_.emplace_back(word);
    else
      names_.emplace_back(word);
  }
}

bool InterfaceChoice::takes(const Link& link,
                            const std::optional<std::string>& default_interface) const {
  if (follows_default_ && default_interface == link.name) return true;
  if (std::ranges::find(names_, link.name) != names_.end()) return true;
  if (link.loopback) return false;
  return std::ranges::any_of(
      patterns_, [&](const std::string& pattern) { return matches_pattern(pattern, link.name); });
}

std::vector<std::string> InterfaceChoice::missing(const std::vector<Link>& links) const {
  std::vector<std::string> absent;
  for (const std::string& name : names_) {
    if (std::ranges::find(links, name, &Link::name) == links.end()) absent.push_back(name);
  }
  return absent;
}

// Greedy with one place to go back to: linear in practice, quadratic at worst, names are short.
bool matches_pattern(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  std::size_t in = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (in < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = in;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[in])) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*')
    ++at;
  return at == pattern.size();
}

}  // namespace netmoth::capture
