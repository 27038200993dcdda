// The look-up structures against plain searching, on many small random tables.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "detect/indicators/domain_table.h"
#include "detect/indicators/key_table.h"
#include "detect/indicators/range_table.h"
#include "testing/indicator_bundle.h"

namespace netmoth::detect {
namespace {

using testing::IndicatorRows;
using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

// Few different octets, so that keys are near each other.
std::string near_key(Random& random, std::size_t width) {
  constexpr char kOctets[] = {0x00, 0x01, 0x7f, '\xfe', '\xff'};
  std::string key(width, '\0');
  for (char& octet : key)
    octet = kOctets[below(random, std::size(kOctets))];
  return key;
}

Address address_of(const std::string& key) {
  Address address;
  std::copy(key.begin(), key.end(), address.octets.begin());
  return address;
}

// Ranges between every second of the sorted keys, some of one address only.
IndicatorRows random_ranges(Random& random, std::size_t width, std::size_t keys) {
  std::set<std::string> ends;
  for (std::size_t i = 0; i < keys; ++i)
    ends.insert(near_key(random, width));
  IndicatorRows rows;
  for (auto end = ends.begin(); end != ends.end(); ++end) {
    const std::string first = *end;
    if (below(random, 3) > 0 && std::next(end) != ends.end()) ++end;
    rows.emplace_back(first + *end, static_cast<std::uint32_t>(rows.size()));
  }
  return rows;
}

template <std::size_t kWidth>
void check_ranges(std::size_t keys) {
  Random random(keys);
  const IndicatorRows made = random_ranges(random, kWidth, keys);
  const std::string section = testing::fixed_table(made);
  const auto rows =
      FixedRows::of(as_bytes(section), static_cast<std::uint32_t>(made.size()), 2 * kWidth);
  ASSERT_TRUE(rows);
  const auto table = RangeTable<kWidth>::of(*rows);
  ASSERT_TRUE(table);
  std::vector<std::string> asked;
  for (int i = 0; i < 400; ++i)
    asked.push_back(near_key(random, kWidth));
  for (const auto& row : made) {
    asked.push_back(row.first.substr(0, kWidth));
    asked.push_back(row.first.substr(kWidth));
  }
  for (const std::string& address : asked) {
    const auto holds = [&](const auto& row) {
      return row.first.substr(0, kWidth) <= address && address <= row.first.substr(kWidth);
    };
    const auto found = std::ranges::find_if(made, holds);
    const std::uint32_t expected = found == made.end() ? kNoRow : found->second;
    ASSERT_EQ(table->find(address_of(address)), expected) << keys;
  }
}

TEST(IndicatorTables, RangesAsByLookingAtEach) {
  for (const std::size_t keys : {0U, 1U, 2U, 15U, 16U, 17U, 31U, 40U, 255U, 300U, 600U}) {
    check_ranges<4>(keys);
    check_ranges<16>(keys);
  }
}

TEST(IndicatorTables, RangesOutOfOrderAreRefused) {
  const auto made = [](const std::string& keys) {
    std::string section;
    for (std::size_t at = 0; at < keys.size(); at += 8)
      section += keys.substr(at, 8) + std::string(4, '\0');
    const auto rows =
        FixedRows::of(as_bytes(section), static_cast<std::uint32_t>(keys.size() / 8), 8);
    return rows && RangeTable<4>::of(*rows);
  };
  EXPECT_TRUE(made("aaaabbbbccccdddd"));
  EXPECT_FALSE(made("bbbbaaaa"));          // ends before it begins
  EXPECT_FALSE(made("aaaaccccbbbbdddd"));  // overlaps
  EXPECT_FALSE(made("aaaabbbbbbbbcccc"));  // shares an address
  EXPECT_FALSE(made("ccccddddaaaabbbb"));
}

TEST(IndicatorTables, WideRangesOfIpv6) {
  // 2001::/16 and a /33 that crosses nothing; beyond kMaxWideBlocks the filter lets all pass.
  IndicatorRows made{
      {"\x20\x01" + std::string(14, '\0') + "\x20\x01" + std::string(14, '\xff'), 0}};
  for (char prefix = 0x30; prefix < 0x42; ++prefix) {
    made.emplace_back(
        std::string(1, prefix) + std::string(15, '\0') + prefix + std::string(15, '\x7f'), 0);
  }
  const std::string section = testing::fixed_table(made);
  const auto rows = FixedRows::of(as_bytes(section), static_cast<std::uint32_t>(made.size()), 32);
  const auto table = RangeTable<16>::of(*rows);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->find(address_of("\x20\x01\x0d\xb8" + std::string(12, 'x'))), 0U);
  EXPECT_EQ(table->find(address_of("\x31" + std::string(15, '\x10'))), 2U);
  EXPECT_EQ(table->find(address_of("\x31\x80" + std::string(14, '\x10'))), kNoRow);
  EXPECT_EQ(table->find(address_of("\x20\x02" + std::string(14, '\0'))), kNoRow);
}

TEST(IndicatorTables, KeysAsInAMap) {
  for (const std::size_t width : {6U, 16U, 20U}) {
    Random random(width);
    std::map<std::string, std::uint32_t> reference;
    for (int i = 0; i < 500; ++i)
      reference.emplace(near_key(random, width), 0);
    std::uint32_t place = 0;
    for (auto& row : reference)
      row.second = place++;
    const std::string section = testing::fixed_table({reference.begin(), reference.end()});
    const auto rows = FixedRows::of(as_bytes(section), place, width);
    ASSERT_TRUE(rows);
    const KeyTable<FixedRows> table(*rows, random());
    for (const auto& [key, row] : reference)
      EXPECT_EQ(table.find(as_bytes(key)), row);
    for (int i = 0; i < 2000; ++i) {
      const std::string key = near_key(random, width);
      const auto found = reference.find(key);
      EXPECT_EQ(table.find(as_bytes(key)), found == reference.end() ? kNoRow : found->second);
    }
    EXPECT_EQ(table.find({}), kNoRow);
  }
}

// Names of few labels, so that many are below others.
std::string random_name(Random& random) {
  constexpr std::string_view kLabels[] = {"com", "example", "a", "www", "xn--bcher-kva", "b-c_d"};
  std::string name;
  for (std::size_t labels = 2 + below(random, 4); labels > 0; --labels) {
    if (!name.empty()) name += '.';
    name += kLabels[below(random, std::size(kLabels))];
  }
  return name;
}

std::string longest_suffix(const std::map<std::string, std::uint32_t>& names, std::string name) {
  for (;;) {
    if (names.contains(name)) return name;
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) return {};
    name.erase(0, dot + 1);
  }
}

