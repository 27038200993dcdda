// SMTP: envelopes, mails, chunks, replies; Suricata's events.
#include <gtest/gtest.h>

#include "protocols/smtp_parser.h"
#include "text_session.h"

namespace netmoth::protocols {
namespace {

using testing::kDown;
using testing::kUp;
using testing::lines_of;
using testing::Turns;

const Turns kSession{
    {kDown, "220 mx.example ESMTP\r\n"},
    {kUp, "EHLO client.example\r\n"},
    {kDown, "250-mx.example\r\n250 PIPELINING\r\n"},
    {kUp,
     "MAIL FROM:<a@example.com> SIZE=100\r\nRCPT TO:<b@example.com>\r\nRCPT To: <c@d.e>\r\n"
     "DATA\r\n"},
    {kDown, "250 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n"},
    {kUp,
     "From: A <a@example.com>\r\nTo: \"B, b\" <b@example.com>,\r\n c@d.e\r\n"
     "Subject: hello\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n\r\n"
     "see http://www.example.com/a?b=c and\r\n..dots\r\n.\r\n"},
    {kDown, "250 queued\r\n"},
    {kUp, "QUIT\r\n"},
    {kDown, "221 bye\r\n"}};

constexpr std::string_view kEvent =
    R"x({"tx_id":0,"smtp":{"helo":"client.example","mail_from":"<a@example.com>",)x"
    R"x("rcpt_to":["<b@example.com>","<c@d.e>"]},"email":{"status":"PARSE_DONE",)x"
    R"x("from":"A <a@example.com>","to":["\"B, b\" <b@example.com>","c@d.e"],)x"
    R"x("url":["www.example.com/a?b=c"],"subject":"hello",)x"
    R"x("date":"Sat, 21 Nov 2026 12:00:00 +0000"}})x";

TEST(Smtp, TellsOneEventAMail) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::string::npos}) {
    std::vector<std::string> anomalies;
    const auto lines = lines_of<SmtpParser>(kSession, piece, &anomalies);
    ASSERT_EQ(lines.size(), 1u) << piece;
    EXPECT_EQ(lines[0], kEvent);
    EXPECT_TRUE(anomalies.empty()) << anomalies[0];
  }
}

TEST(Smtp, TwoMailsAndAResetAreThreeTransactions) {
  const auto lines = lines_of<SmtpParser>(
      {{kUp, "HELO a\r\nMAIL FROM:<1@x>\r\nDATA\r\n"},
       {kUp, "Subject: one\r\n\r\n.\r\nMAIL FROM:<2@x>\r\nRSET\r\nMAIL FROM:<3@x>\r\nDATA\r\n"},
       {kUp, "Subject: three\r\n\r\nx\r\n.\r\nQUIT\r\n"}});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(lines[0].find(R"("tx_id":0,"smtp":{"helo":"a","mail_from":"<1@x>"})"),
            std::string::npos);
  EXPECT_EQ(lines[1], R"({"tx_id":1,"smtp":{"helo":"a","mail_from":"<2@x>"}})");
  EXPECT_NE(lines[2].find(R"("subject":"three")"), std::string::npos);
}

TEST(Smtp, SessionsWithoutMailAreToldAtTheirEnd) {
  const auto lines =
      lines_of<SmtpParser>({{kDown, "220 x\r\n"}, {kUp, "EHLO scanner\r\nQUIT\r\n"}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], R"({"tx_id":0,"smtp":{"helo":"scanner"}})");
}

TEST(Smtp, ReadsChunks) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::string::npos}) {
    const auto lines = lines_of<SmtpParser>(
        {{kUp,
          "EHLO a\r\nMAIL FROM:<a@b>\r\nBDAT 15\r\nSubject: chunk\nBDAT 9 LAST\r\ns\n\nbody.\n"
          "MAIL FROM:<c@d>\r\n"}},
        piece);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_NE(lines[0].find(R"("status":"PARSE_DONE","subject":"chunk")"), std::string::npos)
        << lines[0];
    EXPECT_EQ(lines[1], R"({"tx_id":1,"smtp":{"helo":"a","mail_from":"<c@d>"}})");
  }
}

TEST(Smtp, EmptyLastChunkEndsTheMail) {
  const auto lines = lines_of<SmtpParser>(
      {{kUp, "MAIL FROM:<a@b>\r\nBDAT 6\r\nA: b\r\nBDAT 0 LAST\r\nQUIT\r\n"}}, 4);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("PARSE_DONE"), std::string::npos);
}

TEST(Smtp, FollowsStarttls) {
  for (const std::size_t piece : {std::size_t{1}, std::string::npos}) {
    SmtpParser parser;
    testing::Played played;
    testing::play_turns(parser, played,
                        {{kDown, "220 x\r\n"},
                         {kUp, "EHLO a\r\n"},
                         {kDown, "250-x\r\n250 STARTTLS\r\n"},
                         {kUp, "StartTLS\r\n"},
                         {kDown, "220 go\r\n"}},
                        piece);
    EXPECT_EQ(played.verdict, Verdict::kSwitchTls);
    EXPECT_TRUE(played.sink.anomalies.empty());
    EXPECT_EQ(played.sink.lines.size(), 1u);
  }
}

