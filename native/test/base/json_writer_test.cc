#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/hex.h"
#include "base/text.h"

namespace netmoth::base {
namespace {

std::string text_of(std::string_view untrusted) {
  std::string out;
  JsonWriter(out).text(untrusted);
  return out;
}

TEST(JsonWriter, PutsCommasBetweenMembersAndElements) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("a", 1);
  json.member("b", std::string_view("x"));
  json.key("c");
  json.begin_array();
  json.number(std::uint64_t{18446744073709551615ULL});
  json.number(std::int64_t{-9223372036854775807LL - 1});
  json.begin_object();
  json.end_object();
  json.end_array();
  json.member("d", true);
  json.key("e");
  json.raw("{\"f\":0}");
  json.member("g", false);
  json.end_object();
  EXPECT_EQ(out, R"({"a":1,"b":"x","c":[18446744073709551615,-9223372036854775808,{}],"d":true,)"
                 R"("e":{"f":0},"g":false})");
}

TEST(JsonWriter, EscapesWhatJsonRequires) {
  EXPECT_EQ(text_of("a\"b\\c\b\t\n\f\r"), R"("a\"b\\c\b\t\n\f\r")");
  EXPECT_EQ(text_of(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
}

TEST(JsonWriter, FindsTheEscapeAtEveryPositionOfALongText) {
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string input(length, 'x');
      input[at] = '"';
      std::string expected =
          "\"" + std::string(at, 'x') + "\\\"" + std::string(length - at - 1, 'x') + "\"";
      EXPECT_EQ(text_of(input), expected);
    }
  }
}

TEST(JsonWriter, KeepsUtf8AndSpellsOtherBytesAsSuricataDoes) {
  EXPECT_EQ(text_of("gr\xc3\xbc\xc3\x9f \xf0\x9f\xa6\x8b"),
            "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\xa6\x8b\"");
  EXPECT_EQ(text_of("VACKD\x03\xc5\xe9\x01"), R"("VACKD\u0003\\xc5\\xe9\u0001")");
  // One bad byte and even the good sequences are spelled out: the text as a whole is no UTF-8.
  EXPECT_EQ(text_of("\xc3\xbc\xff"), R"("\\xc3\\xbc\\xff")");
}

TEST(JsonWriter, RefusesWhatOnlyLooksLikeUtf8) {
  for (const std::string_view bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                     "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                                     "\xc3", "\xe2\x82", "\xf0\x9f\xa6", "\xfe", "\xff"}) {
    EXPECT_FALSE(is_utf8(bad)) << to_hex(as_bytes(bad));
  }
  for (const std::string_view good : {"", "\x7f", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                      "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << to_hex(as_bytes(good));
  }
}

TEST(JsonWriter, WritesTimestampsInUtcWithMicroseconds) {
  const auto stamp = [](TimestampNs time) {
    std::string out;
    append_timestamp(out, time);
    return out;
  };
  EXPECT_EQ(stamp(0), "1970-01-01T00:00:00.000000+0000");
  EXPECT_EQ(stamp(1'795'185'135'123'456'789), "2026-11-20T14:32:15.123456+0000");
  EXPECT_EQ(stamp(1'795'185'135'999'999'999), "2026-11-20T14:32:15.999999+0000");
  EXPECT_EQ(stamp(951'782'400'000'000'000), "2000-02-29T00:00:00.000000+0000");
  EXPECT_EQ(stamp(-1), "1969-12-31T23:59:59.999999+0000");
  EXPECT_EQ(stamp(std::numeric_limits<TimestampNs>::max()), "2262-04-11T23:47:16.854775+0000");
  EXPECT_EQ(stamp(std::numeric_limits<TimestampNs>::min()), "1677-09-21T00:12:43.145224+0000");
}

TEST(JsonWriter, WritesAddressesAsSuricataDoes) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.address(Address{{192, 0, 2, 255}}, 4);
  json.address(
      Address{{0x26, 0, 0x1f, 0x13, 0, 0xf8, 0xd4, 0, 3, 0xa6, 0, 0, 0xe0, 0x11, 0x18, 0xeb}}, 6);
  json.address(Address{}, 6);
  json.end_array();
  EXPECT_EQ(out, R"(["192.0.2.255","2600:1f13:00f8:d400:03a6:0000:e011:18eb",)"
                 R"("0000:0000:0000:0000:0000:0000:0000:0000"])");
}

TEST(JsonWriter, WritesHexAndDoubles) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  const std::uint8_t bytes[] = {0, 0xab, 0xff};
  json.hex(bytes);
  json.hex(bytes, ':');
  json.hex({});
  json.number(0.25);
  json.number(std::numeric_limits<double>::quiet_NaN());
  json.number(std::numeric_limits<double>::infinity());
  json.end_array();
  EXPECT_EQ(out, R"(["00abff","00:ab:ff","",0.25,null,null])");
}

// The buffer starts with nothing and grows in the middle of tokens; a string gets the same.
TEST(JsonWriter, ABufferGivesWhatAStringGives) {
  TextBuffer buffer;
  std::string text;
  JsonWriter into_buffer(buffer);
  JsonWriter into_text(text);
  for (JsonWriter* json : {&into_buffer, &into_text}) {
    json->begin_array();
    for (int i = 0; i < 200; ++i) {
      json->begin_object();
      json->member("text", std::string_view("quote \" and \xc3\xa4 and \x01"));
      json->member("foreign", std::string(static_cast<std::size_t>(i), '\xff'));
      json->member_plain("plain", "");
      json->member("number", -i);
      json->member("real", 0.5);
      json->key("time");
      json->timestamp(1'700'000'000'123'456'789);
      json->end_object();
    }
    json->end_array();
  }
  EXPECT_EQ(buffer.view(), text);
  EXPECT_GT(text.size(), 100'000U);
  buffer.clear();
  EXPECT_EQ(buffer.size(), 0U);
}

}  // namespace
}  // namespace netmoth::base
