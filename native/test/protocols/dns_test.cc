#include <gtest/gtest.h>

#include "octets.h"
#include "protocols/dns_message.h"
#include "protocols/dns_parser.h"
#include "protocols/dns_probe.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::from_hex;
using netmoth::testing::Octets;
using netmoth::testing::put;
using netmoth::testing::RecordingSink;

Octets name_octets(std::string_view dotted) {
  Octets out;
  while (!dotted.empty()) {
    const std::size_t dot = std::min(dotted.find('.'), dotted.size());
    out.push_back(static_cast<std::uint8_t>(dot));
    put(out, dotted.substr(0, dot));
    dotted.remove_prefix(std::min(dot + 1, dotted.size()));
  }
  out.push_back(0);
  return out;
}

Octets header(unsigned id, unsigned flags, unsigned qd, unsigned an, unsigned ns, unsigned ar) {
  Octets out;
  for (const unsigned value : {id, flags, qd, an, ns, ar})
    put(out, value, 2);
  return out;
}

Octets question(std::string_view name, unsigned type) {
  Octets out = name_octets(name);
  put(out, type, 2);
  put(out, 1, 2);
  return out;
}

// A record whose owner is the first question's name (a pointer to octet 12).
Octets record(unsigned type, unsigned ttl, const Octets& rdata) {
  Octets out = from_hex("c00c");
  put(out, type, 2);
  put(out, 1, 2);
  put(out, ttl, 4);
  put(out, rdata.size(), 2);
  put(out, rdata);
  return out;
}

Octets query() {
  Octets out = header(0x1234, 0x0100, 1, 0, 0, 0);
  put(out, question("www.example.com", 1));
  return out;
}

Octets response() {
  Octets out = header(0x1234, 0x8180, 1, 6, 1, 1);
  put(out, question("www.example.com", 1));
  put(out, record(5, 300, from_hex("03 66 6f 6f c0 10")));  // CNAME foo.example.com
  put(out, record(1, 60, from_hex("c0000201")));
  put(out, record(28, 60, from_hex("20010db8000000000000000000000001")));
  put(out, record(16, 5, from_hex("0161 02 6262")));
  put(out, record(15, 7, from_hex("000a 04 6d61696c c010")));
  put(out, record(10, 0, from_hex("56 03 c5")));
  Octets soa = from_hex("026e73c010 0a686f73746d6173746572c010");
  for (const unsigned number : {1u, 2u, 3u, 4u, 5u})
    put(soa, number, 4);
  put(out, record(6, 900, soa));
  put(out, from_hex("00 0029 1000 00000000 0000"));  // EDNS without options
  return out;
}

Octets framed(const Octets& message) {
  return netmoth::testing::sized(message, 2);
}

TEST(Dns, WritesAQueryInVersion2) {
  RecordingSink sink;
  DnsParser parser(AppProto::kDns, Transport::kUdp);
  EXPECT_EQ(parser.on_data(Direction::kToServer, query(), 0, sink), Verdict::kMore);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0], R"({"dns":{"type":"query","id":4660,"rrname":"www.example.com",)"
                           R"("rrtype":"A","tx_id":0,"opcode":0}})");
  EXPECT_TRUE(sink.anomalies.empty());
}

