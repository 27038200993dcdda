// Reverse names and names as they are kept.
#include "correlate/dns_learn.h"

#include <gtest/gtest.h>

#include <string>

#include "testing/dns_builder.h"

namespace netmoth::correlate {
namespace {

using testing::address;

constexpr std::string_view kReverse6 =
    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.IP6.ARPA";  // RFC 3596 §2.5

TEST(ReverseName, OfBothFamilies) {
  Host found;
  ASSERT_TRUE(parse_reverse_name("10.2.0.192.in-addr.ARPA.", found));
  EXPECT_EQ(found, (Host{address("192.0.2.10"), 4}));
  ASSERT_TRUE(parse_reverse_name(kReverse6, found));
  EXPECT_EQ(found, (Host{address("4321:0:1:2:3:4:567:89ab"), 6}));
}

TEST(ReverseName, NothingElse) {
  for (const char* name :
       {"", ".", "in-addr.arpa", ".in-addr.arpa", "2.0.192.in-addr.arpa",
        "256.2.0.192.in-addr.arpa", "1.10.2.0.192.in-addr.arpa", "1-.2.0.192.in-addr.arpa",
        "0x1.2.0.192.in-addr.arpa", "+1.2.0.192.in-addr.arpa", "0001.2.0.192.in-addr.arpa",
        "10..0.192.in-addr.arpa", "10.2.0.192.in-addr.arpa.example", "10.2.0.192", "ip6.arpa",
        "1.ip6.arpa"}) {
    Host found;
    EXPECT_FALSE(parse_reverse_name(name, found)) << name;
  }
  for (std::size_t cut = 1; cut < kReverse6.size(); ++cut) {
    Host found;
    EXPECT_FALSE(parse_reverse_name(kReverse6.substr(cut), found)) << cut;
    EXPECT_FALSE(parse_reverse_name(kReverse6.substr(0, cut), found)) << cut;
  }
}

TEST(LowerName, IsBoundedTextInLowerCase) {
  EXPECT_EQ(LowerName("WwW.Example-1.COM.").view(), "www.example-1.com");
  EXPECT_EQ(LowerName("").view(), "");
  EXPECT_EQ(LowerName(".").view(), "");
  EXPECT_EQ(LowerName(std::string_view("a\0b", 3)).view(), "");
  EXPECT_EQ(LowerName("two words").view(), "");
  EXPECT_EQ(LowerName(std::string(253, 'a')).view().size(), 253U);
  EXPECT_EQ(LowerName(std::string(254, 'a')).view(), "");
}

// Every cut and every single flipped bit of an answer: survived, and never more learnt than it
// says.
TEST(LearnFrom, BrokenAnswersAreSurvived) {
  using namespace testing;
  const Buffer whole =
      dns_answer({"www.example.com"},
                 {cname("www.example.com", "edge.example.net", 60),
                  a("edge.example.net", "192.0.2.1", 60), a("edge.example.net", "192.0.2.2", 60)});
  DnsCache cache(1024, 1);
  protocols::DnsMessage message;
  const auto play = [&](const Buffer& wire) {
    const std::uint64_t before = cache.counters().answers;
    protocols::parse_dns(wire, message);
    learn_from(message, {address("10.0.0.1"), 4}, 1, cache);
    return cache.counters().answers - before;
  };
  EXPECT_EQ(play(whole), 2U);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_LE(play({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}), 1U) << size;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Buffer flipped = whole;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1U << bit % 8);
    EXPECT_LE(play(flipped), 2U) << bit;
  }
}

TEST(LearnFrom, AliasesInACircleEnd) {
  using namespace testing;
  const Buffer wire = dns_answer(
      {"a.example"}, {cname("a.example", "b.example", 60), cname("b.example", "a.example", 60),
                      a("b.example", "192.0.2.1", 60)});
  DnsCache cache(1024, 1);
  protocols::DnsMessage message;
  protocols::parse_dns(wire, message);
  learn_from(message, {address("10.0.0.1"), 4}, 1, cache);
  EXPECT_EQ(cache.counters().answers, 1U);
}

}  // namespace
}  // namespace netmoth::correlate
