// What rules remember of hosts: for how long, how much, and what goes first.
#include "detect/host_state.h"

#include <gtest/gtest.h>

namespace netmoth::detect {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;

HostKey bit_of(std::uint32_t host) {
  HostKey key{HostKey::What::kBit, 7, {}, {}};
  std::memcpy(key.first.octets.data(), &host, sizeof host);
  return key;
}

TEST(HostState, KeepsABitUntilItIsOver) {
  HostState hosts(1);
  hosts.set(bit_of(1), 5 * kSecond, kSecond);
  hosts.set(bit_of(2), 0, kSecond);
  EXPECT_TRUE(hosts.has(bit_of(1), 5 * kSecond));
  EXPECT_FALSE(hosts.has(bit_of(3), 5 * kSecond));
  EXPECT_FALSE(hosts.has(bit_of(1), 5 * kSecond + 1));
  EXPECT_TRUE(hosts.has(bit_of(2), 1'000'000 * kSecond));
  EXPECT_EQ(hosts.counters().entries, 1U);
  hosts.clear(bit_of(2));
  hosts.clear(bit_of(2));
  EXPECT_FALSE(hosts.has(bit_of(2), kSecond));
  EXPECT_EQ(hosts.counters().entries, 0U);
}

TEST(HostState, TogglesAndForgetsWhatIsOver) {
  HostState hosts(1);
  hosts.toggle(bit_of(1), 5 * kSecond, kSecond);
  EXPECT_TRUE(hosts.has(bit_of(1), 2 * kSecond));
  hosts.toggle(bit_of(1), 9 * kSecond, 3 * kSecond);
  EXPECT_FALSE(hosts.has(bit_of(1), 3 * kSecond));
  hosts.toggle(bit_of(1), 9 * kSecond, 3 * kSecond);
  hosts.toggle(bit_of(1), 20 * kSecond, 10 * kSecond);  // was over: set anew
  EXPECT_TRUE(hosts.has(bit_of(1), 20 * kSecond));
}

TEST(HostState, IsBoundedAndWhatWasUsedLastStays) {
  constexpr std::size_t kEntries = 1024;
  HostState hosts(1, kEntries);
  for (std::uint32_t host = 0; host < 100'000; ++host) {
    hosts.set(bit_of(host), 0, host);
    ASSERT_TRUE(hosts.has(bit_of(0), host));
  }
  const HostCounters counters = hosts.counters();
  EXPECT_EQ(counters.entries, kEntries);
  EXPECT_EQ(counters.evicted, 100'000 - kEntries);
  EXPECT_TRUE(hosts.has(bit_of(99'999), 100'000));
  EXPECT_FALSE(hosts.has(bit_of(5), 100'000));
}

TEST(HostState, WhatIsOverIsNotCountedAsPutOut) {
  HostState hosts(1, 16);
  for (std::uint32_t host = 0; host < 1000; ++host)
    hosts.set(bit_of(host), host + 1, host * 10);
  EXPECT_EQ(hosts.counters().evicted, 0U);
}

TEST(HostState, AnotherSeedScattersOtherwiseAndFindsTheSame) {
  for (const std::uint64_t seed : {0ULL, 1ULL, 77ULL}) {
    HostState hosts(seed);
    for (std::uint32_t host = 0; host < 5000; ++host)
      hosts.set(bit_of(host * 2), 0, 0);
    for (std::uint32_t host = 0; host < 10'000; ++host)
      ASSERT_EQ(hosts.has(bit_of(host), 0), host % 2 == 0) << host;
  }
}

}  // namespace
}  // namespace netmoth::detect
