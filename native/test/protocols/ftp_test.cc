// FTP: commands and replies, announced data connections.
#include <gtest/gtest.h>

#include "protocols/expectations.h"
#include "protocols/ftp_data_parser.h"
#include "protocols/ftp_parser.h"
#include "text_session.h"

namespace netmoth::protocols {
namespace {

using testing::kDown;
using testing::kUp;
using testing::lines_of;
using testing::Turns;

const Turns kSession{{kDown, "220-Welcome\r\n more\r\n220 ready\r\n"},
                     {kUp, "user anonymous\r\n"},
                     {kDown, "331 Password?\r\n"},
                     {kUp, "EPSV\r\nRETR a file.txt\r\n"},
                     {kDown, "229 Extended (|||50000|)\r\n150 Opening\r\n226 Done\r\n"},
                     {kUp, "PORT 10,0,0,1,4,1\r\n"},
                     {kDown, "200 ok\r\n"},
                     {kUp, "QUIT\r\n"}};

const std::vector<std::string> kEvents{
    R"({"tx_id":0,"ftp":{"completion_code":["220","220"],"reply":["Welcome"," more","ready"],)"
    R"("reply_received":"yes","reply_truncated":false}})",
    R"({"tx_id":1,"ftp":{"command":"USER","command_data":"anonymous","command_truncated":false,)"
    R"("completion_code":["331"],"reply":["Password?"],"reply_received":"yes",)"
    R"("reply_truncated":false}})",
    R"({"tx_id":2,"ftp":{"command":"EPSV","completion_code":["229"],)"
    R"x("reply":["Extended (|||50000|)"],"dynamic_port":50000,"reply_received":"yes",)x"
    R"("reply_truncated":false}})",
    R"({"tx_id":3,"ftp":{"command":"RETR","command_data":"a file.txt","command_truncated":false,)"
    R"("completion_code":["150","226"],"reply":["Opening","Done"],"reply_received":"yes",)"
    R"("reply_truncated":false}})",
    R"({"tx_id":4,"ftp":{"command":"PORT","command_data":"10,0,0,1,4,1",)"
    R"("command_truncated":false,"completion_code":["200"],"reply":["ok"],"dynamic_port":1025,)"
    R"("mode":"active","reply_received":"yes","reply_truncated":false}})",
    R"({"tx_id":5,"ftp":{"command":"QUIT","reply_received":"no","reply_truncated":false}})"};

TEST(Ftp, TellsEachCommandWithItsReplies) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{4}, std::string::npos})
    EXPECT_EQ(lines_of<FtpParser>(kSession, piece), kEvents) << piece;
}

TEST(Ftp, ReadsPorts) {
  EXPECT_EQ(ftp_port_of_octets("10,0,0,1,4,1"), 1025);
  EXPECT_EQ(ftp_port_of_octets(" Entering Passive Mode (1,2,3,4,255,255)."), 65535);
  EXPECT_EQ(ftp_port_of_octets("=1,2,3,4,0,21"), 21);
  for (const char* bad : {"", "1,2,3,4,5", "1,2,3,4,256,1", "1,2,3,4,5,", "1 2 3 4 5 6"})
    EXPECT_EQ(ftp_port_of_octets(bad), 0) << bad;
  EXPECT_EQ(ftp_port_of_bars("|1|132.235.1.2|6275|"), 6275);
  EXPECT_EQ(ftp_port_of_bars("|2|1080::8:800:200C:417A|5282|"), 5282);
  EXPECT_EQ(ftp_port_of_bars(" Entering Extended Passive Mode (|||6446|)"), 6446);
  for (const char* bad : {"", "(", "|||", "||||", "|||99999|", "|||12", "1212", "(|1|2"})
    EXPECT_EQ(ftp_port_of_bars(bad), 0) << bad;
}

TEST(Ftp, HandsOverToTls) {
  for (const std::size_t piece : {std::size_t{1}, std::string::npos}) {
    FtpParser parser;
    testing::Played played;
    testing::play_turns(parser, played,
                        {{kDown, "220 x\r\n"}, {kUp, "AUTH TLS\r\n"}, {kDown, "234 ok\r\n"}},
                        piece);
    EXPECT_EQ(played.verdict, Verdict::kSwitchTls);
    EXPECT_EQ(played.sink.lines.size(), 2u);
  }
  FtpParser refused;
  testing::Played played;
  testing::play_turns(refused, played, {{kUp, "AUTH TLS\r\n"}, {kDown, "534 no\r\n"}});
  EXPECT_EQ(played.verdict, Verdict::kMore);
}

struct ExpectingSink final : TransactionSink {
  void on_record(Direction, const Record&) override {}
  void on_anomaly(AppProto, std::string_view, Direction) override {}
  void on_expectation(const Expectation& e) override {
    seen.push_back((e.server_opens ? "active " : "passive ") + std::to_string(e.port) + " " +
                   std::string(e.command) + " " + std::string(e.file_name));
  }
  std::vector<std::string> seen;
};

TEST(Ftp, AnnouncesDataConnections) {
  FtpParser parser;
  ExpectingSink sink;
  const auto say = [&](Direction direction, std::string_view text) {
    (void)parser.on_data(direction, as_bytes(text), 0, sink);
  };
  say(kUp, "RETR nothing-listens\r\nPASV\r\n");
  say(kDown, "425 no\r\n227 =1,2,3,4,0,99\r\n");
  say(kUp, "LIST\r\nRETR used-up\r\n");
  say(kUp, "EPRT |1|1.2.3.4|77|\r\nSTOR b\r\n");
  EXPECT_EQ(sink.seen, (std::vector<std::string>{"passive 99  ", "passive 99 LIST ", "active 77  ",
                                                 "active 77 STOR b"}));
}

