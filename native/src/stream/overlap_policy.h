// Which bytes of a TCP stream its receiver keeps where segments overlap with different data.
//
// Receivers disagree (Ptacek and Newsham 1998; Shankar and Paxson 2003; Novak and Sturges 2007,
// "Target-Based TCP Stream Reassembly"), so whoever reads along must know whom it reads for. The
// names and the rules are those of Suricata's host-os-policy.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace netmoth::stream {

enum class OverlapPolicy : std::uint8_t {
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
inline constexpr std::size_t kOverlapPolicies = 14;

// "linux", "bsd-right", "windows2k3", …
std::string_view overlap_policy_name(OverlapPolicy policy);
std::optional<OverlapPolicy> overlap_policy_of(std::string_view name);

// Sequence numbers of one segment as it was sent: [start, end).
struct Extent {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
};

// True where octets that both segments cover are taken from the one that came `later`.
bool later_wins(OverlapPolicy policy, Extent earlier, Extent later);

// True where a reset counts only with the very next sequence number, not anywhere in the window.
bool takes_exact_resets_only(OverlapPolicy policy);

// The policies of a configuration: one for all, others for networks; the longest prefix decides.
class HostPolicies {
 public:
  struct Network {
    Address address;
    std::uint8_t ip_version = 4;
    std::uint8_t prefix_bits = 32;
    OverlapPolicy policy = OverlapPolicy::kLinux;
  };

  // "10.0.0.0/8=windows", "2001:db8::1=bsd"; nothing where it is not of that form.
  static std::optional<Network> network_of(std::string_view text);

  HostPolicies() = default;
  explicit HostPolicies(OverlapPolicy all, std::vector<Network> networks = {});
  [[nodiscard]] OverlapPolicy of(const Address& host, std::uint8_t ip_version) const;

 private:
  OverlapPolicy all_ = OverlapPolicy::kLinux;
  std::vector<Network> networks_;  // longest prefix first
};

}  // namespace netmoth::stream
