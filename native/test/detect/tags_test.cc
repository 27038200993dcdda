// Tags: how long packets are told, and how many tags there can be.
#include "detect/tags.h"

#include <gtest/gtest.h>

namespace netmoth::detect {
namespace {

constexpr TimestampNs kSecond = 1'000'000'000;
constexpr std::uint64_t kRule = 1;

Tag tag_of(Tag::Unit unit, std::uint64_t amount) {
  return {.scope = Tag::Scope::kHost, .unit = unit, .amount = amount};
}

// How many of `count` packets of 100 octets, half a second apart, are told.
std::size_t told(TagList& tags, std::size_t count) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += tags.count_packet(100, static_cast<TimestampNs>(i) * kSecond / 2) ? 1 : 0;
  return sum;
}

TEST(Tags, ThePacketThatRaisedTheAlertCountsAndIsNotTold) {
  TagList packets;
  ASSERT_TRUE(packets.add(tag_of(Tag::Unit::kPackets, 4), kRule, 0));
  EXPECT_EQ(told(packets, 20), 3U);
  EXPECT_TRUE(packets.empty());
  TagList octets;
  ASSERT_TRUE(octets.add(tag_of(Tag::Unit::kBytes, 500), kRule, 0));
  EXPECT_EQ(told(octets, 20), 4U);
  TagList seconds;
  ASSERT_TRUE(seconds.add(tag_of(Tag::Unit::kSeconds, 2), kRule, 0));
  EXPECT_EQ(told(seconds, 20), 5U);  // until the third second begins
}

TEST(Tags, ARuleThatMatchesAgainBeginsAnewAFewTimes) {
  TagList tags;
  const Tag tag = tag_of(Tag::Unit::kPackets, 2);
  std::size_t sum = 0;
  for (std::uint32_t i = 0; i < 3 * kMaxTagRenewals; ++i) {
    if (i == 0 || !tags.empty()) EXPECT_TRUE(tags.add(tag, kRule, 0));
    sum += tags.count_packet(1, 0) ? 1 : 0;
  }
  EXPECT_EQ(sum, kMaxTagRenewals + 1);
}

TEST(Tags, AreBounded) {
  TagList tags;
  for (std::uint64_t rule = 0; rule < kMaxTags; ++rule)
    EXPECT_TRUE(tags.add(tag_of(Tag::Unit::kPackets, 9), rule, 0));
  EXPECT_FALSE(tags.add(tag_of(Tag::Unit::kPackets, 9), kMaxTags, 0));
  EXPECT_TRUE(tags.add(tag_of(Tag::Unit::kPackets, 9), 3, 0));
}

TEST(Tags, OfHostsCountBothEnds) {
  TaggedHosts hosts;
  Address one;
  one.octets[0] = 1;
  Address other;
  other.octets[0] = 2;
  EXPECT_TRUE(hosts.empty());
  ASSERT_TRUE(hosts.add(one, tag_of(Tag::Unit::kPackets, 3), kRule, 0));
  EXPECT_FALSE(hosts.count_packet(one, other, 1, 0));
  EXPECT_TRUE(hosts.count_packet(other, one, 1, 0));
  EXPECT_FALSE(hosts.count_packet(other, other, 1, 0));
  EXPECT_TRUE(hosts.count_packet(one, one, 1, 0));
  EXPECT_FALSE(hosts.count_packet(one, other, 1, 0));
  EXPECT_TRUE(hosts.empty());
}

TEST(Tags, TheHostSeenLongestAgoGoes) {
  TaggedHosts hosts;
  const auto host = [](std::size_t number) {
    Address address;
    address.octets[0] = static_cast<std::uint8_t>(number >> 8);
    address.octets[1] = static_cast<std::uint8_t>(number);
    return address;
  };
  const Tag tag = tag_of(Tag::Unit::kPackets, 9);
  for (std::size_t i = 0; i < kMaxTaggedHosts; ++i)
    ASSERT_TRUE(hosts.add(host(i), tag, kRule, static_cast<TimestampNs>(i)));
  (void)hosts.count_packet(host(1), host(1), 1, kMaxTaggedHosts);
  ASSERT_TRUE(hosts.add(host(2), tag, kRule, kMaxTaggedHosts));
  for (std::size_t i = 0; i < 2; ++i)
    ASSERT_TRUE(hosts.add(host(kMaxTaggedHosts + i), tag, kRule, kMaxTaggedHosts));
  const auto is_known = [&](std::size_t number) {
    (void)hosts.count_packet(host(number), host(number), 1, kSecond);
    return hosts.count_packet(host(number), host(number), 1, kSecond);
  };
  EXPECT_FALSE(is_known(0));
  EXPECT_FALSE(is_known(3));
  EXPECT_TRUE(is_known(1));
  EXPECT_TRUE(is_known(2));
  EXPECT_TRUE(is_known(kMaxTaggedHosts + 1));
}

}  // namespace
}  // namespace netmoth::detect
