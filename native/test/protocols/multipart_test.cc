#include "protocols/multipart.h"

#include <gtest/gtest.h>

#include "protocols/header_value.h"

namespace netmoth::protocols {
namespace {

struct Part {
  std::string name, file_name, data;
  bool ended = false;
  bool whole = false;
};

struct Parts final : MultipartSink {
  std::vector<Part> parts;
  std::size_t invalid = 0;
  void on_part(std::string_view name, std::string_view file_name) override {
    parts.push_back({std::string(name), std::string(file_name), {}, false, false});
  }
  void on_part_data(Bytes data) override { parts.back().data.append(as_text(data)); }
  void on_part_end(bool whole) override {
    EXPECT_FALSE(parts.back().ended);
    parts.back().ended = true;
    parts.back().whole = whole;
  }
  void on_part_header_invalid() override { ++invalid; }
};

constexpr std::string_view kForm =
    "preamble\r\n--BB\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n"
    "--BB\r\ncontent-disposition: form-data; name=f; filename=\"x; y.txt\"\r\n"
    "Content-Type: text/plain\r\n\r\nfirst\r\n-- B\r\r\n--B\n--Cline\r\n\r\n--BB  \r\n"
    "Content-Disposition: form-data; name=e; filename=empty\r\n\r\n\r\n--BB--\r\nepilogue --BB";

Parts read(std::string_view text, std::size_t piece, std::string_view boundary = "BB") {
  Parts out;
  MultipartReader reader;
  EXPECT_TRUE(reader.start(boundary));
  for (std::size_t at = 0; at < text.size(); at += piece)
    reader.write(as_bytes(text.substr(at, piece)), out);
  reader.finish(out);
  return out;
}

TEST(Multipart, ReadsPartsInPiecesOfAnySize) {
  for (const std::size_t piece : {1u, 2u, 3u, 5u, 7u, 1000u}) {
    const Parts form = read(kForm, piece);
    ASSERT_EQ(form.parts.size(), 3u) << piece;
    EXPECT_EQ(form.parts[0].name, "a");
    EXPECT_EQ(form.parts[0].file_name, "");
    EXPECT_EQ(form.parts[0].data, "value");
    EXPECT_EQ(form.parts[1].name, "f");
    EXPECT_EQ(form.parts[1].file_name, "x; y.txt");
    EXPECT_EQ(form.parts[1].data, "first\r\n-- B\r\r\n--B\n--Cline\r\n");
    EXPECT_EQ(form.parts[2].file_name, "empty");
    EXPECT_EQ(form.parts[2].data, "");
    for (const Part& part : form.parts)
      EXPECT_TRUE(part.ended && part.whole) << piece;
  }
}

TEST(Multipart, BeginsWithTheDelimiterOrWithLineFeedsAlone) {
  const Parts form = read("--BB\nContent-Disposition: x; filename=n\n\n--not\n--BB--", 4);
  ASSERT_EQ(form.parts.size(), 1u);
  EXPECT_EQ(form.parts[0].data, "--not");
}

TEST(Multipart, EndsWhatIsCutAnywhere) {
  for (std::size_t length = 0; length < kForm.size(); ++length) {
    const Parts cut = read(kForm.substr(0, length), 1000);
    for (const Part& part : cut.parts)
      EXPECT_TRUE(part.ended) << length;
    if (!cut.parts.empty()) {
      EXPECT_TRUE(std::string_view("value\r\n--BB").starts_with(cut.parts[0].data));
    }
  }
}

TEST(Multipart, SurvivesEveryFlippedBit) {
  for (std::size_t bit = 0; bit < kForm.size() * 8; ++bit) {
    std::string flipped(kForm);
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const Parts form = read(flipped, 9);
    std::size_t octets = 0;
    for (const Part& part : form.parts) {
      EXPECT_TRUE(part.ended);
      octets += part.data.size();
    }
    EXPECT_LE(octets, kForm.size());
  }
}

TEST(Multipart, RefusesBoundariesThatCannotBe) {
  MultipartReader reader;
  EXPECT_FALSE(reader.start(""));
  EXPECT_FALSE(reader.start("a\nb"));
  EXPECT_FALSE(reader.start(std::string(kMaxBoundary + 1, 'b')));
  Parts out;
  reader.write(as_bytes("--\r\n\r\nx"), out);
  EXPECT_TRUE(out.parts.empty());
}

TEST(Multipart, BoundsHeadersAndNamesBrokenOnes) {
  std::string form = "--BB\r\nno colon\r\n";
  for (int i = 0; i < 1000; ++i)
    form += "X-Header: " + std::string(50, 'x') + "\r\n";
  form += "Content-Disposition: form-data; filename=late\r\n\r\nd\r\n--BB--";
  const Parts out = read(form, 100);
  EXPECT_EQ(out.invalid, 1u);
  ASSERT_EQ(out.parts.size(), 1u);
  EXPECT_EQ(out.parts[0].file_name, "");
  EXPECT_EQ(out.parts[0].data, "d");
}

TEST(HeaderValue, FindsParameters) {
  EXPECT_EQ(header_parameter("attachment; FileName = \"a\\\"b;c\" ; x=1", "filename"), "a\\\"b;c");
  EXPECT_EQ(header_parameter("attachment; filename=plain.txt", "filename"), "plain.txt");
  EXPECT_EQ(header_parameter("attachment; filename=\"open", "filename"), "open");
  EXPECT_EQ(header_parameter("attachment; notfilename=x", "filename"), "");
  EXPECT_EQ(header_parameter("", "filename"), "");
}

TEST(HeaderValue, ReadsContentRanges) {
  const auto range = read_content_range("bytes 5-9/100");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->start, 5u);
  EXPECT_EQ(range->end, 9u);
  EXPECT_EQ(range->size, 100u);
  EXPECT_FALSE(read_content_range("bytes */100")->start);
  EXPECT_FALSE(read_content_range("bytes 1-2/*")->size);
  for (const std::string_view wrong : {"", "bytes", "items 1-2/3", "bytes 1-/3", "bytes 1-2"})
    EXPECT_FALSE(read_content_range(wrong)) << wrong;
}

TEST(HeaderValue, NormalisesPaths) {
  EXPECT_EQ(normal_path("/a/b.txt?q=1#f"), "/a/b.txt");
  EXPECT_EQ(normal_path("http://h:80/x%20y"), "/x y");
  EXPECT_EQ(normal_path("http://h"), "/");
  EXPECT_EQ(normal_path("/a//b/./c/../d\\e"), "/a/b/d/e");
  EXPECT_EQ(normal_path("/../.."), "/");
  EXPECT_EQ(normal_path("/dir/"), "/dir/");
  EXPECT_EQ(normal_path("/%zz%4"), "/%zz%4");
  EXPECT_EQ(normal_path("*"), "*");
  EXPECT_EQ(normal_path(""), "");
}

}  // namespace
}  // namespace netmoth::protocols
