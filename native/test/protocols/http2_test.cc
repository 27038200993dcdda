#include <gtest/gtest.h>

#include "output/http2_json.h"
#include "protocols/http2_parser.h"
#include "protocols/http_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::RecordingSink;

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
  std::string out;
  for (const unsigned shift : {16u, 8u, 0u})
    out.push_back(static_cast<char>(payload.size() >> shift));
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  for (const unsigned shift : {24u, 16u, 8u, 0u})
    out.push_back(static_cast<char>(stream >> shift));
  return out.append(payload);
}

std::string literal(std::string_view name, std::string_view value) {
  std::string out("\x40", 1);
  out.push_back(static_cast<char>(name.size()));
  out.append(name).push_back(static_cast<char>(value.size()));
  return out.append(value);
}

std::string client() {
  const std::string block = "\x82\x86\x84" + literal(":authority", "h.example");
  return std::string(kPreface) + frame(4, 0, 0, std::string_view("\0\3\0\0\0\x64", 6)) +
         frame(1, 0x21, 1, std::string("\0\0\0\0\x0f", 5) + block.substr(0, 4)) +
         frame(9, 4, 1, block.substr(4));
}

std::string server() {
  return frame(1, 4, 1, "\x88" + literal("content-length", "5")) + frame(0, 1, 1, "hello") +
         frame(7, 0, 0, std::string_view("\0\0\0\1\0\0\0\0", 8));
}

const std::vector<std::string> kEvents{
    R"({"http":{"version":"2","http2":{"stream_id":0,"request":{"settings":[)"
    R"({"settings_id":"SETTINGSMAXCONCURRENTSTREAMS","settings_value":100}]},"response":{}}}})",
    R"({"http":{"version":"2","request_headers":[{"name":":method","value":"GET"},)"
    R"({"name":":scheme","value":"http"},{"name":":path","value":"/"},)"
    R"({"name":":authority","value":"h.example"}],"response_headers":[)"
    R"({"name":":status","value":"200"},{"name":"content-length","value":"5"}],)"
    R"("hostname":"h.example","url":"/","http_method":"GET","status":200,"length":5,)"
    R"("http2":{"stream_id":1,"request":{"priority":15},"response":{}}}})",
    R"({"http":{"version":"2","http2":{"stream_id":0,"request":{},)"
    R"("response":{"error_code":"NOERROR"}}}})"};

struct Conversation {
  RecordingSink sink;
  Http2Parser parser;

  Verdict up(std::string_view text) { return parser.on_data(kUp, as_bytes(text), 0, sink); }
  Verdict down(std::string_view text) { return parser.on_data(kDown, as_bytes(text), 0, sink); }
  void close() { parser.on_close(sink); }
};

TEST(Http2, ReadsSegmentsCutAnywhere) {
  const std::string up = client();
  const std::string down = server();
  for (std::size_t cut = 0; cut <= up.size(); ++cut) {
    Conversation c;
    (void)c.up(std::string_view(up).substr(0, cut));
    (void)c.up(std::string_view(up).substr(cut));
    (void)c.down(down);
    EXPECT_EQ(c.sink.lines, kEvents) << cut;
    EXPECT_TRUE(c.sink.anomalies.empty()) << cut;
    EXPECT_EQ(c.parser.open_streams(), 0u);
  }
  for (std::size_t cut = 0; cut <= down.size(); ++cut) {
    Conversation c;
    (void)c.up(up);
    (void)c.down(std::string_view(down).substr(0, cut));
    (void)c.down(std::string_view(down).substr(cut));
    EXPECT_EQ(c.sink.lines, kEvents) << cut;
  }
  Conversation octets;
  for (const char c : up)
    (void)octets.up({&c, 1});
  for (const char c : down)
    (void)octets.down({&c, 1});
  EXPECT_EQ(octets.sink.lines, kEvents);
}

TEST(Http2, TellsWhatItHasWhereTheCaptureEnds) {
  const std::string up = client();
  const std::string down = server();
  for (std::size_t length = 0; length <= up.size() + down.size(); ++length) {
    Conversation c;
    (void)c.up(std::string_view(up).substr(0, std::min(length, up.size())));
    (void)c.down(std::string_view(down).substr(0, length - std::min(length, up.size())));
    c.close();
    EXPECT_LE(c.sink.lines.size(), kEvents.size());
    EXPECT_TRUE(c.sink.anomalies.empty()) << length;
    EXPECT_EQ(c.parser.open_streams(), 0u);
    EXPECT_GE(c.sink.lines.size(), length >= up.size() ? 2u : 0u) << length;
  }
}

