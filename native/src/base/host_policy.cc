#include "base/host_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace netmoth::base {
namespace {

constexpr std::array<std::string_view, kHostPolicies> kNames = {
    "linux", "bsd",   "bsd-right", "old-linux",  "solaris", "hpux10", "hpux11",
    "irix",  "macos", "windows",   "windows2k3", "vista",   "first",  "last"};

bool prefix_matches(const HostPolicies::Network& network, const Address& host) {
  std::size_t octet = 0;
  int bits = network.prefix_bits;
  for (; bits >= 8; bits -= 8, ++octet) {
    if (network.address.octets[octet] != host.octets[octet]) return false;
  }
  if (bits == 0) return true;
  const int differ = network.address.octets[octet] ^ host.octets[octet];
  return differ >> (8 - bits) == 0;
}

}  // namespace

std::string_view host_policy_name(HostPolicy policy) {
  return kNames[static_cast<std::size_t>(policy)];
}

std::optional<HostPolicy> host_policy_of(std::string_view name) {
  if (name == "old-solaris") name = "solaris";  // Suricata's older name
  const auto* const found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<HostPolicy>(found - kNames.begin());
}

std::optional<HostPolicies::Network> HostPolicies::network_of(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view net = text.substr(0, equals);
  const std::size_t slash = net.find('/');
  const std::string address(net.substr(0, slash));
  Network network;
  network.ip_version = address.find(':') == std::string::npos ? 4 : 6;
  const int family = network.ip_version == 4 ? AF_INET : AF_INET6;
  if (equals == std::string_view::npos ||
      inet_pton(family, address.c_str(), network.address.octets.data()) != 1)
    return std::nullopt;
  const unsigned most = network.ip_version == 4 ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = net.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || bits > most)
      return std::nullopt;
  }
  network.prefix_bits = static_cast<std::uint8_t>(bits);
  const auto policy = host_policy_of(text.substr(equals + 1));
  if (!policy.has_value()) return std::nullopt;
  network.policy = *policy;
  return network;
}

HostPolicies::HostPolicies(std::vector<Network> networks) : networks_(std::move(networks)) {
  std::ranges::stable_sort(
      networks_, [](const Network& a, const Network& b) { return a.prefix_bits > b.prefix_bits; });
}

std::optional<HostPolicy> HostPolicies::find(const Address& host, std::uint8_t ip_version) const {
  for (const Network& network : networks_) {
    if (network.ip_version == ip_version && prefix_matches(network, host)) return network.policy;
  }
  return std::nullopt;
}

}  // namespace netmoth::base
