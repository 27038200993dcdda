// The cache alone: order of arrival, versions, bounds, several threads.
#include "correlate/dns_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace netmoth::correlate {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;
constexpr TimestampNs kStart = 1'700'000'000 * kSecond;

Host host(std::uint32_t number) {
  Host made{{}, 4};
  for (std::size_t i = 0; i < 4; ++i)
    made.address.octets[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return made;
}

DnsMatch find(DnsCache& cache, const Host& client, const Host& server, TimestampNs at,
              std::string_view spoken = {}) {
  DnsMatch match;
  cache.find(client, server, at, spoken, match);
  return match;
}

TEST(DnsCache, AddressesOfBothFamiliesWithTheSameOctetsAreTwo) {
  DnsCache cache(1024, 1);
  Host six = host(0x01020304);
  six.ip_version = 6;
  cache.learn(host(1), host(0x01020304), "four.example", kStart, 60);
  EXPECT_EQ(find(cache, host(1), host(0x01020304), kStart).confidence, Confidence::kHigh);
  EXPECT_EQ(find(cache, host(1), six, kStart).confidence, Confidence::kNone);
}

TEST(DnsCache, AnyOrderOfArrivalGivesTheSameAnswers) {
  struct Answer {
    std::uint32_t client;
    const char* name;
    int at;
    std::uint32_t ttl;
  };
  std::vector<Answer> answers = {{1, "a.example", 0, 30},  {1, "a.example", 40, 30},
                                 {1, "b.example", 50, 10}, {2, "a.example", 60, 300},
                                 {2, "c.example", 90, 5},  {1, "a.example", 95, 20}};
  std::mt19937 random(5);
  std::vector<std::string> expected;
  for (int round = 0; round < 200; ++round) {
    DnsCache cache(1024, 1);
    for (const Answer& each : answers)
      cache.learn(host(each.client), host(99), each.name, kStart + each.at * kSecond, each.ttl);
    std::vector<std::string> seen;
    for (int at = -1; at < 200; at += 3) {
      for (const std::uint32_t client : {1U, 2U, 3U}) {
        const DnsMatch match = find(cache, host(client), host(99), kStart + at * kSecond);
        seen.push_back(std::string(confidence_name(match.confidence)) + " " +
                       std::string(match.domain()) + " " + std::to_string(match.resolved_at));
      }
    }
    if (round == 0) expected = seen;
    ASSERT_EQ(seen, expected) << round;
    std::shuffle(answers.begin(), answers.end(), random);
  }
  EXPECT_TRUE(std::ranges::any_of(expected, [](auto& s) { return s.starts_with("medium"); }));
  EXPECT_TRUE(std::ranges::any_of(expected, [](auto& s) { return s.starts_with("none"); }));
}

TEST(DnsCache, OlderVersionsStayForLookupsThatComeLate) {
  DnsCache cache(1024, 1);
  for (int i = 0; i < 3; ++i)
    cache.learn(host(1), host(9), "www.example", kStart + i * 100 * kSecond, 150);
  for (int i = 0; i < 3; ++i) {
    const DnsMatch match = find(cache, host(1), host(9), kStart + (i * 100 + 1) * kSecond);
    EXPECT_EQ(match.confidence, Confidence::kHigh);
    EXPECT_EQ(match.resolved_at, kStart + i * 100 * kSecond);
  }
}

// A name that a thousand clients ask for must not push out its own past in the entry they share.
TEST(DnsCache, ManyClientsOfOneAddressKeepItsPast) {
  DnsCache cache(65'536, 1);
  for (std::uint32_t i = 0; i < 1000; ++i)
    cache.learn(host(i), host(9), "popular.example", kStart + i * (kSecond / 100), 300);
  const DnsMatch match = find(cache, host(5000), host(9), kStart + kSecond);
  EXPECT_EQ(match.confidence, Confidence::kLow);
  EXPECT_EQ(match.domain(), "popular.example");
  EXPECT_LE(match.resolved_at, kStart + kSecond);
}

TEST(DnsCache, ManyNamesOfOneAddressAreBoundedAndTheNewestIsKept) {
  DnsCache cache(1024, 1);
  for (int i = 0; i < 100; ++i)
    cache.learn(host(1), host(9), "n" + std::to_string(i) + ".example", kStart + i * kSecond, 600);
  const DnsMatch match = find(cache, host(1), host(9), kStart + 100 * kSecond);
  EXPECT_EQ(match.confidence, Confidence::kMedium);
  EXPECT_EQ(match.domain(), "n99.example");
  EXPECT_EQ(find(cache, host(1), host(9), kStart + 100 * kSecond, "n95.example").domain(),
            "n95.example");
  EXPECT_EQ(cache.counters().entries, 2U);
}

TEST(DnsCache, WhatIsOverIsPutOutByTheAnswersAfterIt) {
  DnsCache cache(16'384, 1);
  for (std::uint32_t i = 0; i < 2000; ++i)
    cache.learn(host(1), host(i), "old.example", kStart, 1);
  EXPECT_EQ(cache.counters().entries, 4000U);
  const TimestampNs later = kStart + 2 * 3600 * kSecond;
  constexpr std::uint32_t kAddresses = 256;  // enough to reach every shard
  for (std::uint32_t i = 0; i < 8000; ++i)
    cache.learn(host(1), host(100'000 + i % kAddresses), "new.example", later, 60);
  EXPECT_EQ(cache.counters().entries, 2 * kAddresses);
  EXPECT_EQ(cache.counters().evicted, 0U);
}

TEST(DnsCache, LongNamesNeverTakeMoreThanTheirShare) {
  DnsCache cache(1024, 1);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const std::string number = std::to_string(i);
    cache.learn(host(1), host(i), number + std::string(kMaxDomainLength - number.size(), 'x'),
                kStart + i * kSecond, 60);
  }
  const DnsCacheCounters counters = cache.counters();
  EXPECT_EQ(counters.answers + counters.refused, 20'000U);
  EXPECT_EQ(counters.refused, 0U);
  EXPECT_GT(counters.evicted, 0U);
  EXPECT_EQ(find(cache, host(1), host(19'999), kStart + 20'000 * kSecond).domain().size(),
            kMaxDomainLength);
}

// Threads learn and look up at once; what one client learnt is what it finds.
TEST(DnsCache, ServesSeveralWorkersAtOnce) {
  DnsCache cache(65'536, 1);
  std::vector<std::thread> workers;
  std::array<int, 4> wrong{};
  for (std::uint32_t w = 0; w < wrong.size(); ++w) {
    workers.emplace_back([&cache, &wrong, w] {
      const std::string name = "w" + std::to_string(w) + ".example";
      for (std::uint32_t i = 0; i < 2000; ++i) {
        const TimestampNs at = kStart + i * kSecond;
        cache.learn(host(w), host(i % 500), name, at, 60);
        const DnsMatch match = find(cache, host(w), host(i % 500), at);
        wrong[w] += match.domain() == name && match.confidence == Confidence::kHigh ? 0 : 1;
      }
    });
  }
  for (std::thread& each : workers)
    each.join();
  for (const int count : wrong)
    EXPECT_EQ(count, 0);
  EXPECT_EQ(cache.counters().answers, 8000U);
  EXPECT_EQ(cache.counters().hits, 8000U);
}

// A lookup that is made late sees what one at its moment saw, as long as the entry has room.
TEST(DnsCache, LaterVersionsDoNotHideWhatCountedAtTheMoment) {
  DnsCache cache(1024, 1);
  const auto at = [](int second) { return kStart + second * kSecond; };
  const auto resolved_at = [&](int as_of, int moment) {
    DnsMatch match;
    cache.find(host(1), host(99), at(as_of), {}, match, at(moment));
    return match.confidence == Confidence::kHigh ? (match.resolved_at - kStart) / kSecond : -1;
  };
  for (int second = 0; second < 8; ++second)
    cache.learn(host(1), host(99), "a.example", at(second), 300);
  EXPECT_EQ(resolved_at(0, 0), 0);
  EXPECT_EQ(resolved_at(0, 2), 0);
  EXPECT_EQ(resolved_at(0, 3), -1);  // three newer ones had come
  EXPECT_EQ(resolved_at(1, 3), 1);
  EXPECT_EQ(resolved_at(5, 7), 5);
  EXPECT_EQ(resolved_at(4, 7), -1);
  EXPECT_EQ(find(cache, host(1), host(99), at(100)).resolved_at, at(7));
  // Another name takes the place of one that does not count any more.
  cache.learn(host(1), host(99), "b.example", at(8), 300);
  EXPECT_EQ(resolved_at(0, 2), -1);
  EXPECT_EQ(find(cache, host(1), host(99), at(7)).resolved_at, at(7));
  EXPECT_EQ(find(cache, host(1), host(99), at(8)).domain(), "b.example");
}

}  // namespace
}  // namespace netmoth::correlate
