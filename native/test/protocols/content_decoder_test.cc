#include "protocols/content_decoder.h"

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <lzma.h>
#include <zlib.h>

namespace netmoth::protocols {
namespace {

constexpr int kGzip = 15 + 16, kZlib = 15, kRaw = -15;

std::string deflated(std::string_view text, int bits) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 9, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY), Z_OK);
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

std::string brotli(std::string_view text) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size()) + 64;
  std::string out(size, '\0');
  EXPECT_TRUE(BrotliEncoderCompress(5, 18, BROTLI_MODE_TEXT, text.size(), as_bytes(text).data(),
                                    &size, reinterpret_cast<std::uint8_t*>(out.data())));
  out.resize(size);
  return out;
}

// The .lzma format, with its end marked.
std::string lzma(std::string_view text, std::uint32_t window = 1U << 16) {
  lzma_options_lzma options;
  EXPECT_FALSE(lzma_lzma_preset(&options, 1));
  options.dict_size = window;
  lzma_stream stream = LZMA_STREAM_INIT;
  EXPECT_EQ(lzma_alone_encoder(&stream, &options), LZMA_OK);
  std::string out(text.size() + 4096, '\0');
  stream.next_in = as_bytes(text).data();
  stream.avail_in = text.size();
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = out.size();
  EXPECT_EQ(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  lzma_end(&stream);
  return out;
}

struct Decoded final : DecodedSink {
  std::string text;
  std::uint64_t octets = 0;
  std::size_t kept = std::size_t{1} << 20;
  std::vector<CodingEvent> events;
  void on_decoded(Bytes data) override {
    octets += data.size();
    text.append(as_text(data).substr(0, kept - std::min(kept, text.size())));
  }
  void on_coding_event(CodingEvent event) override { events.push_back(event); }
};

struct Fixture : ::testing::Test {
  base::CodecMemory memory{std::size_t{16} << 20};

  Decoded decode(std::string_view coding, std::string_view data, std::size_t piece = 1U << 20,
                 std::string_view transfer = {}) {
    Decoded out;
    ContentDecoder decoder(memory);
    decoder.start(coding, transfer, out);
    for (std::size_t at = 0; at < data.size(); at += piece)
      decoder.write(as_bytes(data.substr(at, piece)), out);
    decoder.finish(out);
    return out;
  }
};

const std::string kText = [] {
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += "line " + std::to_string(i * 7919 % 3000) + "\n";
  return text;
}();

using ContentDecoderTest = Fixture;

TEST_F(ContentDecoderTest, ReadsEachCodingInPiecesOfAnySize) {
  const std::vector<std::pair<std::string_view, std::string>> coded{
      {"gzip", deflated(kText, kGzip)},
      {"X-GZip", deflated(kText, kGzip)},
      {"deflate", deflated(kText, kZlib)},
      {"deflate", deflated(kText, kRaw)},
      {"gzip", deflated(kText, kRaw)},
      {"deflate", deflated(kText, kGzip)},
      {"br", brotli(kText)},
      {"lzma", lzma(kText)},
      {"LZMA", lzma(kText)},
      {"identity", kText},
  };
  for (const auto& [coding, data] : coded) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
      const Decoded out = decode(coding, data, piece);
      EXPECT_EQ(out.text, kText) << coding << piece;
      EXPECT_TRUE(out.events.empty()) << coding;
    }
  }
  EXPECT_EQ(memory.used(), 0u);
}

TEST_F(ContentDecoderTest, TakesLayersOffInTheRightOrder) {
  EXPECT_EQ(decode("br, gzip", deflated(brotli(kText), kGzip)).text, kText);
  EXPECT_EQ(decode("lzma, gzip", deflated(lzma(kText), kGzip), 11).text, kText);
  EXPECT_EQ(decode("gzip br", brotli(deflated(kText, kGzip)), 3).text, kText);
  EXPECT_EQ(
      decode("gzip, deflate, gzip", deflated(deflated(deflated(kText, kGzip), kZlib), kGzip), 5)
          .text,
      kText);
  EXPECT_EQ(decode("gzip", deflated(deflated(kText, kGzip), kZlib), 5, "deflate, chunked").text,
            kText);
  const Decoded four = decode("gzip, gzip, gzip, gzip", "x");
  EXPECT_EQ(four.events.at(0), CodingEvent::kTooManyLayers);
}

TEST_F(ContentDecoderTest, NamesAbnormalCodings) {
  EXPECT_EQ(decode("xgzip", deflated(kText, kGzip)).text, kText);
  EXPECT_EQ(decode("xgzip", deflated(kText, kGzip)).events, std::vector{CodingEvent::kAbnormal});
  EXPECT_EQ(decode("compress", "abc").text, "abc");
  EXPECT_EQ(decode("compress", "abc").events, std::vector{CodingEvent::kAbnormal});
  EXPECT_TRUE(decode("", "abc").events.empty());
}

