#include <gtest/gtest.h>

#include "octets.h"
#include "protocols/dhcpv6_message.h"
#include "protocols/dhcpv6_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::from_hex;
using netmoth::testing::Octets;
using netmoth::testing::put;
using netmoth::testing::RecordingSink;

constexpr auto kUp = Direction::kToServer;

Octets option(unsigned code, const Octets& data) {
  Octets out;
  put(out, code, 2);
  put(out, data.size(), 2);
  put(out, data);
  return out;
}
Octets operator+(Octets left, const Octets& right) {
  put(left, right);
  return left;
}

const Octets kClient = option(1, from_hex("0001 0001 1c38262d 080027fe8f95"));
const Octets kServer = option(2, from_hex("0003 0001 080027d410bb"));
const Octets kAddress = from_hex("20010db8000000000000000000000123");

Octets solicit() {
  return from_hex("01 10 08 74") + kClient + option(6, from_hex("0017 0018")) +
         option(8, from_hex("0064")) + option(14, {}) +
         option(39, from_hex("00 03 6e6173 07 6578616d706c65 00")) +
         option(16, from_hex("00000137 0004 4d534654")) +
         option(3, from_hex("27fe8f95 00000e10 00001518")) +
         option(25, from_hex("00000001 00000000 00000000"));
}

Octets reply() {
  const Octets lease = option(5, kAddress + from_hex("00001194 00001c20"));
  const Octets prefix = option(26, from_hex("00000064 000000c8 38") + kAddress);
  const Octets none = option(13, from_hex("0002") + from_hex("6e6f6e65"));
  return from_hex("07 10 08 74") + kClient + kServer +
         option(3, from_hex("00000001 00000e10 00001518") + lease) +
         option(3, from_hex("00000002 00000000 00000000") + none) +
         option(25, from_hex("00000003 00000001 00000002") + prefix) +
         option(23, kAddress + kAddress) + option(24, from_hex("03 6c616e 00 01 61 01 62 00")) +
         option(13, from_hex("0000"));
}

Octets relayed(unsigned type, unsigned hops, const Octets& inner) {
  return Octets{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(hops)} + kAddress +
         kAddress + option(18, from_hex("6574")) + option(79, from_hex("0001 080027fe8f95")) +
         option(9, inner);
}

std::string told(const Octets& wire) {
  RecordingSink sink;
  Dhcpv6Parser parser;
  EXPECT_EQ(parser.on_data(kUp, wire, 0, sink), Verdict::kMore);
  EXPECT_TRUE(sink.anomalies.empty());
  return sink.lines.empty() ? std::string() : sink.lines[0];
}

TEST(Dhcpv6, WritesASolicitation) {
  EXPECT_EQ(told(solicit()),
            R"({"dhcpv6":{"type":"solicit","id":1050740,)"
            R"("client_duid":"00:01:00:01:1c:38:26:2d:08:00:27:fe:8f:95",)"
            R"("client_mac":"08:00:27:fe:8f:95","hostname":"nas.example","elapsed_ms":1000,)"
            R"("rapid_commit":true,"requested_options":[23,24],"vendor_enterprise":311,)"
            R"("vendor_class_identifier":"MSFT",)"
            R"("ia_na":[{"iaid":670994325,"renewal_time":3600,"rebinding_time":5400}],)"
            R"("ia_pd":[{"iaid":1,"renewal_time":0,"rebinding_time":0}]}})");
}

TEST(Dhcpv6, WritesAReply) {
  const std::string address = R"("2001:0db8:0000:0000:0000:0000:0000:0123")";
  EXPECT_EQ(told(reply()),
            R"({"dhcpv6":{"type":"reply","id":1050740,)"
            R"("client_duid":"00:01:00:01:1c:38:26:2d:08:00:27:fe:8f:95",)"
            R"("client_mac":"08:00:27:fe:8f:95","server_duid":"00:03:00:01:08:00:27:d4:10:bb",)"
            R"("ia_na":[{"iaid":1,"renewal_time":3600,"rebinding_time":5400,"addresses":[)"
            R"({"address":)" +
                address +
                R"(,"preferred_lifetime":4500,"valid_lifetime":7200}]},)"
                R"({"iaid":2,"renewal_time":0,"rebinding_time":0,"status_code":2,)"
                R"("status_message":"none"}],)"
                R"("ia_pd":[{"iaid":3,"renewal_time":1,"rebinding_time":2,"prefixes":[)"
                R"({"preferred_lifetime":100,"valid_lifetime":200,"length":56,"prefix":)" +
                address + R"(}]}],"dns_servers":[)" + address + "," + address +
                R"(],"domain_search":["lan","a.b"],"status_code":0}})");
}

