// pcap-filter(7) expressions compiled to the kernel's classic BPF.
//
// Invariant: whatever the expression, the program cuts packets at the snap length; an empty
// expression accepts all.
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

namespace netmoth::capture {

struct CompiledFilter {
  std::vector<sock_filter> program;
  std::string error;  // libpcap's own words; empty where the expression was understood
};

// `interface` is opened for a moment so that libpcap knows how that kernel hands over VLAN tags;
// where that fails, and for an empty name, the program is for raw IP or Ethernet as `raw_ip` says.
CompiledFilter compile_filter(const std::string& expression, const std::string& interface,
                              bool raw_ip, std::uint32_t snap_length);

}  // namespace netmoth::capture
