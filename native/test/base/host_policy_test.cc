#include "base/host_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace netmoth::base {
namespace {

TEST(HostPolicy, NamesAreSuricatas) {
  for (std::size_t i = 0; i < kHostPolicies; ++i) {
    const auto policy = static_cast<HostPolicy>(i);
    EXPECT_EQ(host_policy_of(host_policy_name(policy)), policy);
  }
  EXPECT_EQ(host_policy_of("old-solaris"), HostPolicy::kSolaris);
  EXPECT_EQ(host_policy_of("Linux"), std::nullopt);
}

TEST(HostPolicies, TheLongestPrefixDecides) {
  const auto network = [](std::initializer_list<std::uint8_t> octets, int bits, int version,
                          HostPolicy policy) {
    HostPolicies::Network made;
    std::copy(octets.begin(), octets.end(), made.address.octets.begin());
    made.prefix_bits = static_cast<std::uint8_t>(bits);
    made.ip_version = static_cast<std::uint8_t>(version);
    made.policy = policy;
    return made;
  };
  const HostPolicies policies({network({10}, 8, 4, HostPolicy::kBsd),
                               network({10, 1, 2, 0x80}, 25, 4, HostPolicy::kSolaris),
                               network({0x20, 0x01}, 16, 6, HostPolicy::kWindows)});
  const auto of = [&](std::initializer_list<std::uint8_t> octets, int version) {
    Address host;
    std::copy(octets.begin(), octets.end(), host.octets.begin());
    return policies.find(host, static_cast<std::uint8_t>(version));
  };
  EXPECT_EQ(of({10, 1, 2, 0x7f}, 4), HostPolicy::kBsd);
  EXPECT_EQ(of({10, 1, 2, 0x81}, 4), HostPolicy::kSolaris);
  EXPECT_EQ(of({11}, 4), std::nullopt);
  EXPECT_EQ(of({0x20, 0x01, 0xdb}, 6), HostPolicy::kWindows);
  EXPECT_EQ(of({10}, 6), std::nullopt);
}

TEST(HostPolicies, NetworksAreReadFromText) {
  const auto network = HostPolicies::network_of("10.1.0.0/16=windows");
  ASSERT_TRUE(network.has_value());
  EXPECT_EQ(network->prefix_bits, 16);
  EXPECT_EQ(network->policy, HostPolicy::kWindows);
  EXPECT_EQ(HostPolicies::network_of("2001:db8::1=bsd")->prefix_bits, 128);
  for (const char* wrong : {"", "10.0.0.0/8", "10.0.0.0/33=bsd", "10.0.0/8=bsd", "=bsd",
                            "10.0.0.0/=bsd", "10.0.0.0/8=amiga", "::/129=bsd"})
    EXPECT_FALSE(HostPolicies::network_of(wrong).has_value()) << wrong;
}

}  // namespace
}  // namespace netmoth::base
