// How the hosts of a network put together what overlaps, by configuration: an IP datagram's
// fragments (decode/defragment.h) and a TCP stream's segments (stream/overlap_policy.h).
//
// The names are those of Suricata's host-os-policy. Invariant: the longest prefix decides, whatever
// the order of the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace netmoth::base {

enum class HostPolicy : std::uint8_t {
  kLinux,  // the default
  kBsd,
  kBsdRight,
  kOldLinux,
  kSolaris,
  kHpux10,
  kHpux11,
  kIrix,
  kMacos,
  kWindows,
  kWindows2003,
  kVista,
  kFirst,
  kLast,
};
inline constexpr std::size_t kHostPolicies = 14;

// "linux", "bsd-right", "windows2k3", …
std::string_view host_policy_name(HostPolicy policy);
std::optional<HostPolicy> host_policy_of(std::string_view name);

// Policies of networks.
class HostPolicies {
 public:
  struct Network {
    Address address;
    std::uint8_t ip_version = 4;
    std::uint8_t prefix_bits = 32;
    HostPolicy policy = HostPolicy::kLinux;
  };

  // "10.0.0.0/8=windows", "2001:db8::1=bsd"; nothing where it is not of that form.
  static std::optional<Network> network_of(std::string_view text);

  HostPolicies() = default;
  explicit HostPolicies(std::vector<Network> networks);
  // Nothing where no network holds the host.
  [[nodiscard]] std::optional<HostPolicy> find(const Address& host, std::uint8_t ip_version) const;

 private:
  std::vector<Network> networks_;  // longest prefix first
};

}  // namespace netmoth::base