TEST(Dns, WritesAnAnswerDetailedAndGrouped) {
  RecordingSink sink;
  DnsParser parser(AppProto::kDns, Transport::kUdp);
  (void)parser.on_data(Direction::kToClient, response(), 0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  const std::string name = R"({"rrname":"www.example.com","rrtype":)";
  EXPECT_EQ(
      sink.lines[0],
      R"({"dns":{"version":2,"type":"answer","id":4660,"flags":"8180","qr":true,"rd":true,)"
      R"("ra":true,"opcode":0,"rrname":"www.example.com","rrtype":"A","rcode":"NOERROR","answers":[)" +
          name + R"("CNAME","ttl":300,"rdata":"foo.example.com"},)" + name +
          R"("A","ttl":60,"rdata":"192.0.2.1"},)" + name +
          R"("AAAA","ttl":60,"rdata":"2001:0db8:0000:0000:0000:0000:0000:0001"},)" + name +
          R"("TXT","ttl":5,"rdata":"a"},)" + name + R"("TXT","ttl":5,"rdata":"bb"},)" + name +
          R"("MX","ttl":7,"rdata":"mail.example.com"},)" + name +
          R"("NULL","ttl":0,"rdata":"V\u0003\\xc5"}],"grouped":{"A":["192.0.2.1"],)"
          R"("AAAA":["2001:0db8:0000:0000:0000:0000:0000:0001"],"CNAME":["foo.example.com"],)"
          R"("MX":["mail.example.com"],"TXT":["a","bb"],"NULL":["V\u0003\\xc5"]},"authorities":[)" +
          name +
          R"("SOA","ttl":900,"soa":{"mname":"ns.example.com","rname":"hostmaster.example.com",)"
          R"("serial":1,"refresh":2,"retry":3,"expire":4,"minimum":5}}]}})");
}

TEST(Dns, WritesVersion3) {
  DnsMessage message;
  const Octets wire = query();
  parse_dns(wire, message);
  message.tx_id = 7;
  std::string line;
  base::JsonWriter json(line);
  json.begin_object();
  output::write_dns_message(json, message);
  json.end_object();
  EXPECT_EQ(line,
            R"({"dns":{"version":3,"type":"request","tx_id":7,"id":4660,"flags":"100",)"
            R"("rd":true,"opcode":0,"rcode":"NOERROR","queries":[{"rrname":"www.example.com",)"
            R"("rrtype":"A"}]}})");
}

TEST(Dns, CountsTransactionsWithinTheFlow) {
  RecordingSink sink;
  DnsParser parser(AppProto::kDns, Transport::kUdp);
  (void)parser.on_data(Direction::kToServer, query(), 0, sink);
  (void)parser.on_data(Direction::kToServer, query(), 0, sink);
  EXPECT_NE(sink.lines[1].find(R"("tx_id":1)"), std::string::npos);
}

TEST(Dns, WritesMdns) {
  RecordingSink sink;
  DnsParser parser(AppProto::kMdns, Transport::kUdp);
  Octets message = header(0, 0x8400, 0, 1, 0, 0);
  put(message, name_octets("_http._tcp.local"));
  put(message, from_hex("000c 8001 00000078 0004 017a c00c"));
  (void)parser.on_data(Direction::kToServer, message, 0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0],
            R"({"mdns":{"type":"response","id":0,"flags":["aa"],"opcode":0,"rcode":0,"answers":[)"
            R"({"rrname":"_http._tcp.local","ptr":"z._http._tcp.local"}]}})");
}

TEST(Dns, NamesAPointerThatPointsAtItself) {
  RecordingSink sink;
  DnsParser parser(AppProto::kDns, Transport::kUdp);
  Octets message = header(1, 0x0100, 1, 0, 0, 0);
  put(message, from_hex("c00c 0001 0001"));
  (void)parser.on_data(Direction::kToServer, message, 0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);  // the name is cut, the rest of the message is told
  EXPECT_EQ(sink.lines[0], R"({"dns":{"type":"query","id":1,"rrname":"","rrname_truncated":true,)"
                           R"("rrtype":"A","tx_id":0,"opcode":0}})");
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"infinite_loop"});
}

TEST(Dns, CutsANameThatGoesInCircles) {
  Octets message = header(1, 0x0100, 1, 0, 0, 0);
  put(message, from_hex("03 777777 c00c 0001 0001"));
  DnsMessage decoded;
  parse_dns(message, decoded);
  EXPECT_EQ(decoded.fault, DnsFault::kNone);
  EXPECT_TRUE(decoded.pointer_loop);
  ASSERT_EQ(decoded.questions.size(), 1u);
  EXPECT_EQ(decoded.questions[0].type, 1);
  EXPECT_EQ(decoded.steps, kMaxNameSteps + 1);
  EXPECT_EQ(looks_like_dns(message, false).certainty, Certainty::kNo);
  EXPECT_EQ(looks_like_dns(message, true).certainty, Certainty::kCertain);
}

