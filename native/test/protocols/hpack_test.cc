#include "protocols/hpack.h"

#include <gtest/gtest.h>

#include "protocols/hpack_huffman.h"

namespace netmoth::protocols {
namespace {

std::string from_hex(std::string_view hex) {
  std::string octets;
  int high = -1;
  for (const char c : hex) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      octets.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    }
  }
  return octets;
}

// The fields of one block as lines, or the status where it is not good.
std::string decoded(HpackDecoder& decoder, std::string_view hex) {
  std::vector<HeaderField> fields;
  const std::string block = from_hex(hex);
  const HpackStatus status = decoder.decode(as_bytes(block), fields);
  if (status != HpackStatus::kOk) return "status " + std::to_string(static_cast<int>(status));
  std::string lines;
  for (const HeaderField& field : fields)
    lines += field.name + ": " + field.value + "\n";
  return lines;
}

constexpr std::string_view kFirstRequest =
    ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n";
constexpr std::string_view kSecondRequest =
    ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n"
    "cache-control: no-cache\n";
constexpr std::string_view kThirdRequest =
    ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\n"
    "custom-key: custom-value\n";
constexpr std::string_view kFirstResponse =
    ":status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n"
    "location: https://www.example.com\n";
constexpr std::string_view kSecondResponse =
    ":status: 307\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n"
    "location: https://www.example.com\n";
constexpr std::string_view kThirdResponse =
    ":status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\n"
    "location: https://www.example.com\ncontent-encoding: gzip\n"
    "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n";

TEST(Hpack, ReadsEachRepresentation) {  // RFC 7541 C.2
  HpackDecoder one;
  EXPECT_EQ(decoded(one, "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572"),
            "custom-key: custom-header\n");
  EXPECT_EQ(one.table_octets(), 55u);
  HpackDecoder two;
  EXPECT_EQ(decoded(two, "040c 2f73 616d 706c 652f 7061 7468"), ":path: /sample/path\n");
  EXPECT_EQ(two.table_octets(), 0u);
  EXPECT_EQ(decoded(two, "1008 7061 7373 776f 7264 0673 6563 7265 74"), "password: secret\n");
  EXPECT_EQ(two.table_octets(), 0u);
  EXPECT_EQ(decoded(two, "82"), ":method: GET\n");
}

TEST(Hpack, ReadsRequestsWithoutHuffman) {  // C.3
  HpackDecoder d;
  EXPECT_EQ(decoded(d, "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d"), kFirstRequest);
  EXPECT_EQ(d.table_octets(), 57u);
  EXPECT_EQ(decoded(d, "8286 84be 5808 6e6f 2d63 6163 6865"), kSecondRequest);
  EXPECT_EQ(d.table_octets(), 110u);
  EXPECT_EQ(decoded(d, "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65"),
            kThirdRequest);
  EXPECT_EQ(d.table_octets(), 164u);
}

TEST(Hpack, ReadsRequestsWithHuffman) {  // C.4
  HpackDecoder d;
  EXPECT_EQ(decoded(d, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"), kFirstRequest);
  EXPECT_EQ(d.table_octets(), 57u);
  EXPECT_EQ(decoded(d, "8286 84be 5886 a8eb 1064 9cbf"), kSecondRequest);
  EXPECT_EQ(d.table_octets(), 110u);
  EXPECT_EQ(decoded(d, "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"),
            kThirdRequest);
  EXPECT_EQ(d.table_octets(), 164u);
}

TEST(Hpack, EvictsInResponsesWithoutHuffman) {  // C.5, with a table of 256 octets
  HpackDecoder d;
  EXPECT_EQ(decoded(d, "3fe1 01"), "");
  EXPECT_EQ(decoded(d,
                    "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 "
                    "3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 "
                    "7861 6d70 6c65 2e63 6f6d"),
            kFirstResponse);
  EXPECT_EQ(d.table_octets(), 222u);
  EXPECT_EQ(decoded(d, "4803 3330 37c1 c0bf"), kSecondResponse);
  EXPECT_EQ(d.table_octets(), 222u);
  EXPECT_EQ(decoded(d,
                    "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 "
                    "474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 "
                    "454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 "
                    "6572 7369 6f6e 3d31"),
            kThirdResponse);
  EXPECT_EQ(d.table_octets(), 215u);
}

TEST(Hpack, EvictsInResponsesWithHuffman) {  // C.6
  HpackDecoder d;
  EXPECT_EQ(decoded(d, "3fe1 01"), "");
  EXPECT_EQ(decoded(d,
                    "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 "
                    "82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3"),
            kFirstResponse);
  EXPECT_EQ(d.table_octets(), 222u);
  EXPECT_EQ(decoded(d, "4883 640e ffc1 c0bf"), kSecondResponse);
  EXPECT_EQ(d.table_octets(), 222u);
  EXPECT_EQ(decoded(d,
                    "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b "
                    "d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 "
                    "0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07"),
            kThirdResponse);
  EXPECT_EQ(d.table_octets(), 215u);
}

TEST(Hpack, RefusesWhatCannotBe) {
  for (const std::string_view hex : {"80", "be", "ff00", "0405 61", "3fe2 1f", "048100"}) {
    HpackDecoder d;
    EXPECT_EQ(decoded(d, hex), "status 1") << hex;
  }
  HpackDecoder d;
  EXPECT_EQ(decoded(d, "ff80 8080 8080 8001"), "status 2");
}

TEST(Hpack, BoundsWhatOneBlockMakes) {
  HpackDecoder d;
  std::vector<HeaderField> fields;
  // One entry of 4 000 octets, then two thousand references to it.
  std::string block("\x40\x01x\x7f\xa1\x1e", 6);
  block.append(4000, 'v').append(2000, '\xbe');
  EXPECT_EQ(d.decode(as_bytes(block), fields), HpackStatus::kTooLarge);
  std::size_t octets = 0;
  for (const HeaderField& field : fields)
    octets += field.size();
  EXPECT_GT(octets, kMaxHeaderList / 2);
  EXPECT_LE(octets, kMaxHeaderList);
}

TEST(Hpack, HuffmanStopsAtItsLimitAndAtBadPadding) {
  std::string out;
  const std::string zeros(100, '\0');
  EXPECT_FALSE(huffman_decode(as_bytes(zeros), 10, out));
  EXPECT_EQ(out, "0000000000");
  out.clear();
  EXPECT_FALSE(huffman_decode(as_bytes("\xff"), 10, out));
  EXPECT_FALSE(huffman_decode(as_bytes("\xff\xff\xff\xff"), 10, out));
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace netmoth::protocols
