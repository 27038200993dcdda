#include <gtest/gtest.h>

#include "ber_builder.h"
#include "octets.h"
#include "protocols/snmp_message.h"
#include "protocols/snmp_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::from_hex;
using netmoth::testing::integer;
using netmoth::testing::item;
using netmoth::testing::Octets;
using netmoth::testing::operator+;
using netmoth::testing::put;
using netmoth::testing::RecordingSink;

constexpr auto kUp = Direction::kToServer;

Octets octets(std::string_view text) {
  return item(4, Octets(text.begin(), text.end()));
}
// 1.3.6.1.2.1.1.3.0 = NULL
Octets up_time() {
  return item(0x30, from_hex("06 08 2b06010201010300 05 00"));
}
Octets pdu(unsigned tag, unsigned error = 0, const Octets& vars = up_time()) {
  return item(tag, integer(42) + integer(error) + integer(0) + item(0x30, vars));
}
Octets message(unsigned version, const Octets& body, std::string_view community = "public") {
  return item(0x30, integer(version) + octets(community) + body);
}
Octets message_v3(const Octets& data, unsigned model = 3) {
  const Octets header =
      item(0x30, integer(1) + item(2, from_hex("00ffe3")) + item(4, {4}) + integer(model));
  const Octets user = item(
      0x30, octets("engine") + integer(1) + integer(2) + octets("pippo") + octets("") + octets(""));
  return item(0x30, integer(3) + header + item(4, user) + data);
}

std::string told(const Octets& wire) {
  RecordingSink sink;
  SnmpParser parser;
  EXPECT_EQ(parser.on_data(kUp, wire, 0, sink), Verdict::kMore);
  EXPECT_TRUE(sink.anomalies.empty());
  return sink.lines.empty() ? std::string() : sink.lines[0];
}

TEST(Snmp, WritesARequestOfVersion1) {
  EXPECT_EQ(told(message(0, pdu(0xa1))),
            R"({"snmp":{"version":1,"pdu_type":"get_next_request","vars":["1.3.6.1.2.1.1.3.0"],)"
            R"("community":"public"}})");
}

TEST(Snmp, WritesAnErrorOfVersion2) {
  EXPECT_EQ(told(message(1, pdu(0xa2, 2))),
            R"({"snmp":{"version":2,"pdu_type":"response","error":"NoSuchName",)"
            R"("vars":["1.3.6.1.2.1.1.3.0"],"community":"public"}})");
  EXPECT_EQ(told(message(1, pdu(0xa2, 77, {}))),
            R"x({"snmp":{"version":2,"pdu_type":"response","error":"Unknown(77)",)x"
            R"("community":"public"}})");
}

TEST(Snmp, TheNumbersOfABulkRequestAreNoError) {
  EXPECT_EQ(told(message(1, pdu(0xa5, 10, {}), "")),
            R"({"snmp":{"version":2,"pdu_type":"get_bulk_request","community":""}})");
}

TEST(Snmp, WritesATrapOfVersion1) {
  const Octets trap =
      item(0xa4, from_hex("06 06 2b0601040104 40 04 c0000201 02 01 06 02 01 01 43 01 2a") +
                     item(0x30, up_time() + up_time()));
  EXPECT_EQ(told(message(0, trap)),
            R"({"snmp":{"version":1,"pdu_type":"trap_v1","trap_type":"EnterpriseSpecific",)"
            R"("trap_oid":"1.3.6.1.4.1.4","trap_address":"192.0.2.1",)"
            R"("vars":["1.3.6.1.2.1.1.3.0","1.3.6.1.2.1.1.3.0"],"community":"public"}})");
}

TEST(Snmp, WritesVersion3InTheClearAndEncrypted) {
  const Octets scoped = item(0x30, octets("engine") + octets("") + pdu(0xa8));
  EXPECT_EQ(told(message_v3(scoped)),
            R"({"snmp":{"version":3,"pdu_type":"report","vars":["1.3.6.1.2.1.1.3.0"],)"
            R"("usm":"pippo"}})");
  EXPECT_EQ(told(message_v3(octets("secret"))),
            R"({"snmp":{"version":3,"pdu_type":"encrypted","usm":"pippo"}})");
}

TEST(Snmp, WritesIdentifiersOfLargeArcs) {
  // 2.999.4294967295 and one that is cut inside its last arc
  const Octets vars = item(0x30, from_hex("06 07 8837 8fffffff7f 05 00")) +
                      item(0x30, from_hex("06 03 2b 06 81 05 00"));
  EXPECT_NE(told(message(1, pdu(0xa0, 0, vars))).find(R"("vars":["2.999.4294967295","1.3.6"])"),
            std::string::npos);
}

TEST(Snmp, KeepsABoundedNumberOfVariables) {
  Octets vars;
  for (std::size_t i = 0; i < 2 * kMaxSnmpVars; ++i)
    put(vars, up_time());
  SnmpMessage decoded;
  const Octets wire = message(1, pdu(0xa2, 0, vars));
  ASSERT_TRUE(parse_snmp(wire, decoded));
  EXPECT_TRUE(decoded.sound);
  EXPECT_EQ(decoded.var_count, kMaxSnmpVars);
}

TEST(Snmp, NamesWhatIsWrong) {
  RecordingSink sink;
  SnmpParser parser;
  (void)parser.on_data(kUp, message(0, pdu(0xa0)), 0, sink);
  (void)parser.on_data(kUp, message(1, pdu(0xa0)), 0, sink);
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"version_mismatch"});
  SnmpParser other;
  (void)other.on_data(kUp, message_v3(octets("secret"), 7), 0, sink);
  EXPECT_EQ(sink.anomalies.back(), "unknown_security_model");
  (void)other.on_data(kUp, from_hex("ff"), 0, sink);
  EXPECT_EQ(sink.anomalies.back(), "malformed_data");
  EXPECT_EQ(sink.lines.size(), 3u);
}

TEST(Snmp, NamesWhatIsCut) {
  const Octets whole = message(1, pdu(0xa2));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    RecordingSink sink;
    SnmpParser parser;
    (void)parser.on_data(kUp, Bytes(whole).first(length), 0, sink);
    EXPECT_EQ(sink.anomalies, std::vector<std::string>{"malformed_data"}) << length;
  }
}

TEST(SnmpProbe, AwayFromItsPortTheMessageMustBeWhole) {
  const Octets whole = message(1, pdu(0xa2));
  const auto look = [](Bytes data, std::uint16_t port) {
    return probe({Transport::kUdp, 50'000, port, Direction::kToClient, data});
  };
  EXPECT_EQ(look(whole, 4000).proto, AppProto::kSnmp);
  EXPECT_FALSE(look(whole, 4000).reversed);
  Octets longer = whole;
  longer.push_back(0);
  EXPECT_NE(look(longer, 4000).proto, AppProto::kSnmp);
  EXPECT_EQ(look(longer, 161).proto, AppProto::kSnmp);
  // Scanners ask name servers in other tongues; the flow stays open for what DNS follows.
  EXPECT_NE(look(whole, 53).proto, AppProto::kSnmp);
}

}  // namespace
}  // namespace netmoth::protocols