TEST(Dns, NamesTooManyLabels) {
  RecordingSink sink;
  DnsParser parser(AppProto::kDns, Transport::kUdp);
  Octets message = header(1, 0x0100, 1, 0, 0, 0);
  for (std::size_t i = 0; i <= kMaxNameSteps; ++i)
    put(message, from_hex("01 61"));
  put(message, from_hex("00 0001 0001"));
  (void)parser.on_data(Direction::kToServer, message, 0, sink);
  EXPECT_TRUE(sink.lines.empty());
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"too_many_labels"});
}

// Records whose names are pointers to pointers to …: what a message costs is bounded by count.
TEST(Dns, BoundsTheStepsOfAMessage) {
  Octets message = header(1, 0x8180, 1, 4000, 0, 0);
  put(message, from_hex("c00c 0001 0001"));
  for (int i = 0; i < 4000; ++i)
    put(message, from_hex("c00c 0002 0001 00000000 0002 c00c"));
  DnsMessage decoded;
  parse_dns(message, decoded);
  EXPECT_EQ(decoded.fault, DnsFault::kAnswers);
  EXPECT_LE(decoded.steps, kMaxMessageSteps + 2 * (kMaxNameSteps + 1));
}

TEST(Dns, SurvivesABitFlippedAtEveryPosition) {
  const Octets whole = response();
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Octets broken = whole;
    broken[bit / 8] = static_cast<std::uint8_t>(broken[bit / 8] ^ 1U << bit % 8);
    RecordingSink sink;
    DnsParser parser(AppProto::kDns, Transport::kUdp);
    EXPECT_EQ(parser.on_data(Direction::kToClient, broken, 0, sink), Verdict::kMore);
    EXPECT_LE(sink.lines.size(), 1u) << bit;
  }
}

TEST(Dns, BoundsNamesThatGrowByPointers) {
  // Each of many records names a chain of labels through pointers: the arena stays bounded.
  Octets message = header(1, 0x8180, 1, 4000, 0, 0);
  Octets labels;
  for (int i = 0; i < 60; ++i) {
    labels.push_back(63);
    labels.insert(labels.end(), 63, 'x');
  }
  labels.push_back(0);
  put(message, labels);
  put(message, from_hex("0001 0001"));
  for (int i = 0; i < 4000; ++i)
    put(message, from_hex("c00c 0001 0001 00000000 0000"));
  DnsMessage decoded;
  parse_dns(message, decoded);
  EXPECT_EQ(decoded.fault, DnsFault::kAnswers);
  EXPECT_LE(decoded.arena.size(), kMaxNameArena + kMaxNameLength);
  EXPECT_TRUE(decoded.questions.at(0).name.truncated);
  EXPECT_EQ(decoded.questions.at(0).name.length, kMaxNameLength);
}

TEST(Dns, BoundsNamesBySizeOfTheMessage) {
  // Small messages may not be blown up: 40 records called by 511 octets each are sound.
  Octets message = header(1, 0x8180, 1, 40, 0, 0);
  for (int i = 0; i < 8; ++i) {
    message.push_back(63);
    message.insert(message.end(), 63, 'x');
  }
  put(message, from_hex("00 0001 0001"));
  for (int i = 0; i < 40; ++i)
    put(message, from_hex("c00c 0001 0001 00000000 0000"));
  DnsMessage decoded;
  parse_dns(message, decoded);
  EXPECT_EQ(decoded.fault, DnsFault::kNone);
  message[7] = 200;
  for (int i = 40; i < 200; ++i)
    put(message, from_hex("c00c 0001 0001 00000000 0000"));
  parse_dns(message, decoded);
  EXPECT_EQ(decoded.fault, DnsFault::kAnswers);
  EXPECT_LE(decoded.arena.size(),
            kNameArenaBase + kNameArenaPerOctet * message.size() + kMaxNameLength);
}

