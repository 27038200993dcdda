#include <gtest/gtest.h>

#include "protocols/http_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::RecordingSink;

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;

constexpr std::string_view kRequest =
    "GET /index.html?q=1 HTTP/1.1\r\n"
    "Host: WWW.Example.com:8080\r\n"
    "User-Agent: curl/8.0\r\n"
    "\tfolded\r\n"
    "Referer: http://example.org/\r\n"
    "\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Length: 5\r\n"
    "\r\n"
    "hello";
constexpr std::string_view kEvent =
    R"({"http":{"hostname":"www.example.com","http_port":8080,"url":"/index.html?q=1",)"
    R"("http_user_agent":"curl/8.0 folded","http_content_type":"text/html",)"
    R"("http_refer":"http://example.org/","http_method":"GET","protocol":"HTTP/1.1",)"
    R"("status":200,"length":5}})";

struct Conversation {
  RecordingSink sink;
  HttpParser parser;

  Verdict up(std::string_view text) { return parser.on_data(kUp, as_bytes(text), 0, sink); }
  Verdict down(std::string_view text) { return parser.on_data(kDown, as_bytes(text), 0, sink); }
  void close() { parser.on_close(sink); }
};

TEST(Http, WritesATransactionWhenItsResponseIsComplete) {
  Conversation c;
  EXPECT_EQ(c.up(kRequest), Verdict::kMore);
  EXPECT_TRUE(c.sink.lines.empty());
  EXPECT_EQ(c.down(kResponse), Verdict::kMore);
  ASSERT_EQ(c.sink.lines.size(), 1u);
  EXPECT_EQ(c.sink.lines[0], kEvent);
}

TEST(Http, ReadsSegmentsCutAnywhere) {
  for (std::size_t cut = 1; cut < kRequest.size(); ++cut) {
    Conversation c;
    (void)c.up(kRequest.substr(0, cut));
    (void)c.up(kRequest.substr(cut));
    (void)c.down(kResponse);
    ASSERT_EQ(c.sink.lines.size(), 1u) << cut;
    EXPECT_EQ(c.sink.lines[0], kEvent) << cut;
  }
  for (std::size_t cut = 1; cut < kResponse.size(); ++cut) {
    Conversation c;
    (void)c.up(kRequest);
    (void)c.down(kResponse.substr(0, cut));
    (void)c.down(kResponse.substr(cut));
    ASSERT_EQ(c.sink.lines.size(), 1u) << cut;
    EXPECT_EQ(c.sink.lines[0], kEvent) << cut;
  }
  Conversation c;
  for (std::size_t i = 0; i < kRequest.size(); ++i)
    (void)c.up(kRequest.substr(i, 1));
  for (std::size_t i = 0; i < kResponse.size(); ++i)
    (void)c.down(kResponse.substr(i, 1));
  ASSERT_EQ(c.sink.lines.size(), 1u);
  EXPECT_EQ(c.sink.lines[0], kEvent);
}