TEST(IndicatorTables, DomainsByTheirLongestSuffix) {
  Random random(7);
  std::map<std::string, std::uint32_t> reference;
  for (int i = 0; i < 150; ++i)
    reference.emplace(random_name(random), 0);
  IndicatorRows made;
  for (const auto& row : reference)
    made.emplace_back(testing::domain_key(row.first), 0);
  std::ranges::sort(made);
  for (std::uint32_t row = 0; row < made.size(); ++row) {
    for (auto& known : reference) {
      if (testing::domain_key(known.first) == made[row].first) known.second = row;
    }
  }
  const std::string section = testing::text_table(made);
  const auto rows = TextRows::of(as_bytes(section), static_cast<std::uint32_t>(made.size()));
  ASSERT_TRUE(rows);
  const DomainTable table(*rows, random());
  const auto any = [](std::uint32_t) { return true; };
  for (int i = 0; i < 4000; ++i) {
    std::string name = random_name(random);
    const std::string suffix = longest_suffix(reference, name);
    const std::uint32_t expected = suffix.empty() ? kNoRow : reference.at(suffix);
    if (below(random, 2) == 0)
      std::ranges::transform(name, name.begin(), [](char c) { return c == 'e' ? 'E' : c; });
    if (below(random, 4) == 0) name += '.';
    ASSERT_EQ(table.find(name, any), expected) << name;
  }
}

TEST(IndicatorTables, WhatIsNoNameIsInNoTable) {
  const std::string section = testing::text_table({{"com.example.", 0}});
  const auto rows = TextRows::of(as_bytes(section), 1);
  const DomainTable table(*rows, 1);
  const auto any = [](std::uint32_t) { return true; };
  EXPECT_EQ(table.find("example.com", any), 0U);
  EXPECT_EQ(table.find("EXAMPLE.COM.", any), 0U);
  EXPECT_EQ(table.find("badexample.com", any), kNoRow);
  EXPECT_EQ(table.find("example.com.evil", any), kNoRow);
  EXPECT_EQ(table.find("xample.com", any), kNoRow);
  for (const std::string name : {"", ".", "..", "com", ".com", "example.com..", "\xff"})
    EXPECT_EQ(table.find(name, any), kNoRow) << name;
  EXPECT_EQ(table.find(std::string(kMaxDomain - 11, 'a') + ".example.com", any), kNoRow);
  EXPECT_EQ(table.find(std::string(kMaxDomain - 12, 'a') + ".example.com", any), 0U);
  // What is not taken is looked for further up.
  EXPECT_EQ(table.find("www.example.com", [](std::uint32_t) { return false; }), kNoRow);
}

}  // namespace
}  // namespace netmoth::detect