TEST(Dns, SurvivesTruncationAtEveryLength) {
  const Octets whole = response();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    DnsMessage message;
    parse_dns(Bytes(whole).first(length), message);
    EXPECT_NE(message.fault, DnsFault::kNone) << length;
    EXPECT_LE(message.consumed, length);
  }
}

TEST(Dns, TellsTheQuestionOfABrokenAnswer) {
  RecordingSink sink;
  DnsParser parser(AppProto::kDns, Transport::kUdp);
  const Octets whole = response();
  (void)parser.on_data(Direction::kToClient, Bytes(whole).first(60), 0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"malformed_data"});
}

TEST(DnsTcp, ReadsMessagesSplitAnywhere) {
  Octets stream = framed(response());
  put(stream, framed(response()));
  RecordingSink whole;
  DnsParser(AppProto::kDns, Transport::kTcp).on_data(Direction::kToClient, stream, 0, whole);
  ASSERT_EQ(whole.lines.size(), 2u);
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    RecordingSink sink;
    DnsParser parser(AppProto::kDns, Transport::kTcp);
    (void)parser.on_data(Direction::kToClient, Bytes(stream).first(cut), 0, sink);
    (void)parser.on_data(Direction::kToClient, Bytes(stream).subspan(cut), 0, sink);
    ASSERT_EQ(sink.lines, whole.lines) << cut;
  }
  RecordingSink sink;
  DnsParser parser(AppProto::kDns, Transport::kTcp);
  for (const std::uint8_t& octet : stream) {
    (void)parser.on_data(Direction::kToClient, {&octet, 1}, 0, sink);
  }
  EXPECT_EQ(sink.lines, whole.lines);
}

TEST(DnsTcp, FindsTheNextMessageAfterAGap) {
  const Octets message = framed(response());
  RecordingSink sink;
  DnsParser parser(AppProto::kDns, Transport::kTcp);
  (void)parser.on_data(Direction::kToClient, Bytes(message).first(40), 0, sink);
  (void)parser.on_gap(Direction::kToClient, 1000, sink);
  (void)parser.on_data(Direction::kToClient, Bytes(message).subspan(30), 0, sink);
  EXPECT_TRUE(sink.lines.empty());
  (void)parser.on_data(Direction::kToClient, message, 0, sink);
  EXPECT_EQ(sink.lines.size(), 1u);
}

TEST(DnsProbe, KnowsQueriesAndResponses) {
  const DnsLook asked = looks_like_dns(query(), false);
  EXPECT_EQ(asked.certainty, Certainty::kCertain);
  EXPECT_FALSE(asked.is_response);
  const DnsLook answered = looks_like_dns(response(), false);
  EXPECT_EQ(answered.certainty, Certainty::kCertain);
  EXPECT_TRUE(answered.is_response);
}

TEST(DnsProbe, RefusesWhatOnlyResemblesIt) {
  Octets trailing = query();
  trailing.push_back(0);
  EXPECT_EQ(looks_like_dns(trailing, false).certainty, Certainty::kNo);
  const Octets zeros(64, 0);
  EXPECT_EQ(looks_like_dns(zeros, true).certainty, Certainty::kNo);
  Octets netbios = header(0x1234, 0x0110, 1, 0, 0, 0);
  put(netbios, from_hex("20"));
  put(netbios, std::string_view("CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
  put(netbios, from_hex("00 0021 0001"));
  EXPECT_EQ(looks_like_dns(netbios, false).certainty, Certainty::kNo);
}

TEST(DnsProbe, StreamsStayUnsureUntilTheMessageIsWhole) {
  const Octets stream = framed(query());
  for (std::size_t length = 0; length < stream.size(); ++length) {
    EXPECT_EQ(looks_like_dns_stream(Bytes(stream).first(length), false).certainty,
              Certainty::kUnsure)
        << length;
  }
  EXPECT_EQ(looks_like_dns_stream(stream, false).certainty, Certainty::kCertain);
}

}  // namespace
}  // namespace netmoth::protocols
