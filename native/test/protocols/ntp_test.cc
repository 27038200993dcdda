#include <gtest/gtest.h>

#include "octets.h"
#include "protocols/ntp_message.h"
#include "protocols/ntp_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::from_hex;
using netmoth::testing::Octets;
using netmoth::testing::put;
using netmoth::testing::RecordingSink;

constexpr auto kUp = Direction::kToServer;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr TimestampNs kCaptured = 1'700'000'000 * kNsPerSecond;  // 2023-11-14T22:13:20
constexpr std::uint64_t kCapturedStamp = (1'700'000'000ULL + 2'208'988'800ULL) << 32;

// RFC 5905 figure 8, with the first octet (leap, version, mode) and the stratum of choice.
Octets clock(unsigned first, unsigned stratum, std::string_view reference_id) {
  Octets out;
  put(out, first, 1);
  put(out, stratum, 1);
  put(out, from_hex("06 ec 00008000 00014000"));
  put(out, from_hex(reference_id));
  put(out, kCapturedStamp - (60ULL << 32), 8);
  put(out, 0, 8);
  put(out, kCapturedStamp | 0x80000000U, 8);
  put(out, kCapturedStamp | 0xc0000000U, 8);
  return out;
}

Octets extension(unsigned type, std::size_t length) {
  Octets out;
  put(out, type, 2);
  put(out, length, 2);
  out.resize(length);
  return out;
}

RecordingSink played(Bytes wire) {
  RecordingSink sink;
  NtpParser parser;
  EXPECT_EQ(parser.on_data(kUp, wire, kCaptured, sink), Verdict::kMore);
  return sink;
}

std::string told(const Octets& wire) {
  const RecordingSink sink = played(wire);
  EXPECT_TRUE(sink.anomalies.empty());
  return sink.lines.empty() ? std::string() : sink.lines[0];
}

bool tells(const Octets& wire, std::string_view part) {
  return told(wire).find(part) != std::string::npos;
}

TEST(Ntp, WritesAServersAnswer) {
  EXPECT_EQ(told(clock(0x24, 2, "c0000207")),
            R"({"ntp":{"version":4,"mode":"server","leap_indicator":0,"stratum":2,"poll":6,)"
            R"("precision":-20,"root_delay_ms":500,"root_dispersion_ms":1250,)"
            R"("reference_id":"192.0.2.7",)"
            R"("reference_timestamp":"2023-11-14T22:12:20.000000+0000",)"
            R"("receive_timestamp":"2023-11-14T22:13:20.500000+0000",)"
            R"("transmit_timestamp":"2023-11-14T22:13:20.750000+0000"}})");
}

TEST(Ntp, NamesEveryModeOfEveryVersion) {
  for (unsigned version = 1; version <= 4; ++version) {
    for (std::uint8_t mode = 0; mode <= 5; ++mode) {
      const std::string start = R"({"ntp":{"version":)" + std::to_string(version) + R"(,"mode":")" +
                                std::string(ntp_mode_name(mode)) + '"';
      EXPECT_TRUE(told(clock(version << 3 | mode, 2, "c0000207")).starts_with(start)) << start;
    }
  }
}

TEST(Ntp, TheReferenceOfALowStratumIsText) {
  EXPECT_TRUE(tells(clock(0x24, 1, "47505300"), R"("reference_id":"GPS")"));
  EXPECT_TRUE(tells(clock(0xe4, 0, "52415445"), R"("leap_indicator":3,"stratum":0)"));
  EXPECT_TRUE(tells(clock(0xe4, 0, "52415445"), R"("reference_id":"RATE")"));
  EXPECT_FALSE(tells(clock(0xe3, 0, "00000000"), "reference_id"));
}

TEST(Ntp, TimesAreOfTheEraNearestTheCapture) {
  // Era 1 begins on 2036-02-07T06:28:16.
  constexpr TimestampNs kEra1 = 2'085'978'496 * kNsPerSecond;
  EXPECT_EQ(ntp_time(1ULL << 32, kCaptured), kEra1 + kNsPerSecond);
  EXPECT_EQ(ntp_time(0xffffffffULL << 32, kEra1), kEra1 - kNsPerSecond);
  EXPECT_EQ(ntp_time(0x80000000U, kEra1), kEra1 + kNsPerSecond / 2);
  EXPECT_EQ(ntp_time(kCapturedStamp, kCaptured), kCaptured);
  EXPECT_EQ(ntp_time(0, kCaptured), std::nullopt);
  // Captures may say any time: no overflow.
  for (const TimestampNs captured : {INT64_MIN, TimestampNs{0}, INT64_MAX}) {
    EXPECT_TRUE(ntp_time(1ULL << 63, captured).has_value());
    EXPECT_TRUE(ntp_time(UINT64_MAX, captured).has_value());
  }
}

