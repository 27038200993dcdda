// Narrowing down loses no rule that could match.
#include "detect/rule_index.h"

#include <gtest/gtest.h>

#include <random>

#include "detect/address_index.h"
#include "detect/pattern_group.h"

namespace netmoth::detect {
namespace {

TEST(IntervalIndex, GivesTheItemsOfEveryNumber) {
  std::mt19937 random(5);
  struct Interval {
    std::uint32_t low, high, item;
  };
  std::vector<Interval> intervals;
  IntervalIndex index;
  for (std::uint32_t item = 0; item < 40; ++item) {
    const std::uint32_t low = random() % 900;
    const std::uint32_t high = low + random() % 100;
    intervals.push_back({low, high, item});
    index.add(low, high, item);
  }
  intervals.push_back({990, ~std::uint32_t{0}, 40});
  index.add(990, ~std::uint32_t{0}, 40);
  index.close();
  for (std::uint32_t number = 0; number < 1'100; ++number) {
    std::vector<std::uint32_t> expected;
    for (const Interval& each : intervals) {
      if (number >= each.low && number <= each.high) expected.push_back(each.item);
    }
    EXPECT_TRUE(std::ranges::equal(index.items_of(number), expected)) << number;
  }
  EXPECT_FALSE(index.items_of(~std::uint32_t{0}).empty());
}

// Rules of one head each, and what their heads point to.
class RandomRules {
 public:
  explicit RandomRules(std::size_t count) : heads_(count), sets_(2 * count), ranges_(4 * count) {
    for (std::size_t i = 0; i < count; ++i) {
      Head& head = heads_[i];
      head.transports = transports_[random_() % transports_.size()];
      head.applications = random_() % 3 == 0 ? std::uint64_t{1} << (random_() % 4) : 0;
      head.source_ports = some_ports(2 * i);
      head.destination_ports = some_ports(2 * i + 1);
      Rule& rule = rules_.emplace_back();
      rule.heads = std::span(heads_).subspan(i, 1);
    }
  }
  [[nodiscard]] std::span<const Rule> all() const { return rules_; }
  std::mt19937& random() { return random_; }

 private:
  const PortSet* some_ports(std::size_t place) {
    PortSet& ports = sets_[place];
    ports.any = random_() % 2 == 0;
    const auto low = static_cast<std::uint16_t>(random_() % 60);
    const auto wide = random_() % 4 == 0 ? 60'000U : random_() % 8;
    ranges_[2 * place] = {low, static_cast<std::uint16_t>(low + wide)};
    ranges_[2 * place + 1] = {65'000, 65'535};
    if (!ports.any) ports.ranges = std::span(ranges_).subspan(2 * place, 2);
    return &ports;
  }

  std::mt19937 random_{6};
  const std::vector<std::vector<std::uint8_t>> transports_ = {{}, {6}, {17}, {6, 17}, {1, 58}};
  std::vector<Head> heads_;
  std::vector<PortSet> sets_;
  std::vector<PortRange> ranges_;
  std::vector<Rule> rules_;
};

bool fits(const Head& head, const Ends& ends, std::uint64_t application) {
  if (!head.transports.empty() &&
      std::ranges::find(head.transports, ends.protocol) == head.transports.end())
    return false;
  if (head.applications != 0 && (head.applications & application) == 0) return false;
  return head.source_ports->has(ends.source_port) &&
         head.destination_ports->has(ends.destination_port);
}

TEST(RuleIndex, NamesEveryRuleThatFitsAndNoneTwice) {
  RandomRules rules(400);
  RuleIndex index;
  for (std::uint32_t place = 0; place < rules.all().size(); ++place)
    index.add(place, rules.all()[place]);
  index.close();
  std::size_t fitting = 0;
  std::size_t named = 0;
  for (int round = 0; round < 2'000; ++round) {
    Ends ends;
    ends.protocol = std::array<std::uint8_t, 4>{6, 17, 1, 132}[rules.random()() % 4];
    ends.source_port = static_cast<std::uint16_t>(rules.random()() % 80);
    ends.destination_port = static_cast<std::uint16_t>(rules.random()() % 80);
    const std::uint64_t application = std::uint64_t{1} << (rules.random()() % 6);
    std::vector<std::uint32_t> found;
    index.for_each(ends, application, [&](std::size_t set) {
      found.insert(found.end(), index.sets()[set].begin(), index.sets()[set].end());
    });
    std::ranges::sort(found);
    EXPECT_EQ(std::ranges::adjacent_find(found), found.end());
    named += found.size();
    for (std::uint32_t place = 0; place < rules.all().size(); ++place) {
      if (!fits(rules.all()[place].heads[0], ends, application)) continue;
      ++fitting;
      EXPECT_TRUE(std::ranges::binary_search(found, place));
    }
  }
  EXPECT_GT(fitting, 0U);
  EXPECT_LT(named, 2'000U * 400 / 2);  // it does narrow down
}

TEST(PatternGroup, APatternIsFoundWhereItStands) {
  std::mt19937 random(8);
  std::vector<std::string> patterns;
  PatternGroupBuilder builder;
  for (std::uint32_t rule = 0; rule < 60; ++rule) {
    std::string& pattern = patterns.emplace_back();
    for (std::size_t length = 1 + random() % 30; length > 0; --length)
      pattern.push_back(std::string_view("\0aB /\xff", 6)[random() % 6]);
  }
  for (std::uint32_t rule = 0; rule < 60; ++rule)
    builder.add(as_bytes(patterns[rule]), rule % 2 == 0, rule);
  const PatternGroup group = builder.build({});
  struct Found final : PatternListener {
    explicit Found(const PatternGroup& of) : group(of) {}
    void on_pattern(std::size_t pattern) override {
      rules.insert(rules.end(), group.rules_of(pattern).begin(), group.rules_of(pattern).end());
    }
    const PatternGroup& group;
    std::vector<std::uint32_t> rules;
  };
  PatternScratch scratch;
  for (std::uint32_t rule = 0; rule < 60; ++rule) {
    Found found(group);
    const std::string data = "zzz" + patterns[rule] + "zzz";
    group.matcher->scan(as_bytes(data), scratch, found);
    EXPECT_NE(std::ranges::find(found.rules, rule), found.rules.end()) << rule;
  }
}

TEST(AddressIndex, RulesOfIpv4AloneAreNoCandidatesForIpv6) {
  const std::vector<Ipv4Range> ranges = {{0x0a000000, 0x0a0000ff}};
  AddressSet some;
  some.v4 = ranges;
  AddressSet any;
  any.any = true;
  std::array<Head, 2> heads;
  heads[0].source = &some;
  heads[0].destination = &any;
  heads[1].source = &any;
  heads[1].destination = &any;
  AddressIndex index;
  Rule rule;
  for (std::uint32_t place = 0; place < heads.size(); ++place) {
    rule.heads = std::span(heads).subspan(place, 1);
    index.add(place, rule);
  }
  index.close();
  const auto of = [&](int version, std::uint8_t first) {
    decode::Packet packet;
    packet.ip_version = static_cast<std::uint8_t>(version);
    packet.source.octets[0] = first;
    std::vector<std::uint32_t> found;
    index.append(packet, found);
    return found;
  };
  EXPECT_EQ(of(4, 10), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(of(4, 11), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(of(6, 10), (std::vector<std::uint32_t>{1}));
  EXPECT_TRUE(of(0, 0).empty());
}

}  // namespace
}  // namespace netmoth::detect
