#include <gtest/gtest.h>

#include "ber_builder.h"
#include "octets.h"
#include "protocols/krb5_message.h"
#include "protocols/krb5_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::from_hex;
using netmoth::testing::integer;
using netmoth::testing::item;
using netmoth::testing::Octets;
using netmoth::testing::operator+;
using netmoth::testing::put;
using netmoth::testing::RecordingSink;
using netmoth::testing::sized;

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;
Octets text(std::string_view value) {
  return item(0x1b, Octets(value.begin(), value.end()));
}
Octets field(unsigned number, const Octets& content) {
  return item(0xa0 + number, content);
}
Octets name(std::initializer_list<std::string_view> parts) {
  Octets strings;
  for (const std::string_view part : parts)
    put(strings, text(part));
  return item(0x30, field(0, integer(1)) + field(1, item(0x30, strings)));
}
Octets encrypted(unsigned type) {
  return item(0x30, field(0, integer(type)) + field(2, item(4, {1, 2, 3})));
}
Octets request(unsigned type) {
  return item(0x60 + type, item(0x30, field(1, integer(5)) + field(2, integer(type)) +
                                          field(4, item(0x30, {}))));
}
Octets reply(unsigned type, unsigned encryption, unsigned ticket_encryption) {
  const Octets ticket = item(0x61, item(0x30, field(0, integer(5)) + field(1, text("EXAMPLE.COM")) +
                                                  field(2, name({"krbtgt", "EXAMPLE.COM"})) +
                                                  field(3, encrypted(ticket_encryption))));
  return item(0x60 + type,
              item(0x30, field(0, integer(5)) + field(1, integer(type)) +
                             field(3, text("EXAMPLE.COM")) + field(4, name({"alice"})) +
                             field(5, ticket) + field(6, encrypted(encryption))));
}
Octets error(unsigned code) {
  const Octets time = item(0x18, from_hex("32303236303130313030303030305a"));
  return item(0x7e, item(0x30, field(0, integer(5)) + field(1, integer(30)) + field(4, time) +
                                   field(5, integer(0)) + field(6, integer(code)) +
                                   field(9, text("EXAMPLE.COM")) +
                                   field(10, name({"krbtgt", "EXAMPLE.COM"}))));
}

constexpr std::string_view kReply =
    R"({"krb5":{"msg_type":"KRB_AS_REP","cname":"alice","realm":"EXAMPLE.COM",)"
    R"("sname":"krbtgt/EXAMPLE.COM","encryption":"AES256_CTS_HMAC_SHA1_96",)"
    R"("weak_encryption":false,"ticket_encryption":"RC4_HMAC","ticket_weak_encryption":true}})";

TEST(Krb5, WritesAReply) {
  RecordingSink sink;
  Krb5Parser parser(Transport::kUdp);
  (void)parser.on_data(kUp, request(10), 0, sink);
  EXPECT_TRUE(sink.lines.empty());
  (void)parser.on_data(kDown, reply(11, 18, 23), 0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0], kReply);
  EXPECT_TRUE(sink.anomalies.empty());
}

TEST(Krb5, NamesWeakEncryption) {
  RecordingSink sink;
  Krb5Parser parser(Transport::kUdp);
  (void)parser.on_data(kDown, reply(13, 3, 99), 0, sink);
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"weak_encryption"});
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_NE(sink.lines[0].find(R"x("encryption":"DES_CBC_MD5","weak_encryption":true,)x"
                               R"x("ticket_encryption":"Unknown(99)")x"),
            std::string::npos);
}

TEST(Krb5, WritesAnErrorWithWhatFailed) {
  RecordingSink sink;
  Krb5Parser parser(Transport::kUdp);
  (void)parser.on_data(kDown, error(25), 0, sink);
  (void)parser.on_data(kUp, request(12), 0, sink);
  (void)parser.on_data(kDown, error(200), 0, sink);
  ASSERT_EQ(sink.lines.size(), 2u);
  const std::string rest = R"("cname":"<empty>","realm":"<empty>","sname":"krbtgt/EXAMPLE.COM",)"
                           R"("encryption":"<none>","weak_encryption":false}})";
  EXPECT_EQ(sink.lines[0], R"({"krb5":{"msg_type":"KRB_ERROR","failed_request":"UNKNOWN",)"
                           R"("error_code":"KDC_ERR_PREAUTH_REQUIRED",)" +
                               rest);
  EXPECT_EQ(sink.lines[1], R"x({"krb5":{"msg_type":"KRB_ERROR","failed_request":"KRB_TGS_REQ",)x"
                           R"x("error_code":"Unknown(200)",)x" +
                               rest);
}

TEST(Krb5, NamesWhatIsCut) {
  const Octets whole = reply(11, 18, 18);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    RecordingSink sink;
    Krb5Parser parser(Transport::kUdp);
    (void)parser.on_data(kDown, Bytes(whole).first(length), 0, sink);
    EXPECT_EQ(sink.anomalies, std::vector<std::string>{"malformed_data"}) << length;
    EXPECT_TRUE(sink.lines.empty());
  }
}

TEST(Krb5Tcp, ReadsMessagesSplitAnywhere) {
  const Octets stream = sized(reply(11, 18, 23), 4) + sized(reply(11, 18, 23), 4);
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    RecordingSink sink;
    Krb5Parser parser(Transport::kTcp);
    (void)parser.on_data(kDown, Bytes(stream).first(cut), 0, sink);
    (void)parser.on_data(kDown, Bytes(stream).subspan(cut), 0, sink);
    ASSERT_EQ(sink.lines.size(), 2u) << cut;
    EXPECT_EQ(sink.lines[1], kReply);
  }
}

TEST(Krb5Tcp, FindsTheNextMessageAfterAGapOrALengthThatCannotBe) {
  const Octets stream = sized(reply(11, 18, 23), 4);
  RecordingSink sink;
  Krb5Parser parser(Transport::kTcp);
  (void)parser.on_data(kDown, Bytes(stream).first(20), 0, sink);
  (void)parser.on_gap(kDown, 10, sink);
  (void)parser.on_data(kDown, Bytes(stream).subspan(30), 0, sink);
  EXPECT_TRUE(sink.lines.empty());
  (void)parser.on_data(kDown, stream, 0, sink);
  EXPECT_EQ(sink.lines.size(), 1u);
  (void)parser.on_data(kDown, from_hex("7fffffff 00"), 0, sink);
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"malformed_data"});
  (void)parser.on_data(kDown, stream, 0, sink);
  EXPECT_EQ(sink.lines.size(), 2u);
}

}  // namespace
}  // namespace netmoth::protocols
