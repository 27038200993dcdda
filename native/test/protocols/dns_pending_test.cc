// Which answer belongs to which question, and what becomes of questions without one.
#include "protocols/dns_pending.h"

#include <gtest/gtest.h>

#include "octets.h"
#include "protocols/dns_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::from_hex;
using netmoth::testing::Octets;
using netmoth::testing::put;
using netmoth::testing::RecordingSink;

constexpr TimestampNs kMillisecond = 1'000'000;
constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;

// `name` of one label; no question where it is empty.
Octets message(unsigned id, unsigned flags, std::string_view name, unsigned type = 1) {
  Octets out;
  const unsigned questions = name.empty() ? 0 : 1;
  for (const unsigned value : {id, flags, questions, 0u, 0u, 0u})
    put(out, value, 2);
  if (name.empty()) return out;
  out.push_back(static_cast<std::uint8_t>(name.size()));
  put(out, name);
  out.push_back(0);
  put(out, type, 2);
  put(out, 1, 2);
  return out;
}

constexpr unsigned kQuery = 0x0100;
constexpr unsigned kAnswer = 0x8180;
constexpr unsigned kRefused = 0x8185;

class DnsMatching : public ::testing::Test {
 protected:
  DnsParser parser{AppProto::kDns, Transport::kUdp};
  RecordingSink sink;

  void send(Direction direction, const Octets& data, TimestampNs at) {
    (void)parser.on_data(direction, data, at, sink);
  }
  // What stands under `netmoth` of the last record.
  std::string last() { return sink.netmoth.empty() ? "" : sink.netmoth.back(); }
};

TEST_F(DnsMatching, AnAnswerTellsHowLongItTook) {
  send(kUp, message(7, kQuery, "a"), 0);
  EXPECT_EQ(last(), "{}");
  send(kDown, message(7, kAnswer, "a"), 25 * kMillisecond + 999);
  EXPECT_EQ(last(), R"({"response_time_us":25000})");
}

TEST_F(DnsMatching, CaseOfLettersMakesNoDifference) {
  send(kUp, message(7, kQuery, "WwW"), 0);
  send(kDown, message(7, kAnswer, "wWw"), kMillisecond);
  EXPECT_EQ(last(), R"({"response_time_us":1000})");
}

TEST_F(DnsMatching, IdAndQuestionMustBothFit) {
  send(kUp, message(7, kQuery, "a"), 0);
  for (const Octets& other :
       {message(8, kAnswer, "a"), message(7, kAnswer, "b"), message(7, kAnswer, "a", 28)}) {
    send(kDown, other, kMillisecond);
    EXPECT_EQ(last(), R"({"unsolicited":true})");
  }
  send(kDown, message(7, kAnswer, "a"), 2 * kMillisecond);
  EXPECT_EQ(last(), R"({"response_time_us":2000})");
}

TEST_F(DnsMatching, AnErrorWithoutItsQuestionFitsById) {
  send(kUp, message(7, kQuery, "a"), 0);
  send(kDown, message(7, kRefused, ""), kMillisecond);
  EXPECT_EQ(last(), R"({"response_time_us":1000})");
}

TEST_F(DnsMatching, TwoQuestionsOfOneIdGetTheirOwnAnswers) {
  send(kUp, message(7, kQuery, "a"), 0);
  send(kUp, message(7, kQuery, "a", 28), 10 * kMillisecond);
  send(kDown, message(7, kAnswer, "a", 28), 11 * kMillisecond);
  EXPECT_EQ(last(), R"({"response_time_us":1000})");
  send(kDown, message(7, kAnswer, "a"), 12 * kMillisecond);
  EXPECT_EQ(last(), R"({"response_time_us":12000})");
}

TEST_F(DnsMatching, ARepeatedQuestionWaitsSinceTheFirst) {
  send(kUp, message(7, kQuery, "a"), 0);
  send(kUp, message(7, kQuery, "a"), 5 * kMillisecond);
  send(kDown, message(7, kAnswer, "a"), 6 * kMillisecond);
  EXPECT_EQ(last(), R"({"response_time_us":6000})");
  send(kDown, message(7, kAnswer, "a"), 7 * kMillisecond);
  EXPECT_EQ(last(), R"({"response_time_us":2000})");
  send(kDown, message(7, kAnswer, "a"), 8 * kMillisecond);
  EXPECT_EQ(last(), R"({"unsolicited":true})");
}

TEST_F(DnsMatching, AnAnswerAfterTheLifetimeIsUnsolicited) {
  send(kUp, message(7, kQuery, "a"), 0);
  send(kDown, message(7, kAnswer, "a"), DnsPending::kLifetimeNs + 1);
  EXPECT_EQ(last(), R"({"unsolicited":true})");
}

TEST_F(DnsMatching, AZoneTransferIsAnsweredByManyMessages) {
  constexpr unsigned kAxfr = 252;
  send(kUp, message(7, kQuery, "a", kAxfr), 0);
  send(kDown, message(7, kAnswer, "a", kAxfr), kMillisecond);
  send(kDown, message(7, kAnswer, ""), 2 * kMillisecond);
  EXPECT_EQ(last(), R"({"response_time_us":2000})");
}

TEST_F(DnsMatching, WhatComesTheWrongWayIsNamed) {
  send(kUp, message(7, kAnswer, "a"), 0);
  send(kDown, message(8, kQuery, "a"), 0);
  EXPECT_EQ(sink.anomalies, (std::vector<std::string>{"not_request", "not_response"}));
  EXPECT_EQ(sink.lines.size(), 2u);
}

TEST_F(DnsMatching, MulticastDnsIsNotMatched) {
  DnsParser multicast(AppProto::kMdns, Transport::kUdp);
  (void)multicast.on_data(kUp, message(0, 0x8400, "a"), 0, sink);
  EXPECT_EQ(last(), "{}");
  EXPECT_TRUE(sink.anomalies.empty());
}

TEST_F(DnsMatching, AFloodOfQuestionsIsBoundedAndNamedOnce) {
  for (unsigned i = 0; i < 3 * DnsPending::kMaxPending; ++i)
    send(kUp, message(i, kQuery, "a"), TimestampNs{i});
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"flooded"});
  send(kDown, message(2 * DnsPending::kMaxPending - 1, kAnswer, "a"), kMillisecond);
  EXPECT_EQ(last(), R"({"unsolicited":true})");  // it had to go
  send(kDown, message(2 * DnsPending::kMaxPending, kAnswer, "a"), kMillisecond);
  EXPECT_EQ(last(), R"({"response_time_us":999})");
}

TEST(DnsPending, HoldsNoMoreThanItsBound) {
  DnsPending pending;
  DnsMessage query;
  for (unsigned i = 0; i < 2 * DnsPending::kMaxPending; ++i) {
    const Octets wire = message(i, kQuery, "a");
    parse_dns(wire, query);
    EXPECT_EQ(pending.add(query, i), i < DnsPending::kMaxPending);
  }
  EXPECT_EQ(pending.size(), DnsPending::kMaxPending);
}

TEST(Llmnr, IsToldAsMdns) {
  const auto parser = make_parser(AppProto::kLlmnr, Transport::kUdp);
  RecordingSink sink;
  (void)parser->on_data(kUp, message(7, 0, "wpad"), 0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0], R"({"mdns":{"type":"request","id":7,"opcode":0,"rcode":0,)"
                           R"("queries":[{"rrname":"wpad","rrtype":"a"}]}})");
}

}  // namespace
}  // namespace netmoth::protocols
