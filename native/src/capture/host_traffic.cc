// Addresses, routes without one (a pod's end of a pair), and what a bridge or bond holds.
//
// Invariant: see host_traffic.h.
#include "capture/host_traffic.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace netmoth::capture {
namespace {

bool of_the_link(std::string_view address) {
  return address.starts_with("fe80:");
}

// The name is the first column of /proc/net/route.
bool has_route(std::string_view table, std::string_view name) {
  while (!table.empty()) {
    const std::string_view line = table.substr(0, std::min(table.find('\n'), table.size()));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '\t')
      return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> carries_host_traffic(const Link& link, const NetworkInterface& interface,
                                                std::string_view route) {
  if (link.loopback) return "is the loopback";
  if (link.master != 0) return "belongs to a bridge or bond";
  const auto own = std::ranges::find_if_not(interface.addresses, of_the_link);
  if (own != interface.addresses.end()) return "has the address " + *own;
  if (has_route(route, link.name)) return "is where a route leads";
  return std::nullopt;
}

std::optional<std::string> carries_host_traffic(const Link& link) {
  const auto all = list_interfaces();
  const auto known = std::ranges::find(all, link.name, &NetworkInterface::name);
  std::ifstream file("/proc/net/route");
  const std::string route{std::istreambuf_iterator<char>(file), {}};
  return carries_host_traffic(link, known == all.end() ? NetworkInterface{} : *known, route);
}

}  // namespace netmoth::capture
