// SSH: banners, HASSH, Suricata's events.
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/hex.h"
#include "octets.h"
#include "protocols/ssh_parser.h"
#include "text_session.h"

namespace netmoth::protocols {
namespace {

using testing::kDown;
using testing::kUp;
using testing::lines_of;
using testing::Octets;
using testing::put;
using testing::Turns;

std::string packet(std::uint8_t message, const Octets& payload, unsigned padding = 4) {
  Octets out;
  put(out, payload.size() + 2 + padding, 4);
  put(out, padding, 1);
  put(out, message, 1);
  put(out, payload);
  put(out, std::string_view("\x01\x02\x03\x04\x05\x06\x07\x08").substr(0, padding));
  return {out.begin(), out.end()};
}

std::string kexinit(std::initializer_list<std::string_view> lists) {
  Octets payload(16, 0xc0);
  for (const std::string_view list : lists) {
    put(payload, list.size(), 4);
    put(payload, list);
  }
  put(payload, 0, 5);
  return packet(20, payload);
}

const std::string kClientKex =
    kexinit({"kex-a,kex-b", "rsa", "c2s-e", "s2c-e", "c2s-m", "s2c-m", "c2s-c", "s2c-c", "", ""});

Turns conversation() {
  return {{kUp, "SSH-2.0-OpenSSH_9.6 Debian-1\r\n"},
          {kDown, "SSH-2.0-dropbear\n"},
          {kUp, kClientKex},
          {kDown, packet(2, {1, 2, 3}) + kClientKex},
          {kUp, packet(21, {})}};
}

std::string md5_of(std::string_view text) {
  return base::to_hex(base::md5(as_bytes(text)));
}

TEST(Ssh, TellsBothSidesWithHassh) {
  const std::string client = "kex-a,kex-b;c2s-e;c2s-m;c2s-c";
  const std::string server = "kex-a,kex-b;s2c-e;s2c-m;s2c-c";
  const std::string expected =
      R"({"tx_id":0,"ssh":{"client":{"proto_version":"2.0","software_version":"OpenSSH_9.6","hassh":{"hash":")" +
      md5_of(client) + R"(","string":")" + client +
      R"("}},"server":{"proto_version":"2.0","software_version":"dropbear","hassh":{"hash":")" +
      md5_of(server) + R"(","string":")" + server + R"("}}}})";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::string::npos}) {
    const auto lines = lines_of<SshParser>(conversation(), piece);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0], expected);
  }
}

TEST(Ssh, IsDoneOnceBothListsAreKnown) {
  SshParser parser;
  testing::Played played;
  testing::play_turns(parser, played, conversation());
  EXPECT_EQ(played.verdict, Verdict::kDone);
  EXPECT_TRUE(played.sink.anomalies.empty());
}

TEST(Ssh, VersionOneHasBannersOnly) {
  const auto lines =
      lines_of<SshParser>({{kDown, "SSH-1.5-1.2.27\n"}, {kUp, "SSH-1.5-old\n\x00\x00\x01"}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0],
            R"({"tx_id":0,"ssh":{"client":{"proto_version":"1.5","software_version":"old"},)"
            R"("server":{"proto_version":"1.5","software_version":"1.2.27"}}})");
}

TEST(Ssh, ServersMayTalkFirst) {
  const auto lines = lines_of<SshParser>({{kDown, "go away\r\nor not\r\nSSH-2.0-x\r\n"}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0],
            R"({"tx_id":0,"ssh":{"server":{"proto_version":"2.0","software_version":"x"}}})");
}

TEST(Ssh, NamesWhatIsMalformed) {
  std::vector<std::string> anomalies;
  (void)lines_of<SshParser>({{kUp, "SSH-2.0\r\n"}}, 3, &anomalies);
  EXPECT_EQ(anomalies, std::vector<std::string>{"invalid_banner"});
  const std::string longest = "SSH-2.0-" + std::string(400, 'x') + "\r\n";
  auto lines = lines_of<SshParser>({{kUp, longest}, {kUp, kClientKex}}, 9, &anomalies);
  EXPECT_EQ(anomalies, std::vector<std::string>{"long_banner"});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("hassh"), std::string::npos);
  (void)lines_of<SshParser>({{kUp, "SSH-2.0-a\n" + std::string(6, '\0')}}, 1, &anomalies);
  EXPECT_EQ(anomalies, std::vector<std::string>{"invalid_record"});
  (void)lines_of<SshParser>({{kUp, "SSH-2.0-a\n" + std::string("\x00\x02\x00\x00\x04\x14", 6)}}, 1,
                            &anomalies);
  EXPECT_EQ(anomalies, std::vector<std::string>{"long_kex_record"});
}

TEST(Ssh, GoesOnAfterAGapInsideASkippedPacket) {
  SshParser parser;
  testing::Played played;
  const std::string skipped = packet(2, Octets(20, 7));
  testing::play_turns(parser, played, {{kUp, "SSH-2.0-a\n" + skipped.substr(0, 10)}});
  EXPECT_EQ(parser.on_gap(kUp, skipped.size() - 10, played.sink), Verdict::kMore);
  testing::play_turns(parser, played, {{kUp, kClientKex}});
  EXPECT_EQ(parser.on_gap(kDown, 5, played.sink), Verdict::kDone);
  ASSERT_EQ(played.sink.lines.size(), 1u);
  EXPECT_NE(played.sink.lines[0].find("hassh"), std::string::npos);
}

TEST(Ssh, StandsWhateverIsCutOrFlipped) {
  testing::torment<SshParser>(conversation(), 1);
}

}  // namespace
}  // namespace netmoth::protocols
