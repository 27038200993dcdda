#include <gtest/gtest.h>

#include "octets.h"
#include "protocols/sip_message.h"
#include "protocols/sip_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::Octets;
using netmoth::testing::RecordingSink;

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;

constexpr std::string_view kSession =
    "v=0\r\no=alice 1 2 IN IP4 192.0.2.1\r\ns=A call\r\ni=about\r\nc=IN IP4 192.0.2.1\r\n"
    "b=AS:64\r\nt=0 0\r\nr=7d 1h 0\r\nt=1 2\r\nz=0 1h\r\na=tool:x\r\n"
    "m=audio 49170/2 RTP/AVP 0 8\r\ni=voice\r\nc=IN IP4 192.0.2.2/127\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=sendrecv\r\nm=video 51372 RTP/AVP 99\r\n";

std::string message(std::string_view first_line, std::string_view body = "",
                    std::string_view type = "application/sdp") {
  return std::string(first_line) +
         "\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\nCall-ID: 1@a.example\r\n"
         "Content-Type: " +
         std::string(type) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

constexpr std::string_view kInvite = "INVITE sip:bob@example.com SIP/2.0";

TEST(Sip, WritesARequest) {
  RecordingSink sink;
  SipParser parser(Transport::kUdp);
  (void)parser.on_data(kUp, as_bytes(message(kInvite)), 0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0],
            R"({"sip":{"method":"INVITE","uri":"sip:bob@example.com","version":"SIP/2.0",)"
            R"("request_line":"INVITE sip:bob@example.com SIP/2.0"}})");
  EXPECT_TRUE(sink.anomalies.empty());
}

TEST(Sip, WritesAResponse) {
  RecordingSink sink;
  SipParser parser(Transport::kUdp);
  (void)parser.on_data(kDown, as_bytes(message("SIP/2.0 407 Proxy Authentication Required")), 0,
                       sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0],
            R"({"sip":{"version":"SIP/2.0","code":"407","reason":"Proxy Authentication Required",)"
            R"("response_line":"SIP/2.0 407 Proxy Authentication Required"}})");
}

TEST(Sip, WritesTheSessionDescription) {
  RecordingSink sink;
  SipParser parser(Transport::kUdp);
  (void)parser.on_data(kDown, as_bytes(message("SIP/2.0 200 OK", kSession)), 0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0].substr(sink.lines[0].find("\"sdp\"")),
            R"("sdp":{"origin":"alice 1 2 IN IP4 192.0.2.1","session_name":"A call",)"
            R"("session_info":"about","time_descriptions":[{"time":"0 0","repeat_time":"7d 1h 0"},)"
            R"({"time":"1 2"}],"timezone":"0 1h","connection_data":"IN IP4 192.0.2.1",)"
            R"("bandwidths":["AS:64"],"attributes":["tool:x"],"media_descriptions":[)"
            R"({"media":"audio 49170/2 RTP/AVP 0 8","media_info":"voice",)"
            R"("connection_data":"IN IP4 192.0.2.2/127",)"
            R"("attributes":["rtpmap:0 PCMU/8000","sendrecv"]},)"
            R"({"media":"video 51372 RTP/AVP 99"}]}}})");
}

TEST(Sip, ABodyOfAnotherTypeIsNoSession) {
  RecordingSink sink;
  SipParser parser(Transport::kUdp);
  (void)parser.on_data(kUp, as_bytes(message(kInvite, kSession, "text/plain")), 0, sink);
  (void)parser.on_data(kUp, as_bytes(message(kInvite, "x=1\r\n")), 0, sink);
  ASSERT_EQ(sink.lines.size(), 2u);
  for (const std::string& line : sink.lines)
    EXPECT_EQ(line.find("\"sdp\""), std::string::npos);
}

TEST(Sip, NamesWhatIsCutAndWhatIsNone) {
  const std::string whole = message(kInvite, kSession);
  const std::size_t first_line = kInvite.size() + 2;
  for (std::size_t length = 1; length < whole.size(); ++length) {
    RecordingSink sink;
    SipParser parser(Transport::kUdp);
    (void)parser.on_data(kUp, as_bytes(std::string_view(whole).substr(0, length)), 0, sink);
    ASSERT_EQ(sink.anomalies.size(), 1u) << length;
    EXPECT_EQ(sink.anomalies[0], length < first_line ? "invalid_data" : "incomplete_data");
    EXPECT_EQ(sink.lines.size(), length < first_line ? 0u : 1u);
  }
  for (const std::string_view wrong :
       {"INVITE sip:a\r\n\r\n", "IN VITE a SIP/2.0\r\n\r\n", "SIP/2.0 20 OK\r\n\r\n",
        "(x) a SIP/2.0\r\n\r\n", "BYE a SIP/2.0\r7\r\n\r\n", "SIP/ 200 OK\r\n\r\n",
        "\x01\x02\x03\r\n\r\n"}) {
    RecordingSink sink;
    SipParser parser(Transport::kUdp);
    (void)parser.on_data(kUp, as_bytes(wrong), 0, sink);
    EXPECT_EQ(sink.anomalies, std::vector<std::string>{"invalid_data"}) << wrong;
    EXPECT_TRUE(sink.lines.empty());
  }
}