TEST_F(ContentDecoderTest, ReadsWhatBrowsersRead) {
  const std::string gzip = deflated(kText, kGzip);
  std::string checksum = gzip;
  checksum[checksum.size() - 6] ^= 1;
  EXPECT_EQ(decode("gzip", checksum).text, kText);
  std::string flags = gzip;
  flags[3] = '\xe0';  // reserved ones
  EXPECT_EQ(decode("gzip", flags).text, kText);
  std::string named = gzip;
  named[3] = 0x1e;  // header check, extra field, name, comment
  named.insert(10, std::string("\x03\x00xyzname\0comment\0cc", 20));
  EXPECT_EQ(decode("gzip", named, 1).text, kText);
  EXPECT_EQ(decode("gzip", gzip + "junk behind the end").text, kText);
  EXPECT_EQ(decode("gzip", gzip + gzip, 11).text, kText + kText);
}

TEST_F(ContentDecoderTest, HandsOnWhatIsNotCoded) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}}) {
    for (const std::string_view coding : {"gzip", "deflate", "br", "lzma"}) {
      const Decoded out = decode(coding, "this is no compressed data at all", piece);
      EXPECT_EQ(out.text, "this is no compressed data at all") << coding << piece;
      EXPECT_EQ(out.events, std::vector{CodingEvent::kFailed}) << coding;
    }
  }
  EXPECT_EQ(decode("gzip", "x").text, "x");
}

TEST_F(ContentDecoderTest, KeepsWhatCameBeforeAFault) {
  std::string broken = deflated(kText, kGzip);
  broken.replace(broken.size() / 2, 40, 40, '\xff');
  const Decoded out = decode("gzip", broken, 100);
  EXPECT_GT(out.text.size(), 1000u);
  EXPECT_EQ(out.text.substr(0, 1000), kText.substr(0, 1000));
}

TEST_F(ContentDecoderTest, BoundsWhatABombMakes) {
  const std::string zeros(std::size_t{64} << 20, '\0');
  const std::string once = deflated(zeros, kGzip);
  const Decoded single = decode("gzip", once, 1000);
  EXPECT_EQ(single.events, std::vector{CodingEvent::kBomb});
  EXPECT_LE(single.octets, kBombFloor + kBombRatio * once.size());
  const std::string twice = deflated(once, kGzip);
  const Decoded both = decode("gzip, gzip", twice);
  EXPECT_EQ(both.events, std::vector{CodingEvent::kBomb});
  EXPECT_LE(both.octets, kBombFloor + (std::size_t{64} << 10));
  EXPECT_EQ(memory.used(), 0u);
}

TEST_F(ContentDecoderTest, LzmaHasAWindowOfItsOwnSize) {
  std::string large = lzma(kText);
  large[4] = '\x40';  // says it looks back a gigabyte
  EXPECT_EQ(decode("lzma", large, 5).text, kText);
  EXPECT_EQ(memory.refused(), 0u);
  std::string sized = lzma(kText);
  const std::uint64_t size = kText.size();
  for (std::size_t i = 0; i < 8; ++i)
    sized[5 + i] = static_cast<char>(size >> 8 * i);
  EXPECT_EQ(decode("lzma", sized + "what follows the end", 9).text, kText);
  const std::string zeros(std::size_t{64} << 20, '\0');
  const std::string bomb = lzma(zeros);
  const Decoded out = decode("lzma", bomb, 1000);
  EXPECT_EQ(out.events, std::vector{CodingEvent::kBomb});
  EXPECT_LE(out.octets, kBombFloor + kBombRatio * bomb.size() + (std::size_t{64} << 10));
  EXPECT_EQ(memory.used(), 0u);
}

TEST_F(ContentDecoderTest, DoesWithoutMemory) {
  base::CodecMemory none(1000);
  Decoded out;
  ContentDecoder decoder(none);
  decoder.start("gzip", {}, out);
  decoder.write(as_bytes(deflated(kText, kGzip)), out);
  decoder.finish(out);
  EXPECT_TRUE(out.text.empty());
  EXPECT_EQ(out.events, std::vector{CodingEvent::kFailed});
  EXPECT_GT(none.refused(), 0u);
}

TEST_F(ContentDecoderTest, SurvivesEveryCutAndEveryFlippedBit) {
  const std::string text = kText.substr(0, 600);
  for (const auto& [coding, data] :
       {std::pair<std::string_view, std::string>{"gzip", deflated(text, kGzip)},
        {"deflate", deflated(text, kZlib)},
        {"br", brotli(text)},
        {"lzma", lzma(text)}}) {
    for (std::size_t length = 0; length < data.size(); ++length) {
      const Decoded cut = decode(coding, data.substr(0, length), 13);
      // A start of the text, or, where nothing could be made of it, the octets themselves.
      EXPECT_TRUE(text.starts_with(cut.text) || data.starts_with(cut.text)) << coding << length;
    }
    for (std::size_t bit = 0; bit < data.size() * 8; ++bit) {
      std::string flipped = data;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      EXPECT_LE(decode(coding, flipped, 29).octets, kBombFloor + kBombRatio * data.size());
    }
  }
  EXPECT_EQ(memory.used(), 0u);
}

}  // namespace
}  // namespace netmoth::protocols