TEST(Http2, GoesOnAfterAGapInDataAndGivesUpElsewhere) {
  Conversation c;
  (void)c.up(client());
  const std::string down = server();
  const std::size_t data = down.find("hello");
  (void)c.down(std::string_view(down).substr(0, data + 1));
  EXPECT_EQ(c.parser.on_gap(kDown, 3, c.sink), Verdict::kMore);
  (void)c.down(std::string_view(down).substr(data + 4));
  EXPECT_EQ(c.sink.lines, kEvents);
  EXPECT_EQ(c.parser.on_gap(kDown, 3, c.sink), Verdict::kDone);
  EXPECT_EQ(c.sink.lines, kEvents);
}

TEST(Http2, BoundsStreams) {
  Conversation c;
  (void)c.up(kPreface);
  for (std::uint32_t i = 0; i < kMaxHttp2Streams + 3; ++i)
    (void)c.up(frame(1, 4, 2 * i + 1, "\x82"));
  EXPECT_EQ(c.parser.open_streams(), kMaxHttp2Streams);
  EXPECT_EQ(c.sink.http.size(), 3u);
  EXPECT_EQ(c.sink.anomalies, std::vector<std::string>(3, "too_many_streams"));
}

TEST(Http2, GivesUpOnFloodsAndBombs) {
  Conversation flood;
  (void)flood.up(std::string(kPreface) + frame(1, 0, 1, "\x82"));
  for (std::size_t i = 0; i < kMaxContinuations; ++i)
    EXPECT_EQ(flood.up(frame(9, 0, 1, "")), Verdict::kMore);
  EXPECT_EQ(flood.up(frame(9, 0, 1, "")), Verdict::kDone);
  EXPECT_EQ(flood.sink.anomalies, std::vector<std::string>{"too_many_frames"});

  Conversation bomb;
  const std::string entry = std::string("\x40\x01x\x7f\xa1\x1e", 6) + std::string(4000, 'v');
  EXPECT_EQ(bomb.up(std::string(kPreface) + frame(1, 5, 1, entry + std::string(9000, '\xbe'))),
            Verdict::kDone);
  EXPECT_EQ(bomb.sink.anomalies, std::vector<std::string>{"reassembly_limit_reached"});

  Conversation large;
  EXPECT_EQ(large.up(std::string(kPreface) + frame(1, 4, 1, std::string(70000, '\x82'))),
            Verdict::kDone);
  EXPECT_EQ(large.sink.anomalies, std::vector<std::string>{"reassembly_limit_reached"});
}

TEST(Http2, NamesWhatIsWrong) {
  Conversation c;
  (void)c.up(client());
  (void)c.up(frame(0, 0, 0, "x") + frame(8, 0, 1, "abc") + frame(4, 0, 0, "abc") +
             frame(5, 0, 1, std::string(70000, 'x')).substr(0, 10));
  EXPECT_EQ(c.sink.anomalies,
            (std::vector<std::string>{"data_stream_zero", "invalid_frame_length",
                                      "invalid_frame_length", "reassembly_limit_reached"}));
  Conversation magic;
  EXPECT_EQ(magic.up("PRI * HTTP/1.0"), Verdict::kNotMine);
  EXPECT_EQ(magic.sink.anomalies, std::vector<std::string>{"invalid_client_magic"});
}

TEST(Http2, TellsAResetStream) {
  Conversation c;
  (void)c.up(client());
  (void)c.down(frame(3, 0, 1, std::string_view("\0\0\0\x08", 4)));
  ASSERT_EQ(c.sink.lines.size(), 2u);
  EXPECT_NE(c.sink.lines[1].find(R"("response":{"error_code":"Cancel"})"), std::string::npos);
}

struct Wanting : Conversation {
  base::CodecMemory memory{std::size_t{16} << 20};
  Wanting() { sink.settings = {.files = true, .memory = &memory, .inspect = true}; }
};

TEST(Http2, HandsBodiesOnWithoutTheirPadding) {
  const std::string padded =
      frame(1, 4, 1, "\x88" + literal("content-disposition", "attachment; filename=a.txt")) +
      frame(0, 8, 1, std::string_view("\3hel\0\0\0", 7)) + frame(0, 9, 1, std::string("\0lo", 3));
  for (std::size_t cut = 0; cut <= padded.size(); ++cut) {
    Wanting c;
    (void)c.up(client());
    (void)c.down(std::string_view(padded).substr(0, cut));
    (void)c.down(std::string_view(padded).substr(cut));
    EXPECT_EQ(c.sink.contents[1], "hello") << cut;
    ASSERT_EQ(c.sink.lines.size(), 3u);
    EXPECT_NE(c.sink.lines[1].find(R"("http2":{"stream_id":1,)"), std::string::npos);
    EXPECT_NE(c.sink.lines[1].find(R"("app_proto":"http2","fileinfo":{"filename":"a.txt",)"
                                   R"("gaps":false,"state":"CLOSED","stored":false,"size":5,)"),
              std::string::npos);
    EXPECT_EQ(c.sink.http.at(1).response_length, 5u);
  }
}