TEST(Http, AnswersPipelinedRequestsInOrder) {
  Conversation c;
  (void)c.up("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nHEAD /3 HTTP/1.1\r\n\r\n");
  (void)c.down(
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
  ASSERT_EQ(c.sink.http.size(), 3u);
  EXPECT_EQ(c.sink.http[0].url, "/1");
  EXPECT_EQ(c.sink.http[1].url, "/2");
  EXPECT_EQ(c.sink.http[1].status, 404);
  EXPECT_EQ(c.sink.http[2].url, "/3");
  EXPECT_EQ(c.sink.http[2].response_length, 0u);
  EXPECT_EQ(c.sink.http[2].tx_id, 2u);
}

TEST(Http, CountsChunkedBodiesWithoutTheirFraming) {
  const std::string_view response =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n";
  for (std::size_t cut = 1; cut < response.size(); ++cut) {
    Conversation c;
    (void)c.up("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
    (void)c.down(response.substr(0, cut));
    (void)c.down(response.substr(cut));
    ASSERT_EQ(c.sink.http.size(), 2u) << cut;
    EXPECT_EQ(c.sink.http[0].response_length, 15u) << cut;
    EXPECT_EQ(c.sink.http[1].status, 204) << cut;
  }
}

TEST(Http, EndsABodyWithoutLengthAtTheClose) {
  Conversation c;
  (void)c.up("GET / HTTP/1.0\r\n\r\n");
  (void)c.down("HTTP/1.0 200 OK\r\n\r\nabc");
  (void)c.down("def");
  EXPECT_TRUE(c.sink.http.empty());
  c.close();
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_EQ(c.sink.http[0].response_length, 6u);
  EXPECT_TRUE(c.sink.http[0].response_complete);
}

TEST(Http, TakesLfCrForTheEndOfALine) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 2\n";
  for (std::size_t cut = 0; cut < head.size() + 5; ++cut) {
    const std::string response = head + "\r\r\nhi";
    Conversation c;
    (void)c.up("GET / HTTP/1.1\r\n\r\n");
    (void)c.down(response.substr(0, cut));
    (void)c.down(response.substr(cut));
    ASSERT_EQ(c.sink.http.size(), 1u) << cut;
    EXPECT_EQ(c.sink.http[0].response_length, 2u) << cut;
  }
  Conversation c;
  (void)c.up("GET / HTTP/1.1\r\n\r\n");
  (void)c.down(head + "\r\r\n\r\nhi");
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_EQ(c.sink.http[0].response_length, 2u);
  EXPECT_TRUE(c.sink.http[0].response_complete);
}

TEST(Http, PassesOver100Continue) {
  Conversation c;
  (void)c.up("POST /u HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  (void)c.down("HTTP/1.1 100 Continue\r\n\r\n");
  (void)c.up("body");
  (void)c.down("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_EQ(c.sink.http[0].status, 201);
  EXPECT_EQ(c.sink.http[0].request_length, 4u);
}

TEST(Http, ReadsBareLineFeeds) {
  Conversation c;
  (void)c.up("GET / HTTP/1.1\nHost: a\n\n");
  (void)c.down("HTTP/1.1 200 OK\nContent-Length: 2\n\nab");
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_EQ(c.sink.http[0].hostname, "a");
}

TEST(Http, WaitsForTheRestOfARequestThatIsAnsweredEarly) {
  constexpr std::string_view kHead = "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n";
  constexpr std::string_view kEmpty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  Conversation c;
  (void)c.up(kHead);
  (void)c.down(kEmpty);
  EXPECT_TRUE(c.sink.http.empty());
  (void)c.up("EVILBODYGET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_EQ(c.sink.http[0].request_length, 8u);
  EXPECT_EQ(c.sink.http[0].status, 200);
  (void)c.down(kEmpty);
  (void)c.up(kHead);  // what never comes is waited for until the next answer
  (void)c.down(std::string(kEmpty) + std::string(kEmpty));
  EXPECT_EQ(c.sink.http.size(), 4u);
  (void)c.up("12345678" + std::string(kHead));  // or the end
  (void)c.down(kEmpty);
  c.close();
  EXPECT_EQ(c.sink.http.size(), 5u);
}

TEST(Http, TakesTheHostOfAnAbsoluteTarget) {
  Conversation c;
  (void)c.up("GET http://user@Proxy.example:3128/x HTTP/1.1\r\nHost: other\r\n\r\n");
  c.close();
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_EQ(c.sink.http[0].hostname, "proxy.example");
  EXPECT_EQ(c.sink.http[0].port, 3128);
}

TEST(Http, HandsAConnectTunnelOver) {
  Conversation c;
  (void)c.up("CONNECT www.example.com:443 HTTP/1.1\r\nHost: www.example.com:443\r\n\r\n");
  EXPECT_EQ(c.down("HTTP/1.1 200 Connection established\r\n\r\n"), Verdict::kSwitchTls);
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_EQ(c.sink.http[0].hostname, "www.example.com");
  EXPECT_EQ(c.sink.http[0].port, 443);
}

TEST(Http, NamesTheWebSocketItBecomes) {
  Conversation c;
  (void)c.up("GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(c.down("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05"),
            Verdict::kSuccessor);
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_EQ(c.sink.http[0].status, 101);
  const Successor next = c.parser.take_successor();
  EXPECT_EQ(next.proto, AppProto::kWebsocket);
  EXPECT_EQ(next.parser, nullptr);
}

TEST(Http, WritesRedirects) {
  Conversation c;
  (void)c.up("GET / HTTP/1.1\r\n\r\n");
  (void)c.down("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(c.sink.lines.at(0), R"({"http":{"url":"/","http_method":"GET","protocol":"HTTP/1.1",)"
                                R"("status":302,"redirect":"/next","length":0}})");
}

TEST(Http, KeepsAStatusThatIsNoNumber) {
  Conversation c;
  (void)c.up("GET / HTTP/1.1\r\n\r\n");
  (void)c.down("HTTP/1.1 2XX OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_NE(c.sink.lines.at(0).find(R"("status_string":"2XX")"), std::string::npos);
}

TEST(Http, ReportsAResponseWithoutARequest) {
  Conversation c;
  (void)c.down(kResponse);
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_FALSE(c.sink.http[0].has_request);
  EXPECT_EQ(c.sink.http[0].status, 200);
}

TEST(Http, SkipsAGapInsideABody) {
  Conversation c;
  (void)c.up("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  (void)c.down("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
  EXPECT_EQ(c.parser.on_gap(kDown, 80, c.sink), Verdict::kMore);
  (void)c.down("0123456789HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(c.sink.http.size(), 2u);
  EXPECT_EQ(c.sink.http[0].response_length, 20u);
  EXPECT_EQ(c.sink.http[1].status, 404);
}

TEST(Http, FindsTheNextMessageAfterAGap) {
  Conversation c;
  (void)c.up("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  (void)c.down("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
  EXPECT_EQ(c.parser.on_gap(kDown, 500, c.sink), Verdict::kMore);
  (void)c.down("rest of something\r\n");
  (void)c.down("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(c.sink.http.size(), 2u);
  EXPECT_EQ(c.sink.http[0].status, 200);
  EXPECT_EQ(c.sink.http[1].url, "/2");
  EXPECT_EQ(c.sink.http[1].status, 404);
}

TEST(Http, BoundsLinesAndWaitingRequests) {
  Conversation c;
  const std::string long_path(100'000, 'x');
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{200'000}}) {
    const std::string request = "GET /" + long_path + " HTTP/1.1\r\nHost: h\r\n\r\n";
    for (std::size_t at = 0; at < request.size(); at += piece) {
      (void)c.up(std::string_view(request).substr(at, piece));
    }
  }
  for (std::size_t i = 0; i < kMaxPipelined + 10; ++i)
    (void)c.up("GET /n HTTP/1.1\r\n\r\n");
  EXPECT_EQ(c.sink.http.size(), 12u);
  c.close();
  EXPECT_EQ(c.sink.http.size(), 2 + kMaxPipelined + 10);
  EXPECT_LE(c.sink.http[0].url.size(), kMaxHttpLine);
  EXPECT_LE(c.sink.http[1].url.size(), kMaxHttpLine);
  EXPECT_EQ(c.sink.http[0].hostname, "h");
}

TEST(Http, NamesALineThatIsTooLongHoweverItComes) {
  const std::string request =
      "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(kMaxHttpLine, 'z') + "\r\n\r\n";
  for (const std::size_t cut : {std::size_t{1400}, request.size()}) {
    Conversation c;
    (void)c.up(request.substr(0, cut));
    (void)c.up(request.substr(cut));
    EXPECT_EQ(c.sink.anomalies, std::vector<std::string>{"request_field_too_long"}) << cut;
  }
}

TEST(Http, PassesOverBlanksBeforeChunksAndAnswers) {
  const std::string blanks(5'000, '\n');
  const std::string answer = blanks + "\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                             blanks + " \t3\r\nabc\r\n" + blanks + "0\r\n\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{700}, answer.size()}) {
    Conversation c;
    (void)c.up(kRequest);
    for (std::size_t at = 0; at < answer.size(); at += piece)
      (void)c.down(std::string_view(answer).substr(at, piece));
    ASSERT_EQ(c.sink.http.size(), 1u) << piece;
    EXPECT_EQ(c.sink.http[0].response_length, 3u);
    EXPECT_TRUE(c.sink.anomalies.empty());
  }
}

TEST(Http, TakesARequestLineWithoutAnEnd) {
  Conversation c;
  EXPECT_EQ(c.up("GET /"), Verdict::kMore);
  (void)c.down("<html>hi</html>");
  c.close();
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_EQ(c.sink.http[0].url, "/");
  EXPECT_EQ(c.sink.http[0].response_length, 15u);
}

TEST(Http, ReadsFieldsBehindARequestLineWithoutVersion) {
  Conversation c;
  (void)c.up("GET /HTTP/1.1\r\nHost: a\r\n\r\n");
  (void)c.down("HTTP/1.0 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_EQ(c.sink.http[0].hostname, "a");
  EXPECT_EQ(c.sink.http[0].status, 403);
}

TEST(Http, RefusesWhatIsNoHttp) {
  Conversation c;
  EXPECT_EQ(c.up("\x16\x03\x01\n"), Verdict::kNotMine);
}

TEST(Http, ReadsRequestsThatAreHardlyAny) {
  struct {
    std::string_view line, method, url, host;
  } const requests[] = {
      {"OPTIONSHTTP/1.1", "OPTIONSHTTP/1.1", "", "h"}, {"OPTIONS", "OPTIONS", "", "h"},
      {"\xc3\x83 / HTTP/1.", "\xc3\x83", "/", "h"},    {"CONNECT / HTTP/1.1", "CONNECT", "/", "h"},
      {"GET/ HTTP/1.1", "GET/", "HTTP/1.1", "h"},
  };
  for (const auto& request : requests) {
    Conversation c;
    EXPECT_EQ(c.up(std::string(request.line) + "\nHost: h\n\n"), Verdict::kMore);
    (void)c.down("HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    ASSERT_EQ(c.sink.http.size(), 1u) << request.line;
    EXPECT_EQ(c.sink.http[0].method, request.method);
    EXPECT_EQ(c.sink.http[0].url, request.url) << request.line;
    EXPECT_EQ(c.sink.http[0].hostname, request.host);
    EXPECT_EQ(c.sink.http[0].status, 400);
  }
}

TEST(Http, Answers10000PipelinedRequestsEachOnce) {
  Conversation c;
  constexpr std::size_t kRequests = 10'000;
  std::string requests;
  for (std::size_t i = 0; i < kRequests; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  (void)c.up(requests);
  EXPECT_EQ(c.sink.http.size(), kRequests - kMaxPipelined);
  c.close();
  ASSERT_EQ(c.sink.http.size(), kRequests);
  for (std::size_t i = 0; i < kRequests; ++i)
    EXPECT_EQ(c.sink.http[i].tx_id, i);
}

TEST(Http, BoundsEndlessHeaders) {
  Conversation c;
  (void)c.up("GET / HTTP/1.1\r\nHost: h\r\n");
  for (std::size_t i = 0; i < 20 * kMaxHttpFields; ++i)
    (void)c.up("X-Forwarded-For: " + std::to_string(i) + "\r\n");
  (void)c.up("User-Agent: " + std::string(10 * kMaxHttpLine, 'x'));
  (void)c.up("\r\n\r\n");
  c.close();
  ASSERT_EQ(c.sink.http.size(), 1u);
  EXPECT_LE(c.sink.http[0].forwarded_for.size(), 8 * kMaxHttpFields);
  EXPECT_EQ(c.sink.http[0].user_agent, "");  // behind the last field that is looked at
  EXPECT_EQ(c.sink.anomalies,
            (std::vector<std::string>{"request_too_many_headers", "request_field_too_long"}));
}

TEST(Http, GivesUpWhatIsNoHttpAnyMore) {
  Conversation c;
  (void)c.up("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)c.down("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  for (std::size_t i = 1; i < kMaxStraySegments; ++i)
    EXPECT_EQ(c.up("\x01\x02\x03\n"), Verdict::kMore);
  EXPECT_EQ(c.up("\x01\x02\x03\n"), Verdict::kDone);
  EXPECT_EQ(c.sink.http.size(), 1u);
}

TEST(Http, SurvivesEveryFlippedBit) {
  const std::string down = std::string(kResponse) + std::string(kResponse);
  for (std::size_t bit = 0; bit < (kRequest.size() + down.size()) * 8; ++bit) {
    std::string request(kRequest);
    std::string response(down);
    std::string& flipped = bit / 8 < request.size() ? request : response;
    const std::size_t at = bit / 8 - (&flipped == &response ? request.size() : 0);
    flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit % 8);
    Conversation c;
    (void)c.up(request);
    (void)c.down(response);
    c.close();
    EXPECT_LE(c.sink.http.size(), 3u) << bit;
  }
}

}  // namespace
}  // namespace netmoth::protocols
