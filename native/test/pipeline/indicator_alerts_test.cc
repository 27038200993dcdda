// From a bundle in a file to alert events: what they say, whom they mark, and files that nobody
// asked to be told of.
#include <gtest/gtest.h>

#include <fstream>

#include "pipeline/signatures.h"
#include "recorded_worker.h"
#include "testing/dns_builder.h"
#include "testing/indicator_bundle.h"

namespace netmoth::pipeline {
namespace {

using detect::IndicatorKind;
using testing::Buffer;

class Bundle : public ::testing::Test {
 protected:
  std::string write(std::string_view content) {
    std::string path = ::testing::TempDir() + "netmoth-indicator-alerts.bundle";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  EngineConfig config_of(const testing::IndicatorBundle& made) {
    Signatures signatures;
    EXPECT_EQ(load_signatures(write(made.sealed()), signatures), "");
    EXPECT_NE(signatures.indicators, nullptr);
    EngineConfig config;
    config.indicators = signatures.indicators;
    return config;
  }
};

Buffer query(std::string_view name) {
  Buffer message = testing::from_hex("1234 0100 0001 0000 0000 0000");
  for (const Buffer& part : {testing::dns_name(name), testing::from_hex("0001 0001")})
    message.insert(message.end(), part.begin(), part.end());
  return message;
}

TEST_F(Bundle, AQueryForAListedNameIsAnAlert) {
  RecordedWorker worker(config_of(
      testing::IndicatorBundle({{}}).table(IndicatorKind::kDomain, {{"com.example.", 0}})));
  worker.frame(testing::ethernet(
      testing::ipv4("10.0.0.1", "10.0.0.2", testing::udp(40000, 53, query("www.example.com")))));
  worker.frame(testing::ethernet(
      testing::ipv4("10.0.0.1", "10.0.0.2", testing::udp(40001, 53, query("example.org")))));
  const auto alerts = worker.events("alert");
  ASSERT_EQ(alerts.size(), 1U);
  constexpr std::string_view kAlert =
      R"x("alert":{"action":"allowed","gid":1,"signature_id":3000000001,"rev":1,"signature":"List feed: Botnet (domain)","category":"Botnet","severity":2,"metadata":{"list":["feed"],"source":["feed.txt"],"indicator":["domain"],"entry":["example.com"],"confidence":["90"]}})x";
  for (const std::string_view part :
       {std::string_view(R"("src_ip":"10.0.0.1","src_port":40000,"dest_ip":"10.0.0.2")"), kAlert,
        std::string_view(R"("dns":{"version":3)"),
        std::string_view(R"("app_proto":"dns","direction":"to_server")"),
        std::string_view(R"("flow":{"pkts_toserver":1,"pkts_toclient":0,)")})
    EXPECT_NE(alerts[0].find(part), std::string::npos) << part << '\n' << alerts[0];
  EXPECT_EQ(worker.lines({R"("event_type":"flow")", R"("alerted":true)"}).size(), 1U);
  EXPECT_EQ(worker.lines({R"("event_type":"flow")", R"("alerted":false)"}).size(), 1U);
}

TEST_F(Bundle, AListedAddressIsToldWithTheFirstPacketOnly) {
  RecordedWorker worker(config_of(testing::IndicatorBundle({{}}).table(
      IndicatorKind::kIpv4, {{std::string("\x0a\x00\x00\x02\x0a\x00\x00\x02", 8), 0}})));
  const Buffer frame = testing::ethernet(
      testing::ipv4("10.0.0.1", "10.0.0.2", testing::udp(40000, 4444, std::string_view("x"))));
  worker.frame(frame);
  worker.frame(frame);
  worker.frame(testing::ethernet(
      testing::ipv4("10.0.0.2", "10.0.0.1", testing::udp(4444, 40000, std::string_view("y")))));
  const auto alerts = worker.events("alert");
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_NE(alerts[0].find(R"("pcap_cnt":1,)"), std::string::npos);
  EXPECT_NE(alerts[0].find(R"("entry":["10.0.0.2"])"), std::string::npos);
}

// A file of which lists want the digest: told only where fileinfo events are wanted too.
TEST_F(Bundle, DigestsForListsMakeNoFileEvents) {
  const std::string md5("\x5d\x41\x40\x2a\xbc\x4b\x2a\x76\xb9\x71\x9d\x91\x10\x17\xc5\x92", 16);
  EngineConfig config =
      config_of(testing::IndicatorBundle({{}}).table(IndicatorKind::kFileMd5, {{md5, 0}}));
  for (const bool events : {true, false}) {
    config.file_events = events;
    RecordedWorker worker(config);
    const std::string request = "GET /f HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    const auto segment = [&](bool client, std::uint32_t seq, std::uint32_t ack, std::uint8_t flags,
                             const std::string& data) {
      const testing::TcpSpec spec{
          .source_port = static_cast<std::uint16_t>(client ? 40000 : 80),
          .destination_port = static_cast<std::uint16_t>(client ? 80 : 40000),
          .sequence = seq,
          .acknowledgment = ack,
          .flags = flags};
      worker.frame(testing::ethernet(testing::ipv4(client ? "10.0.0.1" : "10.0.0.2",
                                                   client ? "10.0.0.2" : "10.0.0.1",
                                                   testing::tcp(spec, std::string_view(data)))));
    };
    using namespace decode::tcp_flag;
    const auto requested = static_cast<std::uint32_t>(1 + request.size());
    const auto answered = static_cast<std::uint32_t>(1 + response.size());
    segment(true, 0, 0, kSyn, "");
    segment(false, 0, 1, kSyn | kAck, "");
    segment(true, 1, 1, kAck | kPsh, request);
    segment(false, 1, requested, kAck | kPsh, response);
    segment(true, requested, answered, kAck, "");
    const auto alerts = worker.events("alert");
    ASSERT_EQ(alerts.size(), 1U) << events;
    EXPECT_NE(alerts[0].find(R"("files":[{"filename":"/f")"), std::string::npos) << alerts[0];
    EXPECT_NE(alerts[0].find(R"("direction":"to_client")"), std::string::npos);
    EXPECT_EQ(worker.events("fileinfo").size(), events ? 1U : 0U);
  }
}

TEST_F(Bundle, WhatIsNoBundleIsRefusedWithItsReason) {
  Signatures signatures;
  EXPECT_EQ(load_signatures("/nonexistent/x.bundle", signatures), "No such file or directory");
  EXPECT_EQ(load_signatures(write(""), signatures), "it is empty");
  EXPECT_EQ(load_signatures(write("x"), signatures), "BUNDLE_MAGIC");
  std::string altered = testing::IndicatorBundle({{}}).sealed();
  altered[altered.size() - 40] ^= 1;
  EXPECT_EQ(load_signatures(write(altered), signatures), "BUNDLE_DIGEST");
  EXPECT_EQ(signatures.indicators, nullptr);
  EXPECT_EQ(load_signatures(write(testing::IndicatorBundle({{}}).sealed()), signatures), "");
  EXPECT_EQ(signatures.indicators, nullptr);
}

}  // namespace
}  // namespace netmoth::pipeline
