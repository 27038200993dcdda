// The members that all events share: where a packet came from, tunnels around it, MAC addresses.
#include <gtest/gtest.h>

#include "recorded_worker.h"

namespace netmoth::pipeline {
namespace {

using namespace testing;

const std::string kClient = "10.0.0.1";
const std::string kServer = "10.0.0.2";

bool has(const std::string& line, std::string_view part) {
  return line.find(part) != std::string::npos;
}

Buffer dns_question() {
  return from_hex("1234 0100 0001 0000 0000 0000 01 61 02 6e 6c 00 0001 0001");
}

Buffer question() {
  return ipv4(kClient, kServer, udp(5000, 53, dns_question()));
}

Buffer reply() {
  Buffer message = dns_question();
  message[2] = 0x81;
  message[3] = 0x80;
  return ipv4(kServer, kClient, udp(53, 5000, message));
}

TEST(EventHeader, PacketEventsSayWherePacketsCameFrom) {
  RecordedWorker run;
  run.frame(ethernet(question()));
  const auto dns = run.events("dns");
  ASSERT_EQ(dns.size(), 1U);
  EXPECT_TRUE(has(dns[0], "\"pkt_src\":\"wire/pcap\""));
  EXPECT_FALSE(has(dns[0], "\"tunnel\""));
  EXPECT_FALSE(has(dns[0], "\"ether\""));
  const auto flows = run.events("flow");
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_FALSE(has(flows[0], "pkt_src"));
  EXPECT_FALSE(has(flows[0], "\"tunnel\""));
}

TEST(EventHeader, TunnelledEventsTellTheTunnel) {
  RecordedWorker run;
  const Buffer vxlan = from_hex("08000000 00000100");
  run.frame(
      ethernet(ipv4("192.0.2.1", "192.0.2.2", udp(40000, 4789, vxlan + ethernet(question())))));
  run.frame(ethernet(ipv4("192.0.2.2", "192.0.2.1", udp(40001, 4789, vxlan + ethernet(reply())))));
  const auto dns = run.events("dns");
  ASSERT_EQ(dns.size(), 2U);
  EXPECT_TRUE(has(dns[0], "\"pkt_src\":\"vxlan encapsulation\""));
  EXPECT_TRUE(has(dns[0],
                  "\"tunnel\":{\"src_ip\":\"192.0.2.1\",\"src_port\":40000,"
                  "\"dest_ip\":\"192.0.2.2\",\"dest_port\":4789,\"proto\":\"UDP\",\"depth\":1,"
                  "\"pcap_cnt\":1,\"pkt_src\":\"wire/pcap\"}"));
  // The answer is told from client to server, its tunnel too.
  EXPECT_TRUE(has(dns[1],
                  "\"tunnel\":{\"src_ip\":\"192.0.2.1\",\"src_port\":4789,"
                  "\"dest_ip\":\"192.0.2.2\",\"dest_port\":40001,\"proto\":\"UDP\",\"depth\":1,"
                  "\"pcap_cnt\":2,"));
  const auto inner = run.lines({"\"event_type\":\"flow\"", "\"src_ip\":\"10.0.0.1\""});
  ASSERT_EQ(inner.size(), 1U);
  EXPECT_TRUE(has(inner[0],
                  "\"tunnel\":{\"src_ip\":\"192.0.2.1\",\"src_port\":40000,"
                  "\"dest_ip\":\"192.0.2.2\",\"dest_port\":4789,"));
  // The link layer within the tunnel counts, that around it does not.
  EXPECT_TRUE(has(inner[0], "\"bytes_toserver\":" + std::to_string(14 + question().size())));
  const auto outer = run.lines({"\"event_type\":\"flow\"", "\"src_port\":40000,\"dest_ip\""});
  for (const std::string& line : outer) {
    if (!has(line, "\"src_ip\":\"10.0.0.1\"")) EXPECT_FALSE(has(line, "\"tunnel\""));
  }
}

TEST(EventHeader, NestedTunnelsTellTheOutermostAndTheirDepth) {
  RecordedWorker run;
  const Buffer middle = ipv4("198.51.100.1", "198.51.100.2", other(4, question()));
  run.frame(ethernet(ipv4("192.0.2.1", "192.0.2.2", other(47, from_hex("0000 0800") + middle))));
  const auto dns = run.events("dns");
  ASSERT_EQ(dns.size(), 1U);
  EXPECT_TRUE(has(dns[0], "\"pkt_src\":\"ipv4 tunnel\""));
  EXPECT_TRUE(has(dns[0],
                  "\"tunnel\":{\"src_ip\":\"192.0.2.1\",\"src_port\":0,\"dest_ip\":\"192.0.2.2\","
                  "\"dest_port\":0,\"proto\":\"GRE\",\"depth\":2,"));
}

TEST(EventHeader, EthernetIsWrittenWhereAskedFor) {
  EngineConfig config;
  config.eve.ethernet = true;
  RecordedWorker run(config);
  run.frame(ethernet(question()));
  Buffer back = ethernet(reply());
  std::swap_ranges(back.begin(), back.begin() + 6, back.begin() + 6);
  run.frame(back);
  back[11] = 0x0C;  // another router on the way back
  run.frame(back);
  const auto dns = run.events("dns");
  ASSERT_GE(dns.size(), 2U);
  constexpr std::string_view kEnds =
      "\"ether\":{\"src_mac\":\"02:00:00:00:00:0a\",\"dest_mac\":\"02:00:00:00:00:0b\"}";
  EXPECT_TRUE(has(dns[0], kEnds));
  EXPECT_TRUE(has(dns[1], kEnds));  // from client to server, as its addresses
  const auto flows = run.events("flow");
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_TRUE(has(flows[0],
                  "\"ether\":{\"dest_macs\":[\"02:00:00:00:00:0b\",\"02:00:00:00:00:0c\"],"
                  "\"src_macs\":[\"02:00:00:00:00:0a\"]}"));
}

TEST(EventHeader, AFlowKeepsTenMacAddressesOfASide) {
  EngineConfig config;
  config.eve.ethernet = true;
  RecordedWorker run(config);
  Buffer frame = ethernet(question());
  for (int i = 0; i < 40; ++i) {
    frame[5] = static_cast<std::uint8_t>(i);
    run.frame(frame);
  }
  const auto flows = run.events("flow");
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_TRUE(has(flows[0], "\"02:00:00:00:00:09\"],\"src_macs\""));
}

TEST(EventHeader, ATunnelWithoutEthernetHasNoMacAddresses) {
  EngineConfig config;
  config.eve.ethernet = true;
  RecordedWorker run(config);
  run.frame(ethernet(ipv4("192.0.2.1", "192.0.2.2", other(4, question()))));
  const auto dns = run.events("dns");
  ASSERT_EQ(dns.size(), 1U);
  EXPECT_FALSE(has(dns[0], "\"ether\""));
}

TEST(EventHeader, CommunityIdsByTheirSeedOrNotAtAll) {
  const auto flow_with = [](EngineConfig config) {
    RecordedWorker run(config);
    run.frame(ethernet(question()));
    return run.events("flow").at(0);
  };
  EngineConfig config;
  const std::string plain = flow_with(config);
  EXPECT_TRUE(has(plain, "\"community_id\":\"1:"));
  config.eve.community_id_seed = 7;
  const std::string seeded = flow_with(config);
  EXPECT_TRUE(has(seeded, "\"community_id\":\"1:"));
  const std::size_t at = plain.find("\"community_id\"");
  EXPECT_NE(plain.substr(at, 45), seeded.substr(seeded.find("\"community_id\""), 45));
  config.eve.community_id = false;
  EXPECT_FALSE(has(flow_with(config), "community_id"));
}

TEST(EventHeader, AnomaliesOfUnderstoodPacketsNameTheirFlow) {
  RecordedWorker run;
  run.frame(ethernet(ipv4(kClient, kServer, tcp({.options = from_hex("020405b4020405b4")}))));
  const auto anomalies = run.lines({"decoder.tcp.opt_duplicate"});
  ASSERT_EQ(anomalies.size(), 1U);
  EXPECT_TRUE(has(anomalies[0], "\"flow_id\":"));
  EXPECT_TRUE(has(anomalies[0], "\"community_id\":"));
}

TEST(DisabledProtocols, AreNotRecognisedOverTheirTransport) {
  const auto dns_events = [](protocols::Transport off) {
    EngineConfig config;
    config.disabled_protocols.add(protocols::AppProto::kDns, off);
    RecordedWorker run(config);
    run.frame(ethernet(question()));
    run.frame(ethernet(reply()));
    return run.events("dns").size();
  };
  EXPECT_EQ(dns_events(protocols::Transport::kUdp), 0U);
  EXPECT_EQ(dns_events(protocols::Transport::kTcp), 2U);
}

TEST(DisabledProtocols, NamesAreThoseOfEve) {
  EXPECT_EQ(protocols::app_proto_of("dns"), protocols::AppProto::kDns);
  EXPECT_EQ(protocols::app_proto_of("socks"), protocols::AppProto::kSocks);
  EXPECT_FALSE(protocols::app_proto_of("dsn").has_value());
}

TEST(EventHeader, FlowEventsTellHowTheFlowBeganWhereAsked) {
  EngineConfig config;
  config.eve.flow_profile = true;
  RecordedWorker run(config);
  run.frame(ethernet(reply()));  // seen first: its ends are taken for what their ports say
  run.frame(ethernet(question()));
  const auto flows = run.events("flow");
  ASSERT_EQ(flows.size(), 1U);
  const std::string size = std::to_string(dns_question().size());
  EXPECT_TRUE(has(flows[0], "\"src_ip\":\"10.0.0.1\""));
  EXPECT_TRUE(has(flows[0], "\"first_sizes\":[-" + size + "," + size + "]"));
  EXPECT_TRUE(has(flows[0], "\"first_gaps_us\":[0,1000]"));
  EXPECT_TRUE(has(flows[0], "\"ether\":{\"dest_macs\":["));
  EXPECT_FALSE(has(flows[0], "\"syn\""));
}

}  // namespace
}  // namespace netmoth::pipeline
