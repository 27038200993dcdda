#include <gtest/gtest.h>

#include "octets.h"
#include "protocols/dhcp_message.h"
#include "protocols/dhcp_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::from_hex;
using netmoth::testing::Octets;
using netmoth::testing::put;
using netmoth::testing::RecordingSink;

Octets message(unsigned opcode, std::string_view options, std::string_view server_name = "",
               std::string_view file = "") {
  Octets out = from_hex("00 01 06 00 11223344 0000 0000");
  out[0] = static_cast<std::uint8_t>(opcode);
  put(out, from_hex("0a100104 0a100105 0a100101 00000000"));
  put(out, from_hex("00113217 49f0 00000000000000000000"));
  Octets field = from_hex(server_name);
  field.resize(64, 0);
  put(out, field);
  field = from_hex(file);
  field.resize(128, 0);
  put(out, field);
  put(out, from_hex("63825363"));
  put(out, from_hex(options));
  return out;
}

TEST(Dhcp, WritesARequest) {
  RecordingSink sink;
  DhcpParser parser;
  (void)parser.on_data(Direction::kToServer,
                       message(1,
                               "350103 3204 0a100105 3d07 01 0011321749f0 37 04 01030f2a"
                               "0c05 6e61733100 3c04 4d534654 ff"),
                       0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0],
            R"({"dhcp":{"type":"request","id":287454020,"client_mac":"00:11:32:17:49:f0",)"
            R"("assigned_ip":"10.16.1.5","client_ip":"10.16.1.4","dhcp_type":"request",)"
            R"("requested_ip":"10.16.1.5","client_id":"00:11:32:17:49:f0",)"
            R"("params":["subnet_mask","router","domain","ntp_server"],"hostname":"nas1\u0000",)"
            R"("vendor_class_identifier":"MSFT"}})");
}

TEST(Dhcp, WritesAReply) {
  RecordingSink sink;
  DhcpParser parser;
  (void)parser.on_data(Direction::kToClient,
                       message(2,
                               "350105 0104 ffff0000 0304 0a100101 0608 0a100101 08080808"
                               "3304 00000e10 3a04 00000708 3b04 00000c4e ff"),
                       0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0],
            R"({"dhcp":{"type":"reply","id":287454020,"client_mac":"00:11:32:17:49:f0",)"
            R"("assigned_ip":"10.16.1.5","client_ip":"10.16.1.4","relay_ip":"0.0.0.0",)"
            R"("next_server_ip":"10.16.1.1","dhcp_type":"ack","subnet_mask":"255.255.0.0",)"
            R"("routers":["10.16.1.1"],"dns_servers":["10.16.1.1","8.8.8.8"],"lease_time":3600,)"
            R"("renewal_time":1800,"rebinding_time":3150}})");
}

TEST(Dhcp, FollowsTheOverloadOption) {
  RecordingSink sink;
  DhcpParser parser;
  (void)parser.on_data(Direction::kToClient,
                       message(2, "350102 340103 ff", "0304 0a640002 ff", "0604 0a640001 ff"), 0,
                       sink);
  EXPECT_NE(sink.lines.at(0).find(R"("dns_servers":["10.100.0.1"],"routers":["10.100.0.2"])"),
            std::string::npos);
  EXPECT_TRUE(sink.anomalies.empty());
}

TEST(Dhcp, NamesWhatIsCut) {
  const Octets whole = message(1, "350103 3204 0a100105 ff");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    RecordingSink sink;
    DhcpParser parser;
    (void)parser.on_data(Direction::kToServer, Bytes(whole).first(length), 0, sink);
    ASSERT_EQ(sink.anomalies.size(), 1u) << length;
    EXPECT_EQ(sink.anomalies[0], length < 240 ? "malformed_options" : "truncated_options");
  }
}

}  // namespace
}  // namespace netmoth::protocols
