// Which interfaces are captured on: names, patterns and the default route.
//
// Invariant: pure; the same links and routes give the same choice.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/links.h"

namespace netmoth::capture {

// Follows the default route, wherever it goes.
inline constexpr std::string_view kDefaultRoute = "default";

class InterfaceChoice {
 public:
  // Names, patterns with * and ?, and "default", separated by commas.
  explicit InterfaceChoice(std::string_view text);

  [[nodiscard]] bool takes(const Link& link,
                           const std::optional<std::string>& default_interface) const;
  // What is asked for by its name and is not there.
  [[nodiscard]] std::vector<std::string> missing(const std::vector<Link>& links) const;
  [[nodiscard]] bool follows_default() const { return follows_default_; }
  // Interfaces may come that are not there yet.
  [[nodiscard]] bool has_patterns() const { return !patterns_.empty() || follows_default_; }

 private:
  std::vector<std::string> names_;
  std::vector<std::string> patterns_;
  bool follows_default_ = false;
};

// fnmatch's * and ? without its classes. The loopback is taken by its name only.
bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace netmoth::capture
