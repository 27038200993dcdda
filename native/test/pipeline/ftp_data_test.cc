// FTP through the whole worker: a transfer's data connection is known by what its control
// connection announced.
#include <gtest/gtest.h>

#include "recorded_worker.h"
#include "testing/packet_builder.h"

namespace netmoth::pipeline {
namespace {

using testing::Buffer;

constexpr std::uint8_t kFin = 1, kSyn = 2, kPsh = 8, kAck = 16;
constexpr const char* kClient = "10.0.0.1";
constexpr const char* kServer = "10.0.0.2";

// A TCP connection between two hosts with right numbers; side 0 opens it.
struct Connection {
  RecordedWorker& worker;
  const char* hosts[2];
  std::uint16_t ports[2];
  std::uint32_t next[2] = {1000, 5000};

  void send(std::size_t side, int flags, std::string_view payload = {}) {
    testing::TcpSpec spec;
    spec.source_port = ports[side];
    spec.destination_port = ports[1 - side];
    spec.sequence = next[side];
    spec.acknowledgment = (flags & kAck) != 0 ? next[1 - side] : 0;
    spec.flags = static_cast<std::uint8_t>(flags);
    worker.frame(testing::ethernet(
        testing::ipv4(hosts[side], hosts[1 - side], testing::tcp(spec, payload))));
    next[side] +=
        static_cast<std::uint32_t>(payload.size()) + ((flags & (kSyn | kFin)) != 0 ? 1U : 0U);
  }
  void say(std::size_t side, std::string_view text) { send(side, kPsh | kAck, text); }
  void open() {
    send(0, kSyn);
    send(1, kSyn | kAck);
    send(0, kAck);
  }
  void close() {
    send(0, kFin | kAck);
    send(1, kFin | kAck);
    send(0, kAck);
  }
};

TEST(FtpData, PassiveAndActiveTransfersAreKnown) {
  RecordedWorker worker;
  Connection control{worker, {kClient, kServer}, {40000, 21}};
  control.open();
  control.say(1, "220 FTP ready\r\n");
  control.say(0, "PASV\r\n");
  control.say(1, "227 Entering (192,168,9,9,200,10)\r\n");
  Connection passive{worker, {kClient, kServer}, {40001, 200 * 256 + 10}};
  passive.open();
  control.say(0, "RETR page.html\r\n");
  control.say(1, "150 ok\r\n");
  passive.say(1, "GET / HTTP/1.1\r\nHost: not-http\r\n\r\n");
  passive.close();
  control.say(1, "226 done\r\n");
  control.say(0, "PORT 10,0,0,1,200,11\r\n");
  control.say(1, "200 ok\r\n");
  control.say(0, "STOR up.bin\r\n");
  control.say(1, "150 ok\r\n");
  Connection active{worker, {kServer, kClient}, {20, 200 * 256 + 11}};
  active.open();
  active.say(1, "octets");
  active.close();
  // The data overtake the acknowledgment of their command.
  control.say(0, "PORT 10,0,0,1,200,12\r\n");
  control.say(1, "200 ok\r\n");
  control.say(0, "STOR late.bin\r\n");
  Connection late{worker, {kServer, kClient}, {20, 200 * 256 + 12}};
  late.open();
  late.say(1, "more octets");
  late.send(0, kAck);
  control.say(1, "150 ok\r\n");
  control.send(0, kAck);
  late.close();
  // The same ends without an announcement.
  Connection stranger{worker, {kClient, kServer}, {40002, 200 * 256 + 10}};
  stranger.open();
  stranger.say(0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

  const auto transfers = worker.events("ftp_data");
  ASSERT_EQ(transfers.size(), 3U);
  EXPECT_NE(transfers[0].find(R"("ftp_data":{"filename":"page.html","command":"RETR"})"),
            std::string::npos)
      << transfers[0];
  EXPECT_NE(transfers[1].find(R"("ftp_data":{"filename":"up.bin","command":"STOR"})"),
            std::string::npos)
      << transfers[1];
  EXPECT_NE(transfers[2].find(R"("filename":"late.bin")"), std::string::npos) << transfers[2];
  const auto files = worker.events("fileinfo");
  ASSERT_EQ(files.size(), 3U);
  EXPECT_NE(files[2].find(R"("filename":"late.bin")"), std::string::npos) << files[2];
  EXPECT_NE(files[1].find(R"("filename":"up.bin")"), std::string::npos) << files[1];
  EXPECT_NE(files[1].find(R"("size":6)"), std::string::npos) << files[1];
  std::size_t data_flows = 0;
  for (const std::string& flow : worker.events("flow")) {
    if (flow.find(R"("app_proto":"ftp-data")") == std::string::npos) continue;
    ++data_flows;
    EXPECT_EQ(flow.find("app_proto_t"), std::string::npos) << flow;
  }
  EXPECT_EQ(data_flows, 3U);
  EXPECT_EQ(worker.events("http").size(), 1U);
  EXPECT_EQ(worker.worker().counters().expectations.announced, 3U);
  EXPECT_EQ(worker.worker().counters().expectations.matched, 3U);
}

}  // namespace
}  // namespace netmoth::pipeline
