// A set as it is loaded from a bundle: what it finds, when, and what it refuses to be made of.
#include "detect/indicators/indicator_set.h"

#include <gtest/gtest.h>

#include <array>

#include "testing/indicator_bundle.h"

namespace netmoth::detect {
namespace {

using enum IndicatorKind;
using testing::IndicatorBundle;

constexpr TimestampNs kSecond = 1'000'000'000;
constexpr std::uint64_t kSeed = 1;

std::string every_kind() {
  const std::string v6(16, '\x20');
  IndicatorBundle bundle({{.sid = 3'000'000'007}, {.sid = 3'000'000'009, .expires = 1000}});
  bundle.table(kIpv4, {{std::string("\x0a\x00\x00\x00\x0a\x00\x00\xff", 8), 0}})
      .table(kIpv6, {{v6 + v6, 0}})
      .table(kIpv4Port, {{std::string("\x0a\x01\x00\x01\x01\xbb", 6), 0}})
      .table(kIpv6Port, {{v6 + std::string("\x00\x35", 2), 0}})
      .table(kCertificateSha1, {{std::string(20, 'a'), 0}})
      .table(kCertificateSha256, {{std::string(32, 'b'), 0}})
      .table(kFileSha256, {{std::string(32, 'c'), 0}})
      .table(kFileMd5, {{std::string(16, 'd'), 0}})
      .table(kJa3, {{std::string(16, 'e'), 0}})
      .table(kJa3s, {{std::string(16, 'f'), 0}})
      .table(kJa4, {{"t13d1516h2_8daaf6152771_e5627efa2ab1", 0}})
      .table(kDomain, {{"com.example.", 0}, {"com.example.www.", 1}})
      .table(kUrl, {{"example.com/a?b", 0}});
  return bundle.sealed();
}

BundleFault load(const std::string& file, std::shared_ptr<const IndicatorSet>& set) {
  BundleFile bundle;
  const auto owner = std::make_shared<const std::string>(file);
  const BundleFault fault = bundle.open(as_bytes(*owner));
  return fault != BundleFault::kNone ? fault : IndicatorSet::load(bundle, owner, kSeed, set);
}

Address address(std::initializer_list<std::uint8_t> octets) {
  Address made;
  std::copy(octets.begin(), octets.end(), made.octets.begin());
  return made;
}

TEST(IndicatorSet, WhatHasExpiredHidesNothing) {
  IndicatorBundle bundle({{.sid = 3'000'000'001},
                          {.sid = 3'000'000'002, .expires = 2000, .otherwise = 1},
                          {.sid = 3'000'000'003, .expires = 1000, .otherwise = 2},
                          {.sid = 3'000'000'004, .expires = 1000}});
  bundle.table(kDomain, {{"com.example.", 2}, {"org.example.", 3}});
  std::shared_ptr<const IndicatorSet> set;
  ASSERT_EQ(load(bundle.sealed(), set), BundleFault::kNone);
  const auto sid_at = [&](std::string_view name, TimestampNs seconds) {
    const IndicatorHit hit = set->find_domain(name, seconds * kSecond);
    return hit ? hit.meta->sid : 0U;
  };
  EXPECT_EQ(sid_at("example.com", 999), 3'000'000'003U);
  EXPECT_EQ(sid_at("example.com", 1000), 3'000'000'002U);
  EXPECT_EQ(sid_at("example.com", 2000), 3'000'000'001U);
  EXPECT_EQ(sid_at("example.org", 999), 3'000'000'004U);
  EXPECT_EQ(sid_at("example.org", 1000), 0U);
}

TEST(IndicatorSet, MetasLeadBackOnly) {
  for (const std::uint8_t otherwise : std::array<std::uint8_t, 3>{1, 2, 100}) {
    std::shared_ptr<const IndicatorSet> set;
    const IndicatorBundle bundle({{.sid = 1, .expires = 1, .otherwise = otherwise}});
    EXPECT_EQ(load(bundle.sealed(), set), BundleFault::kCorrupt) << int{otherwise};
  }
}

TEST(IndicatorSet, FindsEveryKind) {
  std::shared_ptr<const IndicatorSet> set;
  ASSERT_EQ(load(every_kind(), set), BundleFault::kNone);
  ASSERT_NE(set, nullptr);
  const auto text = [&](const IndicatorHit& hit) {
    return hit ? set->entry_text(hit) : std::string("nothing");
  };
  EXPECT_EQ(text(set->find_address(address({10, 0, 0, 9}), 4, 0)), "10.0.0.0/24");
  EXPECT_EQ(text(set->find_address(address({10, 0, 1, 0}), 4, 0)), "nothing");
  Address v6;
  v6.octets.fill(0x20);
  EXPECT_EQ(text(set->find_address(v6, 6, 0)), "2020:2020:2020:2020:2020:2020:2020:2020");
  EXPECT_EQ(text(set->find_address_port(address({10, 1, 0, 1}), 4, 443, 0)), "10.1.0.1:443");
  EXPECT_EQ(text(set->find_address_port(address({10, 1, 0, 1}), 4, 444, 0)), "nothing");
  EXPECT_EQ(text(set->find_address_port(v6, 6, 53, 0)),
            "[2020:2020:2020:2020:2020:2020:2020:2020]:53");
  const auto found = [&](IndicatorKind kind, const std::string& key) {
    return text(set->find(kind, as_bytes(key), 0));
  };
  EXPECT_EQ(found(kCertificateSha1, std::string(20, 'a')),
            "6161616161616161616161616161616161616161");
  EXPECT_EQ(found(kCertificateSha256, std::string(32, 'b')).size(), 64U);
  EXPECT_EQ(found(kFileSha256, std::string(32, 'b')), "nothing");
  EXPECT_EQ(found(kFileSha256, std::string(32, 'c')).size(), 64U);
  EXPECT_EQ(found(kFileMd5, std::string(16, 'd')).size(), 32U);
  EXPECT_EQ(found(kJa3, std::string(16, 'e')).size(), 32U);
  EXPECT_EQ(found(kJa3s, std::string(16, 'e')), "nothing");
  EXPECT_EQ(found(kJa3s, std::string(16, 'f')).size(), 32U);
  EXPECT_EQ(found(kJa3s, std::string(15, 'f')), "nothing");
  EXPECT_EQ(found(kJa4, "t13d1516h2_8daaf6152771_e5627efa2ab1"),
            "t13d1516h2_8daaf6152771_e5627efa2ab1");
  EXPECT_EQ(found(kUrl, "example.com/a?b"), "example.com/a?b");
  EXPECT_EQ(found(kUrl, "example.com/a"), "nothing");
  EXPECT_EQ(text(set->find_domain("cdn.Example.com", 0)), "example.com");
  const IndicatorMeta& meta = *set->find_domain("example.com", 0).meta;
  EXPECT_EQ(meta.sid, 3'000'000'007U);
  EXPECT_EQ(meta.list, "feed");
  EXPECT_EQ(meta.source, "feed.txt");
  EXPECT_EQ(meta.category, "Botnet");
  EXPECT_EQ(meta.confidence, 90);
  EXPECT_EQ(meta.severity, 2);
}

TEST(IndicatorSet, WhatIsOverIsNotFoundAndHidesNothing) {
  std::shared_ptr<const IndicatorSet> set;
  ASSERT_EQ(load(every_kind(), set), BundleFault::kNone);
  EXPECT_EQ(set->entry_text(set->find_domain("www.example.com", 1000 * kSecond - 1)),
            "www.example.com");
  EXPECT_EQ(set->entry_text(set->find_domain("www.example.com", 1000 * kSecond)), "example.com");
}

TEST(IndicatorSet, RangesAreWrittenAsPeopleWriteThem) {
  IndicatorBundle bundle({{}});
  bundle.table(kIpv4, {{std::string("\x01\x00\x00\x00\x01\x00\x00\x02", 8), 0},
                       {std::string("\x02\x00\x00\x80\x02\x00\x00\xff", 8), 0},
                       {std::string("\x03\x00\x00\x00\x03\xff\xff\xff", 8), 0}});
  std::shared_ptr<const IndicatorSet> set;
  ASSERT_EQ(load(bundle.sealed(), set), BundleFault::kNone);
  const auto entry = [&](std::uint8_t first) {
    return set->entry_text(set->find_address(address({first, 0, 0, 0x80}), 4, 0));
  };
  EXPECT_EQ(set->entry_text(set->find_address(address({1, 0, 0, 1}), 4, 0)), "1.0.0.0-1.0.0.2");
  EXPECT_EQ(entry(2), "2.0.0.128/25");
  EXPECT_EQ(entry(3), "3.0.0.0/8");
}

TEST(IndicatorSet, WithoutIndicatorsThereIsNone) {
  std::shared_ptr<const IndicatorSet> set;
  EXPECT_EQ(load(IndicatorBundle({}).sealed(), set), BundleFault::kNone);
  EXPECT_EQ(set, nullptr);
}

TEST(IndicatorSet, BrokenTablesAreRefused) {
  std::shared_ptr<const IndicatorSet> set;
  // A row whose meta does not exist.
  EXPECT_EQ(load(IndicatorBundle({{}}).table(kJa3, {{std::string(16, 'x'), 1}}).sealed(), set),
            BundleFault::kCorrupt);
  const auto with = [&](std::uint32_t records, const std::string& bytes) {
    const std::string meta("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 11);
    return load(testing::sealed_bundle({{2, 1, testing::indexed_section({"x"})},
                                        {8, 1, testing::indexed_section({meta})},
                                        {27, records, bytes}}),
                set);
  };
  const std::string whole = testing::text_table({{"com.a.", 0}, {"com.b.", 0}});
  EXPECT_EQ(with(2, whole), BundleFault::kNone);
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_EQ(with(2, whole.substr(0, length)), BundleFault::kCorrupt) << length;
  EXPECT_EQ(with(~0U, whole), BundleFault::kCorrupt);
  EXPECT_EQ(set, nullptr);
}

TEST(IndicatorSet, AnyBitMayBeWrong) {
  const std::string file = every_kind();
  const std::size_t end = file.size() - kBundleDigestOctets;
  for (std::size_t bit = 32 * 8; bit < end * 8; ++bit) {
    std::string flipped = file.substr(0, end);
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const auto digest = base::sha256(as_bytes(flipped));
    flipped.append(digest.begin(), digest.end());
    std::shared_ptr<const IndicatorSet> set;
    const BundleFault fault = load(flipped, set);
    if (set == nullptr) continue;
    EXPECT_EQ(fault, BundleFault::kNone);
    for (const std::string_view name : {"www.example.com", "a.b", "com"}) {
      if (const IndicatorHit hit = set->find_domain(name, 0))
        EXPECT_FALSE(set->entry_text(hit).empty());
    }
    (void)set->find(kUrl, as_bytes("example.com/a?b"), 0);
    (void)set->find_address(address({10, 0, 0, 9}), 4, 0);
  }
}

}  // namespace
}  // namespace netmoth::detect
