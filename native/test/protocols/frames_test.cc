// Frames: the same whatever pieces their octets come in, none where nobody asks, none beyond the
// bound.
#include <gtest/gtest.h>

#include "protocols/frame.h"
#include "recording_sink.h"

namespace netmoth {
namespace {

using protocols::AppProto;
using testing::RecordingSink;
using Frames = std::vector<std::pair<std::string, std::string>>;
using namespace std::string_view_literals;

struct Said {
  Direction direction;
  std::string_view octets;
};
constexpr Direction kUp = Direction::kToServer;
constexpr Direction kDown = Direction::kToClient;

Frames frames_of(AppProto proto, std::span<const Said> said, std::size_t piece, bool wanted) {
  RecordingSink sink;
  base::CodecMemory memory{1 << 20};
  sink.settings.frames = wanted;
  sink.settings.inspect = true;
  sink.settings.memory = &memory;
  const auto parser = protocols::make_parser(proto, protocols::Transport::kTcp);
  for (const auto& [direction, octets] : said) {
    for (std::string_view rest = octets; !rest.empty();) {
      const std::string_view now = rest.substr(0, piece);
      rest.remove_prefix(now.size());
      (void)parser->on_data(direction, as_bytes(now), 1, sink);
    }
  }
  parser->on_close(sink);
  return sink.frames;
}

struct Conversation {
  AppProto proto;
  std::vector<Said> said;
  Frames frames;
};

const std::vector<Conversation>& conversations() {
  static const std::vector<Conversation> all = {
      {AppProto::kDns,
       {{kUp,
         "\0\x03"
         "abc"sv}},
       {{"dns.pdu", std::string("\0\x03"
                                "abc",
                                5)}}},
      {AppProto::kHttp,
       {{kUp, "GET / HTTP/1.1\r\nHost: a\r\n\r\nPUT /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"},
        {kDown, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\nto the end"}},
       {{"http1.request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"http1.request", "PUT /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"},
        {"http1.response", "HTTP/1.1 204 No Content\r\n\r\n"},
        {"http1.response", "HTTP/1.1 200 OK\r\n\r\nto the end"}}},
      {AppProto::kMqtt,
       {{kUp, "\xc0\0\x30\x05\0\1ahi"sv}},
       {{"mqtt.pdu", std::string("\xc0\0", 2)},
        {"mqtt.header", std::string("\xc0\0", 2)},
        {"mqtt.pdu", std::string("\x30\x05\0\1ahi", 7)},
        {"mqtt.header", "\x30\x05"},
        {"mqtt.data", std::string("\0\1ahi", 5)}}},
      {AppProto::kSip,
       {{kUp, "BYE sip:a SIP/2.0\r\nl: 2\r\n\r\nhi"}},
       {{"sip.pdu", "BYE sip:a SIP/2.0\r\nl: 2\r\n\r\nhi"},
        {"sip.request.line", "BYE sip:a SIP/2.0\r\n"},
        {"sip.request.headers", "l: 2\r\n\r\n"},
        {"sip.request.body", "hi"}}},
      {AppProto::kSmtp,
       {{kDown, "220 a\r\n"}, {kUp, "DATA\r\n"}, {kDown, "354 b\r\n"}, {kUp, "x\r\n..y\r\n.\r\n"}},
       {{"smtp.response_line", "220 a"},
        {"smtp.command_line", "DATA"},
        {"smtp.response_line", "354 b"},
        {"smtp.data", "x\r\n..y\r\n.\r\n"}}},
      {AppProto::kSsh,
       {{kUp, "SSH-2.0-a\r\n\0\0\0\x06\x02\x02xxpp\0\0\0\x03\0\x15z"sv}},
       {{"ssh.record.pdu", std::string("\0\0\0\x06\x02\x02xxpp", 10)},
        {"ssh.record.hdr", std::string("\0\0\0\x06\x02\x02", 6)},
        {"ssh.record.data", "xxpp"},
        {"ssh.record.pdu", std::string("\0\0\0\x03\0\x15", 6)},
        {"ssh.record.hdr", std::string("\0\0\0\x03\0\x15", 6)}}},
      {AppProto::kTls,
       {{kUp, "\x15\3\3\0\2\1\0\x17\3\3\0\1z"sv}},
       {{"tls.pdu", std::string("\x15\3\3\0\2\1\0", 7)},
        {"tls.hdr", std::string("\x15\3\3\0\2", 5)},
        {"tls.data", std::string("\1\0", 2)},
        {"tls.alert", std::string("\x15\3\3\0\2\1\0", 7)},
        {"tls.pdu", std::string("\x17\3\3\0\1z", 6)},
        {"tls.hdr", std::string("\x17\3\3\0\1", 5)},
        {"tls.data", "z"}}},
  };
  return all;
}

TEST(Frames, AreTheSameInAnyPieces) {
  for (const Conversation& each : conversations()) {
    SCOPED_TRACE(protocols::app_proto_name(each.proto));
    for (const std::size_t piece : {1U, 2U, 3U, 5U, 7U, 11U, 1000U})
      EXPECT_EQ(frames_of(each.proto, each.said, piece, true), each.frames) << piece;
    EXPECT_TRUE(frames_of(each.proto, each.said, 1000, false).empty());
  }
}

TEST(Frames, EndAtTheirBound) {
  const std::string long_line =
      "DATA\r\n" + std::string(3 * protocols::kMaxFrame, 'x') + "\r\n.\r\n";
  const std::vector<Said> said = {{kUp, long_line}};
  const Frames frames = frames_of(AppProto::kSmtp, said, 1000, true);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1].second.size(), protocols::kMaxFrame);
}

}  // namespace
}  // namespace netmoth
