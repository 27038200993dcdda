// A compiled set is loaded whole, or refused; nothing broken in it is believed.
#include "detect/rule_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/digest.h"

namespace netmoth::detect {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets read_fixture() {
  std::ifstream file(std::string(NETMOTH_BUNDLES) + "/small.bundle", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::shared_ptr<const RuleSet> loaded(const Octets& file, LoadReport& report) {
  BundleFile bundle;
  if (bundle.open(file) != BundleFault::kNone) return nullptr;
  return RuleSet::load(bundle, nullptr, report, {PatternSearch::kScalar, nullptr});
}

TEST(RuleSet, HasTheRulesOfTheBundleInAlertOrder) {
  const Octets file = read_fixture();
  LoadReport report;
  const auto set = loaded(file, report);
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(report.loaded, 3U);
  EXPECT_EQ(report.refused, 0U);
  ASSERT_EQ(set->rules().size(), 3U);
  EXPECT_EQ(set->rules()[0].sid, 2U);
  EXPECT_EQ(set->rules()[0].action, Rule::Action::kPass);
  EXPECT_EQ(set->rules()[0].kind, Rule::Kind::kTransaction);
  EXPECT_EQ(set->rules()[0].heads.size(), 2U);  // <>
  const Rule& flow_bit = set->rules()[1];
  EXPECT_EQ(flow_bit.kind, Rule::Kind::kPacket);
  ASSERT_EQ(flow_bit.effects.size(), 1U);
  EXPECT_EQ(set->name_of(flow_bit.effects[0].names[0]), "a");
  EXPECT_EQ(set->rules()[2].kind, Rule::Kind::kPayload);
  EXPECT_TRUE(set->wants_streams());
  EXPECT_FALSE(set->payload(Layer::kStream, Direction::kToServer).empty());
  EXPECT_TRUE(set->payload(Layer::kStream, Direction::kToClient).empty());
}

TEST(RuleSet, AddressesAreThoseOfTheirRanges) {
  const Octets file = read_fixture();
  LoadReport report;
  const auto set = loaded(file, report);
  ASSERT_NE(set, nullptr);
  const AddressSet& source = *set->rules()[0].heads[0].source;  // 10.0.0.0/8 without 10.1.0.0/16
  const auto has = [&](std::uint8_t second) {
    Address address;
    address.octets = {10, second, 0, 1};
    return source.has(address, 4);
  };
  EXPECT_TRUE(has(0));
  EXPECT_FALSE(has(1));
  EXPECT_TRUE(has(2));
  EXPECT_FALSE(source.has(Address{}, 6));
}

TEST(RuleSet, NothingBrokenIsBelieved) {
  Octets file = read_fixture();
  const std::size_t end = file.size() - kBundleDigestOctets;
  const auto reseal = [&] {
    std::ranges::copy(base::sha256(Bytes(file).first(end)),
                      file.begin() + static_cast<std::ptrdiff_t>(end));
  };
  std::size_t refused = 0;
  for (std::size_t at = 32; at < end; ++at) {
    const std::uint8_t mask = static_cast<std::uint8_t>(1U << at % 8);
    file[at] ^= mask;
    reseal();
    LoadReport report;
    refused += loaded(file, report) == nullptr ? 1 : 0;
    file[at] ^= mask;
  }
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace netmoth::detect
