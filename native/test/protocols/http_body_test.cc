// Bodies of HTTP/1.x: files, decoded octets for inspection, and what browsers make of odd framing.
#include <gtest/gtest.h>
#include <zlib.h>

#include "protocols/http_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::RecordingSink;

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;
constexpr std::string_view kBody = "0123456789abcdefghij";

struct Conversation {
  base::CodecMemory memory{std::size_t{16} << 20};
  RecordingSink sink;
  HttpParser parser;

  Conversation() { sink.settings = {.files = true, .memory = &memory, .inspect = true}; }
  Verdict up(std::string_view text) { return parser.on_data(kUp, as_bytes(text), 0, sink); }
  Verdict down(std::string_view text) { return parser.on_data(kDown, as_bytes(text), 0, sink); }
  void close() { parser.on_close(sink); }
  // The `fileinfo` object of each file, in order.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const std::string& line : sink.lines) {
      const std::size_t at = line.find("\"fileinfo\":");
      if (at != std::string::npos) found.push_back(line.substr(at + 11, line.size() - at - 12));
    }
    return found;
  }
};

std::string gzip(std::string_view text) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = const_cast<Bytef*>(as_bytes(text).data());
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string file(std::string_view name, std::size_t size, std::uint64_t tx = 0,
                 std::string_view state = "CLOSED", bool gaps = false) {
  return std::string(R"({"filename":")") + std::string(name) + R"(","gaps":)" +
         (gaps ? "true" : "false") + R"(,"state":")" + std::string(state) +
         R"(","stored":false,"size":)" + std::to_string(size) + R"(,"tx_id":)" +
         std::to_string(tx) + "}";
}