TEST(Ntp, ReadsExtensionsAndCodes) {
  Octets wire = clock(0x23, 0, "00000000");
  Octets with_fields = wire;
  put(with_fields, extension(0x0104, 36));  // NTS, RFC 8915
  put(with_fields, extension(0x0204, 104));
  EXPECT_TRUE(tells(with_fields, R"("extensions":2}})"));
  put(with_fields, from_hex("0000000a 00112233445566778899aabbccddeeff"));
  EXPECT_TRUE(tells(with_fields, R"("extensions":2,"key_id":10}})"));
  put(wire, 7, 4);  // a crypto-NAK is a key without a digest
  EXPECT_TRUE(tells(wire, R"("key_id":7}})"));
  Octets microsoft = clock(0x1b, 0, "00000000");
  put(microsoft, 1105, 4);
  microsoft.resize(microsoft.size() + 68);
  EXPECT_TRUE(tells(microsoft, R"("version":3,"mode":"client")"));
  EXPECT_TRUE(tells(microsoft, R"("key_id":1105}})"));
}

TEST(Ntp, RecognisesControlAndPrivateMessages) {
  EXPECT_EQ(told(from_hex("16 82 0001 0615 0003 0000 0004 613d3120")),
            R"({"ntp":{"version":2,"mode":"control","control":{"response":true,"error":false,)"
            R"("opcode":2,"sequence":1,"association_id":3}}})");
  EXPECT_EQ(told(from_hex("17 00 03 2a 00000000")),
            R"({"ntp":{"version":2,"mode":"private","private":{"response":false,)"
            R"("implementation":3,"request_code":42}}})");
}

TEST(Ntp, NamesWhatIsMalformed) {
  const std::vector<std::string> malformed{"malformed_data"};
  Octets odd = clock(0x23, 0, "00000000");
  odd.resize(odd.size() + 8);
  EXPECT_EQ(played(odd).anomalies, malformed);
  EXPECT_EQ(played(odd).lines.size(), 1u);
  Octets short_field = clock(0x23, 0, "00000000");
  put(short_field, extension(1, 28));
  short_field[51] = 12;
  EXPECT_EQ(played(short_field).anomalies, malformed);
  // Items, and text, that are not there.
  EXPECT_EQ(played(from_hex("97 00 03 2a 0006 0048 00000000")).anomalies, malformed);
  EXPECT_EQ(played(from_hex("16 82 0001 0615 0003 0000 0005 613d3120")).anomalies, malformed);
  for (const unsigned first : {0x03U, 0x2bU}) {  // versions 0 and 5
    EXPECT_EQ(played(clock(first, 2, "c0000207")).anomalies, malformed);
    EXPECT_TRUE(played(clock(first, 2, "c0000207")).lines.empty());
  }
}

TEST(Ntp, NamesWhatIsCut) {
  Octets wire = clock(0x23, 0, "00000000");
  put(wire, from_hex("0000000a 00112233445566778899aabbccddeeff"));
  for (std::size_t length = 0; length < wire.size(); ++length) {
    const bool whole = length == 48 || length == 52;  // no code, or a crypto-NAK
    EXPECT_EQ(played(Bytes(wire).first(length)).anomalies.size(), whole ? 0u : 1u) << length;
  }
}

TEST(NtpProbe, AsksForItsPortAndAKnownShape) {
  const auto look = [](const Octets& data, std::uint16_t port) {
    return probe({Transport::kUdp, 50'000, port, Direction::kToServer, data}).proto;
  };
  const Octets monlist = from_hex("17 00 03 2a 00000000");
  EXPECT_EQ(look(monlist, 123), AppProto::kNtp);
  EXPECT_NE(look(monlist, 4000), AppProto::kNtp);
  EXPECT_NE(look(from_hex("17 00 09 2a 00000000"), 123), AppProto::kNtp);
  EXPECT_NE(look(from_hex("16 02 00 01 00000000"), 123), AppProto::kNtp);
}

}  // namespace
}  // namespace netmoth::protocols
