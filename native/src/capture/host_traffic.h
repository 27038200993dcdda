// Whether an interface carries what its host says and hears itself, so that taking packets off it
// (XDP) would cut the host off.
//
// Invariant: asks the kernel anew each time; nothing is changed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "capture/interfaces.h"
#include "capture/links.h"

namespace netmoth::capture {

// Why it does ("has the address 192.0.2.1"); nothing where it does not. An IPv6 address of the link
// itself is every interface's and says nothing.
std::optional<std::string> carries_host_traffic(const Link& link);

// The same from what is known of it and the text of /proc/net/route.
std::optional<std::string> carries_host_traffic(const Link& link, const NetworkInterface& interface,
                                                std::string_view route);

}  // namespace netmoth::capture