TEST(HttpBody, TellsTheFileOfAResponseBesideItsTransaction) {
  Conversation c;
  (void)c.up("GET /dir/a%20b.bin?x HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)c.down("HTTP/1.1 206 OK\r\nContent-Range: bytes 5-24/100\r\nContent-Length: 20\r\n\r\n");
  (void)c.down(kBody);
  ASSERT_EQ(c.sink.lines.size(), 2u);
  EXPECT_EQ(c.sink.lines[0],
            R"({"http":{"hostname":"h","url":"/dir/a%20b.bin?x","content_range":)"
            R"({"raw":"bytes 5-24/100","start":5,"end":24,"size":100},"http_method":"GET",)"
            R"("protocol":"HTTP/1.1","status":206,"length":20},"app_proto":"http",)"
            R"("fileinfo":{"filename":"/dir/a b.bin","gaps":false,"state":"CLOSED",)"
            R"("stored":false,"size":20,"start":5,"end":24,"tx_id":0}})");
  EXPECT_EQ(c.sink.directions, std::vector{kDown});
  EXPECT_EQ(c.sink.contents[1], kBody);
  EXPECT_EQ(c.sink.contents_ended, 1u);
}

TEST(HttpBody, TellsFilesOfPostAndPutOnly) {
  Conversation c;
  for (const std::string_view method : {"POST", "PUT", "PATCH"}) {
    (void)c.up(std::string(method) + " /up HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    (void)c.down("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }
  EXPECT_EQ(c.files(), (std::vector{file("/up", 3, 0), file("/up", 3, 1)}));
  EXPECT_EQ(c.sink.directions, (std::vector{kUp, kUp}));
}

TEST(HttpBody, TellsEachFileOfAForm) {
  Conversation c;
  const std::string form =
      "--X\r\nContent-Disposition: form-data; name=a; filename=one.txt\r\n\r\n1\r\n"
      "--X\r\nContent-Disposition: form-data; name=b\r\n\r\nno file\r\n"
      "--X\r\nContent-Disposition: form-data; name=c; filename=none.txt\r\n\r\n\r\n"
      "--X\r\nContent-Disposition: form-data; name=d; filename=\"two.txt\"\r\n\r\n22\r\n--X--\r\n";
  (void)c.up(
      "POST /f HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=X\r\n"
      "Content-Length: " +
      std::to_string(form.size()) + "\r\n\r\n");
  for (const char octet : form)
    (void)c.up({&octet, 1});
  EXPECT_EQ(c.files(), (std::vector{file("one.txt", 1), file("two.txt", 2)}));
  EXPECT_EQ(c.sink.anomalies, std::vector<std::string>{"multipart_no_filedata"});
  EXPECT_EQ(c.sink.contents[0], form);
}

TEST(HttpBody, CountsWhatWasDecoded) {
  const std::string text(5000, 'x');
  const std::string body = gzip(text);
  const std::string response =
      "HTTP/1.1 200 OK\r\nContent-Encoding: GZIP\r\nContent-Disposition: "
      "attachment; filename=\"n.txt\"\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  for (std::size_t cut = 1; cut < response.size(); ++cut) {
    Conversation c;
    (void)c.up("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)c.down(std::string_view(response).substr(0, cut));
    (void)c.down(std::string_view(response).substr(cut));
    EXPECT_EQ(c.files(), std::vector{file("n.txt", 5000)}) << cut;
    EXPECT_EQ(c.sink.http.at(0).response_length, body.size());
    EXPECT_EQ(c.sink.contents[1], text) << cut;
  }
}

TEST(HttpBody, TakesOffTransferCodings) {
  const std::string body = gzip("hello");
  Conversation c;
  (void)c.up("GET /t HTTP/1.1\r\nHost: h\r\n\r\n");
  char size[16];
  (void)std::snprintf(size, sizeof size, "%zx", body.size());
  (void)c.down("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + std::string(size) +
               "\r\n" + body + "\r\n0\r\n\r\n");
  EXPECT_EQ(c.sink.contents[1], "hello");
  EXPECT_EQ(c.files(), std::vector{file("/t", 5)});
}

TEST(HttpBody, DecodesNothingWhereNobodyAsks) {
  Conversation c;
  c.sink.settings = {};
  const std::string body = gzip(kBody);
  (void)c.up("GET /t HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)c.down("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_TRUE(c.files().empty());
  EXPECT_TRUE(c.sink.contents[1].empty());
  EXPECT_EQ(c.sink.http.at(0).response_length, body.size());
  EXPECT_EQ(c.memory.used(), 0u);
}

TEST(HttpBody, EndsInspectionAtTheLimit) {
  Conversation c;
  c.sink.settings.response_inspected_octets = 30;
  (void)c.up("GET /t HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)c.down("HTTP/1.1 200 OK\r\n\r\n");
  for (int i = 0; i < 5; ++i)
    (void)c.down(kBody);
  EXPECT_EQ(c.sink.contents[1], std::string(kBody) + std::string(kBody.substr(0, 10)));
  EXPECT_EQ(c.sink.contents_ended, 1u);
  c.close();
  EXPECT_EQ(c.sink.contents_ended, 1u);
  EXPECT_EQ(c.sink.misplaced, 0u);
  EXPECT_EQ(c.files(), std::vector{file("/t", 100)});
}

TEST(HttpBody, TellsTruncatedFilesAndGaps) {
  Conversation c;
  (void)c.up("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)c.down("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n" + std::string(kBody));
  EXPECT_EQ(c.parser.on_gap(kDown, 10, c.sink), Verdict::kMore);
  (void)c.down("0123456789");
  (void)c.down("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n" + std::string(kBody));
  c.close();
  EXPECT_EQ(c.files(),
            (std::vector{file("/1", 30, 0, "CLOSED", true), file("/2", 20, 1, "TRUNCATED")}));
}

TEST(HttpBody, CountsAGapAsInspected) {
  Conversation c;
  c.sink.settings.response_inspected_octets = 30;
  (void)c.up("GET /g HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)c.down("HTTP/1.1 200 OK\r\n\r\n");
  (void)c.parser.on_gap(kDown, 1000, c.sink);
  (void)c.down(kBody);
  c.close();
  EXPECT_EQ(c.sink.contents[1], "");
  EXPECT_EQ(c.sink.contents_ended, 1u);
  EXPECT_EQ(c.files(), std::vector{file("/g", 20, 0, "CLOSED", true)});
}

// One response each that browsers read as kBody, and attackers therefore send.
TEST(HttpBody, ReadsOddFramingAsBrowsersDo) {
  const std::string chunked = "4\r\n0123\r\n10\r\n456789abcdefghij\r\n0\r\n\r\n";
  const std::string te = "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::string> responses{
      "HTTP/1.1 200 OK\nContent-Length: 20\n\n" + std::string(kBody),
      "HTTP/1.1 200 OK\rContent-Length: 20\r\n\r\n" + std::string(kBody),
      "junk\r\nHTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + std::string(kBody),
      " http/1.1 200 ok\r\nContent-Length: 20\r\n\r\n" + std::string(kBody),
      "HTTP/1.1 200 OK\r\n Content-Length: 20\r\n\r\n" + std::string(kBody),
      "HTTP/1.1 200 OK\r\nX: y\r\n Content-Length: 20\r\n\r\n" + std::string(kBody),
      "HTTP/1.1 200 OK\r\nContent-Length: 20\n \n" + std::string(kBody),
      "HTTP/1.1 200 OK\r\nX: y\r\n\r\r\nContent-Length: 20\r\n\r\n" + std::string(kBody),
      "HTTP/1.1 200 OK\r\nX: y\r\n\r \rContent-Length: 20\r\n\r\n" + std::string(kBody),
      "HTTP/1.1 200 OK\r\nContent-Length: x20\r\n\r\n" + std::string(kBody),
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 20\r\n\r\n" + std::string(kBody),
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + std::string(kBody),
      "HTTP/1.1 204 OK\r\nContent-Length: 20\r\n\r\n" + std::string(kBody),
      "HTTP/1.1 304 OK\r\n" + te + chunked,
      "HTTP/1.0 200 OK\r\n" + te + chunked,
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n" + te + chunked,
      "HTTP/1.1 200 OK\r\nTRANSFER-ENCODING:\t x, Chunked,\r\n\r\n" + chunked,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding : chu" + std::string(1, '\0') + "nked\r\n\r\n" +
          chunked,
      "HTTP/1.1 200 OK\r\nTransfer" + std::string(1, '\0') + "-Encoding: chunked\r\n\r\n" + chunked,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n" + chunked,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding\n :chunked\r\n\r\n" + chunked,
      "HTTP/1.1 200 OK\r\n" + te + "\r\n 14 ; ext=\"a\"\r\n" + std::string(kBody) + "\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n" + te + "000000000000014xyz\n" + std::string(kBody) + "junk\n0\n\n",
      "HTTP/1.1 200 OK\r\n" + te + "14\r\n" + std::string(kBody) + "\r\n0\r\nTrailer: x\r\n\r\n",
      std::string(kBody),  // HTTP/0.9
  };
  for (const std::string& response : responses) {
    Conversation c;
    (void)c.up("GET /q HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)c.down(response);
    c.close();
    EXPECT_EQ(c.sink.contents[1], kBody) << response;
    EXPECT_EQ(c.sink.http.size(), 1u) << response;
    EXPECT_EQ(c.files(), std::vector{file("/q", 20)}) << response;
  }
}

TEST(HttpBody, TakesAsItIsWhatHasNoChunkSize) {
  for (const std::string_view body : {"not chunked at all", "\r\n\r\nzz\r\nabc"}) {
    Conversation c;
    (void)c.up("GET /q HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)c.down("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body));
    c.close();
    EXPECT_EQ(c.sink.contents[1], body);
    EXPECT_EQ(c.sink.anomalies, std::vector<std::string>{"invalid_response_chunk_len"});
  }
}

TEST(HttpBody, AnswersWithoutABodyDoNotSwallowTheNext) {
  for (const std::string_view status : {"204 No", "304 Not"}) {
    Conversation c;
    (void)c.up("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)c.down("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 50\r\n\r\n" +
                 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    ASSERT_EQ(c.sink.http.size(), 2u);
    EXPECT_EQ(c.sink.http[1].status, 200);
  }
}

TEST(HttpBody, NamesBombs) {
  Conversation c;
  const std::string body = gzip(std::string(std::size_t{8} << 20, '\0'));
  (void)c.up("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)c.down("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(c.sink.anomalies, std::vector<std::string>{"compression_bomb"});
  EXPECT_EQ(c.files().size(), 1u);
  EXPECT_LE(c.sink.contents[1].size(), c.sink.settings.response_inspected_octets);
}

}  // namespace
}  // namespace netmoth::protocols