TEST(Smtp, KeepsNoCredentials) {
  const auto lines = lines_of<SmtpParser>({{kDown, "220 x\r\n"},
                                           {kUp, "AUTH LOGIN\r\n"},
                                           {kDown, "334 VXNlcm5hbWU6\r\n"},
                                           {kUp, "helo secret\r\n"},
                                           {kDown, "334 UGFzc3dvcmQ6\r\n"},
                                           {kUp, "mail from:secret\r\n"},
                                           {kDown, "235 ok\r\n"},
                                           {kUp, "MAIL FROM:<a@b>\r\n"}},
                                          5);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], R"({"tx_id":0,"smtp":{"mail_from":"<a@b>"}})");
}

std::vector<std::string> anomalies_of(const Turns& turns) {
  std::vector<std::string> anomalies;
  (void)lines_of<SmtpParser>(turns, std::string::npos, &anomalies);
  return anomalies;
}

TEST(Smtp, NamesWhatIsOdd) {
  using List = std::vector<std::string>;
  EXPECT_EQ(anomalies_of({{kDown, "250 hi\r\n"}}),
            (List{"no_server_welcome_message", "unable_to_match_reply_with_request"}));
  EXPECT_EQ(anomalies_of({{kDown, "220 x\r\nwhat?\r\n"}}), List{"invalid_reply"});
  EXPECT_EQ(anomalies_of({{kDown, "220 x\r\n250 y\r\n"}}),
            List{"unable_to_match_reply_with_request"});
  EXPECT_EQ(anomalies_of({{kDown, "220 x\r\n"}, {kUp, "STARTTLS\r\n"}, {kDown, "454 no\r\n"}}),
            List{"tls_rejected"});
  EXPECT_EQ(
      anomalies_of({{kDown, "220 x\r\n"}, {kUp, "STARTTLS\r\nNOOP\r\n"}, {kDown, "220 y\r\n"}}),
      List{"invalid_pipelined_sequence"});
  EXPECT_EQ(anomalies_of({{kUp, "NOOP " + std::string(600, 'x') + "\r\n"}}),
            List{"max_command_line_len_exceeded"});
  EXPECT_EQ(anomalies_of({{kDown, "220 " + std::string(600, 'x') + "\r\n"}}),
            List{"max_reply_line_len_exceeded"});
  EXPECT_EQ(anomalies_of({{kUp, "MAIL FROM:<a>\r\nMAIL FROM:<b>\r\n"}}), List{"duplicate_fields"});
}

TEST(Smtp, GoesOnWithCommandsWhereDataIsRefused) {
  std::vector<std::string> anomalies;
  const auto lines = lines_of<SmtpParser>({{kDown, "220 x\r\n"},
                                           {kUp, "MAIL FROM:<a@b>\r\nDATA\r\n"},
                                           {kDown, "250 ok\r\n521 no\r\n"},
                                           {kUp, "QUIT\r\n"},
                                           {kDown, "221 bye\r\n"}},
                                          2, &anomalies);
  EXPECT_EQ(anomalies, std::vector<std::string>{"data_command_rejected"});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], R"({"tx_id":0,"smtp":{"mail_from":"<a@b>"}})");
}

TEST(Smtp, FindsTheNextCommandAfterAGapOverAMailsEnd) {
  SmtpParser parser;
  testing::Played played;
  testing::play_turns(parser, played,
                      {{kDown, "220 x\r\n"},
                       {kUp, "MAIL FROM:<a@b>\r\nDATA\r\n"},
                       {kDown, "250 ok\r\n354 go\r\n"},
                       {kUp, "Subject: s\r\n\r\nbo"}});
  EXPECT_EQ(parser.on_gap(kUp, 1000, played.sink), Verdict::kMore);
  testing::play_turns(parser, played, {{kDown, "250 queued\r\n"}, {kUp, "MAIL FROM:<c@d>\r\n"}});
  parser.on_close(played.sink);
  ASSERT_EQ(played.sink.lines.size(), 2u);
  EXPECT_NE(played.sink.lines[0].find("PARSE_ERROR"), std::string::npos);
  EXPECT_EQ(played.sink.lines[1], R"({"tx_id":1,"smtp":{"mail_from":"<c@d>"}})");
}

TEST(Smtp, BoundsRecipients) {
  std::string commands = "MAIL FROM:<a@b>\r\n";
  for (std::size_t i = 0; i < kMaxSmtpRecipients + 50; ++i)
    commands += "RCPT TO:<x>\r\n";
  const auto lines = lines_of<SmtpParser>({{kUp, commands}});
  ASSERT_EQ(lines.size(), 1u);
  std::size_t seen = 0;
  for (std::size_t at = lines[0].find("<x>"); at != std::string::npos;
       at = lines[0].find("<x>", at + 1))
    ++seen;
  EXPECT_EQ(seen, kMaxSmtpRecipients);
}

TEST(Smtp, StandsWhateverIsCutOrFlipped) {
  testing::torment<SmtpParser>(kSession, 2);
}

}  // namespace
}  // namespace netmoth::protocols