TEST(Dhcpv6, UnwrapsRelays) {
  const std::string line = told(relayed(12, 1, relayed(12, 0, solicit())));
  EXPECT_TRUE(line.starts_with(R"({"dhcpv6":{"type":"solicit","id":1050740,)"));
  const std::string relay = R"("link_address":"2001:0db8:0000:0000:0000:0000:0000:0123",)"
                            R"("peer_address":"2001:0db8:0000:0000:0000:0000:0000:0123",)"
                            R"("interface_id":"65:74","client_mac":"08:00:27:fe:8f:95"})";
  EXPECT_TRUE(line.ends_with(R"("relays":[{"hop_count":1,)" + relay + R"(,{"hop_count":0,)" +
                             relay + "]}}"))
      << line;
}

TEST(Dhcpv6, BoundsRelays) {
  Octets wire = solicit();
  for (unsigned i = 0; i < kMaxDhcpv6Relays; ++i)
    wire = relayed(12, i, wire);
  Dhcpv6Message message;
  ASSERT_TRUE(parse_dhcpv6(wire, message));
  EXPECT_EQ(message.type, 1);
  EXPECT_EQ(message.relay_count, kMaxDhcpv6Relays);
  const Octets deeper = relayed(12, 8, wire);
  RecordingSink sink;
  Dhcpv6Parser parser;
  (void)parser.on_data(kUp, deeper, 0, sink);
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"too_many_relays"});
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_TRUE(sink.lines[0].starts_with(R"({"dhcpv6":{"type":"relay_forward",)"));
}

TEST(Dhcpv6, NamesWhatIsCut) {
  for (const Octets& whole : {reply(), relayed(13, 0, reply())}) {
    std::size_t sound = 0;  // cut between two options
    for (std::size_t length = 0; length < whole.size(); ++length) {
      RecordingSink sink;
      Dhcpv6Parser parser;
      (void)parser.on_data(kUp, Bytes(whole).first(length), 0, sink);
      if (sink.anomalies.empty()) {
        ++sound;
        continue;
      }
      ASSERT_EQ(sink.anomalies.size(), 1u) << length;
      EXPECT_EQ(sink.anomalies[0], sink.lines.empty() ? "malformed_data" : "truncated_options");
    }
    EXPECT_LE(sound, 8u);
  }
}

TEST(Dhcpv6, IgnoresOptionsThatAreTooShort) {
  EXPECT_EQ(told(from_hex("07 000001") + option(1, {}) + option(8, {1}) + option(13, {}) +
                 option(16, {}) + option(3, {1}) + option(25, {})),
            R"({"dhcpv6":{"type":"reply","id":1,"client_duid":"",)"
            R"("ia_na":[{"iaid":0,"renewal_time":0,"rebinding_time":0}],)"
            R"("ia_pd":[{"iaid":0,"renewal_time":0,"rebinding_time":0}]}})");
}

TEST(Dhcpv6Probe, KnowsWhoSpeaks) {
  const auto look = [](Bytes data) { return probe({Transport::kUdp, 546, 547, kUp, data}); };
  EXPECT_EQ(look(solicit()).proto, AppProto::kDhcpV6);
  EXPECT_FALSE(look(solicit()).reversed);
  EXPECT_TRUE(look(reply()).reversed);
  EXPECT_TRUE(look(relayed(13, 0, reply())).reversed);
  EXPECT_EQ(look(from_hex("0e 000001")).proto, AppProto::kUnknown);
}

}  // namespace
}  // namespace netmoth::protocols