TEST(Ftp, BoundsLinesRepliesAndPipelining) {
  std::vector<std::string> anomalies;
  const std::string longest(kMaxFtpLine + 10, 'x');
  auto lines = lines_of<FtpParser>(
      {{kUp, "STOR " + longest + "\r\n"}, {kDown, "500 " + longest + "\r\n"}}, 1000, &anomalies);
  EXPECT_EQ(anomalies,
            (std::vector<std::string>{"request_command_too_long", "response_command_too_long"}));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_LT(lines[0].size(), 2 * kMaxFtpLine + 400);
  EXPECT_NE(lines[0].find(R"("command_truncated":true)"), std::string::npos);
  EXPECT_NE(lines[0].find(R"("reply_truncated":true)"), std::string::npos);

  std::string commands;
  for (std::size_t i = 0; i < kMaxFtpPipelined + 5; ++i)
    commands += "NOOP\r\n";
  FtpParser parser;
  testing::Played played;
  testing::play_turns(parser, played, {{kUp, commands}});
  EXPECT_EQ(played.sink.lines.size(), 5u);

  std::string replies;
  for (std::size_t i = 0; i < kMaxFtpReplyLines + 5; ++i)
    replies += "214-help\r\n";
  lines = lines_of<FtpParser>({{kUp, "HELP\r\n"}, {kDown, replies + "214 end\r\n"}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(R"("reply_truncated":true)"), std::string::npos);
}

TEST(Ftp, StandsWhateverIsCutOrFlipped) {
  testing::torment<FtpParser>(kSession, kEvents.size());
}

TEST(FtpData, TellsTheTransferAndItsFile) {
  FtpDataParser parser({"RETR", "dir/a.txt"});
  testing::RecordingSink sink;
  sink.settings.files = true;
  EXPECT_EQ(parser.on_data(kDown, as_bytes("hello "), 0, sink), Verdict::kMore);
  EXPECT_EQ(parser.on_data(kDown, as_bytes("world"), 0, sink), Verdict::kMore);
  parser.on_close(sink);
  ASSERT_EQ(sink.lines.size(), 2u);
  EXPECT_EQ(sink.lines[0],
            R"({"ftp_data":{"filename":"dir/a.txt","command":"RETR"},"app_proto":"ftp-data",)"
            R"("fileinfo":{"filename":"dir/a.txt","gaps":false,"state":"CLOSED","stored":false,)"
            R"("size":11,"tx_id":0}})");
  EXPECT_EQ(sink.lines[1], R"({"tx_id":0,"ftp_data":{"filename":"dir/a.txt","command":"RETR"}})");
  FtpDataParser listing({"LIST", ""});
  EXPECT_EQ(listing.on_data(kDown, as_bytes("total 1"), 0, sink), Verdict::kDone);
}

ExpectedEnds ends(std::uint16_t port) {
  ExpectedEnds out;
  out.client.octets[0] = 10;
  out.server.octets[0] = 11;
  out.server_port = port;
  out.ip_version = 4;
  return out;
}

TEST(Expectations, AreTakenOnceAndAge) {
  ExpectationTable table;
  EXPECT_FALSE(table.take(ends(1), 0));
  table.add(ends(1), {false, 1, "RETR", "a"}, 0);
  table.add(ends(1), {false, 1, "RETR", "b"}, 0);
  EXPECT_FALSE(table.take(ends(2), 0));
  const auto taken = table.take(ends(1), kExpectationNs);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->file_name, "b");
  EXPECT_FALSE(table.take(ends(1), 0));
  table.add(ends(3), {false, 3, "RETR", "a"}, 0);
  EXPECT_FALSE(table.take(ends(3), kExpectationNs + 1));
  const ExpectationCounters counters = table.counters();
  EXPECT_EQ(counters.announced, 3u);
  EXPECT_EQ(counters.matched, 1u);
  EXPECT_EQ(counters.expired, 1u);
}

TEST(Expectations, MayBeTakenBeforeTheirCommandIsKnown) {
  ExpectationTable table;
  table.add(ends(1), {false, 1, "", ""}, 0);
  EXPECT_FALSE(table.recall(ends(1)));
  ASSERT_TRUE(table.take(ends(1), 0));
  EXPECT_FALSE(table.take(ends(1), 0));
  table.add(ends(1), {false, 1, "STOR", "late"}, 0);
  const auto known = table.recall(ends(1));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->file_name, "late");
  EXPECT_FALSE(table.recall(ends(1)));
  EXPECT_EQ(table.counters().announced, 1u);
}

TEST(Expectations, AreBounded) {
  ExpectationTable table;
  for (std::size_t i = 0; i < kMaxExpectations + 10; ++i)
    table.add(ends(static_cast<std::uint16_t>(i + 1)), {false, 1, "RETR", "a"}, 0);
  EXPECT_EQ(table.counters().evicted, 10u);
  EXPECT_FALSE(table.take(ends(10), 0));
  EXPECT_TRUE(table.take(ends(11), 0));
  table.add(ends(60'000), {false, 1, "RETR", "a"}, kExpectationNs + 1);
  EXPECT_EQ(table.counters().expired, kMaxExpectations - 1);
}

}  // namespace
}  // namespace netmoth::protocols
