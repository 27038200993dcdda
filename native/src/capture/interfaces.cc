// getifaddrs(3) and the routing tables in /proc/net.
//
// Invariant: see interfaces.h.
#include "capture/interfaces.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>

namespace netmoth::capture {
namespace {

// /proc/net/route and ipv6_route: flags of <linux/route.h>.
constexpr std::uint32_t kRouteUp = 0x1;
constexpr std::uint32_t kRouteReject = 0x200;

std::string read_text(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const std::size_t length = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, length));
    line.remove_prefix(length);
  }
}

std::uint32_t number(std::string_view text, int base) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

struct RouteColumns {
  std::size_t count, interface, destination, mask, flags, metric;
  std::string_view any_destination, any_mask;
  int metric_base;
};

constexpr RouteColumns kIpv4Route{8, 0, 1, 7, 3, 6, "00000000", "00000000", 10};
constexpr RouteColumns kIpv6Route{10, 9, 0, 1, 8, 5, "00000000000000000000000000000000", "00", 16};

std::optional<std::string> best_default(std::string_view table, const RouteColumns& columns) {
  std::optional<std::string> best;
  std::uint32_t best_metric = 0;
  while (!table.empty()) {
    const std::size_t length = std::min(table.find('\n'), table.size());
    const auto words = words_of(table.substr(0, length));
    table.remove_prefix(std::min(length + 1, table.size()));
    if (words.size() < columns.count) continue;
    const std::uint32_t flags = number(words[columns.flags], 16);
    const std::string_view name = words[columns.interface];
    if (words[columns.destination] != columns.any_destination ||
        words[columns.mask] != columns.any_mask || (flags & kRouteUp) == 0 ||
        (flags & kRouteReject) != 0 || name == "lo") {
      continue;
    }
    const std::uint32_t metric = number(words[columns.metric], columns.metric_base);
    if (!best || metric < best_metric) {
      best = std::string(name);
      best_metric = metric;
    }
  }
  return best;
}

}  // namespace

std::vector<NetworkInterface> list_interfaces() {
  std::vector<NetworkInterface> found;
  struct if_nameindex* const names = ::if_nameindex();
  for (const auto* at = names; at != nullptr && at->if_name != nullptr; ++at) {
    found.push_back({at->if_name, false, {}});
  }
  if (names != nullptr) ::if_freenameindex(names);

  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return found;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, ::freeifaddrs);
  for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
    const auto entry =
        std::ranges::find(found, std::string_view(at->ifa_name), &NetworkInterface::name);
    if (entry == found.end()) continue;
    entry->up = (at->ifa_flags & IFF_UP) != 0;
    if (at->ifa_addr == nullptr) continue;
    char text[INET6_ADDRSTRLEN] = {};
    const int family = at->ifa_addr->sa_family;
    const void* address = nullptr;
    if (family == AF_INET) {
      address = &reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr;
    } else if (family == AF_INET6) {
      address = &reinterpret_cast<const sockaddr_in6*>(at->ifa_addr)->sin6_addr;
    }
    if (address != nullptr && ::inet_ntop(family, address, text, sizeof text) != nullptr) {
      entry->addresses.emplace_back(text);
    }
  }
  return found;
}

std::string missing_interface(std::span<const std::string> names) {
  std::string message = "there is no interface ";
  for (std::size_t i = 0; i < names.size(); ++i)
    message += (i == 0 ? "" : ", ") + names[i];
  message += "; there are: ";
  bool first = true;
  for (const NetworkInterface& interface : list_interfaces()) {
    if (!first) message += ", ";
    first = false;
    message += interface.name;
  }
  return message;
}

std::optional<std::string> default_interface_of(std::string_view route,
                                                std::string_view ipv6_route) {
  if (auto found = best_default(route, kIpv4Route)) return found;
  return best_default(ipv6_route, kIpv6Route);
}

std::optional<std::string> default_interface() {
  return default_interface_of(read_text("/proc/net/route"), read_text("/proc/net/ipv6_route"));
}

}  // namespace netmoth::capture