TEST(Sip, KeepAliveIsNothing) {
  RecordingSink sink;
  SipParser parser(Transport::kUdp);
  const Octets zeros(4, 0);
  (void)parser.on_data(kUp, zeros, 0, sink);
  (void)parser.on_data(kUp, as_bytes("\r\n\r\n"), 0, sink);
  EXPECT_TRUE(sink.lines.empty());
  EXPECT_TRUE(sink.anomalies.empty());
}

TEST(SipTcp, ReadsMessagesSplitAnywhere) {
  const std::string stream = message(kInvite, kSession) + "\r\n\r\n" +
                             message("BYE sip:bob@example.com SIP/2.0") +
                             message("SIP/2.0 200 OK", kSession);
  RecordingSink whole;
  SipParser(Transport::kTcp).on_data(kUp, as_bytes(stream), 0, whole);
  ASSERT_EQ(whole.lines.size(), 3u);
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    RecordingSink sink;
    SipParser parser(Transport::kTcp);
    (void)parser.on_data(kUp, as_bytes(std::string_view(stream).substr(0, cut)), 0, sink);
    (void)parser.on_data(kUp, as_bytes(std::string_view(stream).substr(cut)), 0, sink);
    ASSERT_EQ(sink.lines, whole.lines) << cut;
  }
  RecordingSink sink;
  SipParser parser(Transport::kTcp);
  for (const char& c : stream)
    (void)parser.on_data(kUp, as_bytes({&c, 1}), 0, sink);
  EXPECT_EQ(sink.lines, whole.lines);
  EXPECT_TRUE(sink.anomalies.empty());
}

TEST(SipTcp, FindsTheNextMessageAfterAGap) {
  const std::string text = message(kInvite, kSession);
  RecordingSink sink;
  SipParser parser(Transport::kTcp);
  (void)parser.on_data(kUp, as_bytes(text).first(60), 0, sink);
  (void)parser.on_gap(kUp, 100, sink);
  (void)parser.on_data(kUp, as_bytes(text).subspan(160), 0, sink);
  EXPECT_TRUE(sink.lines.empty());
  (void)parser.on_data(kUp, as_bytes(text), 0, sink);
  EXPECT_EQ(sink.lines.size(), 1u);
}

TEST(SipTcp, BoundsHeadersWithoutEndAndBodiesWithoutMeasure) {
  RecordingSink sink;
  SipParser parser(Transport::kTcp);
  (void)parser.on_data(kUp, as_bytes(std::string(kInvite) + "\r\n"), 0, sink);
  const std::string header = "X: " + std::string(1000, 'x') + "\r\n";
  for (int i = 0; i < 100; ++i)
    (void)parser.on_data(kUp, as_bytes(header), 0, sink);
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"invalid_data"});
  SipParser other(Transport::kTcp);
  (void)other.on_data(kUp, as_bytes(std::string(kInvite) + "\r\nContent-Length: 99999999\r\n\r\n"),
                      0, sink);
  EXPECT_EQ(sink.anomalies.size(), 2u);
  other.on_close(sink);
  EXPECT_EQ(sink.anomalies.size(), 2u);
  EXPECT_TRUE(sink.lines.empty());
}

TEST(SipTcp, EndsHeadersAtTheFirstBlankLineOfAnyKind) {
  std::string all;
  for (const std::string_view end : {"\r\n\r\n", "\n\n", "\n\r\n", "\r\n\n", "\n \t\r\n"})
    all.append("OPTIONS sip:a SIP/2.0\nx:\r\r\r").append(end);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, all.size()}) {
    RecordingSink sink;
    SipParser parser(Transport::kTcp);
    for (std::size_t at = 0; at < all.size(); at += piece)
      (void)parser.on_data(kUp, as_bytes(std::string_view(all).substr(at, piece)), 0, sink);
    EXPECT_EQ(sink.lines.size(), 5u) << piece;
    EXPECT_TRUE(sink.anomalies.empty());
  }
}

TEST(SipTcp, NamesAMessageThatTheFlowEndedIn) {
  RecordingSink sink;
  SipParser parser(Transport::kTcp);
  (void)parser.on_data(kUp, as_bytes(message(kInvite, kSession)).first(100), 0, sink);
  parser.on_close(sink);
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"incomplete_data"});
}

}  // namespace
}  // namespace netmoth::protocols
