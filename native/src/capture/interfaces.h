// The network interfaces of this machine (of this network namespace).
//
// Invariant: asks the kernel anew each time; holds nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace netmoth::capture {

struct NetworkInterface {
  std::string name;
  bool up = false;
  std::vector<std::string> addresses;  // without prefix length or zone
};

// In the order of the kernel's index.
std::vector<NetworkInterface> list_interfaces();

// For a person: that there is none of these, and which there are.
std::string missing_interface(std::span<const std::string> names);

// The interface of the default route with the lowest metric, IPv4 before IPv6.
std::optional<std::string> default_interface();

// The same from the texts of /proc/net/route and /proc/net/ipv6_route.
std::optional<std::string> default_interface_of(std::string_view route,
                                                std::string_view ipv6_route);

}  // namespace netmoth::capture