TEST(Http2, TellsWhoseFileEndsInTheMiddleOfABody) {
  const std::string head =
      "\x83\x86\x84" + literal("content-type", "multipart/form-data; boundary=x");
  const std::string form =
      "--x\r\nContent-Disposition: form-data; name=a; filename=a.txt\r\n\r\nhello\r\n--x\r\n";
  Wanting c;
  (void)c.up(std::string(kPreface) + frame(4, 0, 0, "") + frame(1, 4, 1, head) +
             frame(1, 4, 3, "\x82\x86" + literal(":path", "/other")));
  for (const char octet : form)
    (void)c.up(frame(0, 0, 1, {&octet, 1}));
  ASSERT_EQ(c.sink.lines.size(), 2u);
  EXPECT_NE(c.sink.lines[1].find(R"("stream_id":1,)"), std::string::npos);
  EXPECT_NE(c.sink.lines[1].find(R"("filename":"a.txt")"), std::string::npos);
}

TEST(Http2, TellsOnceThatHostIsNotTheAuthority) {
  const std::string fields = literal(":authority", "a") + literal("host", "b");
  Conversation c;
  (void)c.up(std::string(kPreface) + frame(4, 0, 0, "") +
             frame(1, 5, 1, "\x82\x86" + fields + "\xbf\xbe\xbe") +
             frame(1, 5, 3, "\x82\x86" + literal(":authority", "c") + literal("host", "c")));
  EXPECT_EQ(c.sink.anomalies, std::vector<std::string>{"authority_host_mismatch"});
}

TEST(Http2, NamesPaddingThatCannotBe) {
  Wanting c;
  (void)c.up(client());
  (void)c.down(frame(1, 4, 1, "\x88") + frame(0, 9, 1, "\x09hi"));
  EXPECT_EQ(c.sink.anomalies, std::vector<std::string>{"invalid_frame_data"});
  EXPECT_EQ(c.sink.contents[1], "");
}

TEST(Http2, TellsAGapInAFileAndAStreamThatIsCut) {
  Wanting c;
  (void)c.up(client());
  const std::string down = frame(1, 4, 1, "\x88") + frame(0, 1, 1, "0123456789");
  (void)c.down(down.substr(0, down.size() - 8));
  EXPECT_EQ(c.parser.on_gap(kDown, 5, c.sink), Verdict::kMore);
  (void)c.down(down.substr(down.size() - 3));
  EXPECT_NE(c.sink.lines.at(1).find(R"("filename":"/","gaps":true,"state":"CLOSED")"),
            std::string::npos)
      << c.sink.lines.at(1);
  Wanting cut;
  (void)cut.up(client());
  (void)cut.down(frame(1, 4, 1, "\x88") + frame(0, 0, 1, "0123456789"));
  cut.close();
  EXPECT_NE(cut.sink.lines.at(1).find(R"("state":"TRUNCATED","stored":false,"size":10)"),
            std::string::npos);
}

TEST(Http2, GoesOnWithStream1AfterAnUpgrade) {
  RecordingSink sink;
  HttpParser http1;
  (void)http1.on_data(
      kUp,
      as_bytes("GET /up HTTP/1.1\r\nHost: h.example\r\nConnection: Upgrade, "
               "HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"),
      0, sink);
  EXPECT_EQ(http1.on_data(kDown,
                          as_bytes("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                   "Upgrade: h2c\r\n\r\n" +
                                   frame(4, 0, 0, "")),
                          0, sink),
            Verdict::kSuccessor);
  ASSERT_EQ(sink.http.size(), 2u);  // the HTTP/1.1 half, and the settings behind it
  EXPECT_EQ(sink.http[0].status, 101);
  const Successor next = http1.take_successor();
  EXPECT_EQ(next.proto, AppProto::kHttp2);
  ASSERT_NE(next.parser, nullptr);
  (void)next.parser->on_data(kUp, as_bytes(std::string(kPreface) + frame(4, 0, 0, "")), 0, sink);
  (void)next.parser->on_data(kDown, as_bytes(frame(1, 5, 1, "\x88")), 0, sink);
  ASSERT_EQ(sink.http.size(), 4u);
  EXPECT_EQ(sink.http[3].url, "/up");
  EXPECT_EQ(sink.http[3].hostname, "h.example");
  EXPECT_EQ(sink.http[3].status, 200);
  EXPECT_NE(sink.lines.back().find(R"("stream_id":1)"), std::string::npos);
}

}  // namespace
}  // namespace netmoth::protocols
