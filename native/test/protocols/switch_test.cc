#include <gtest/gtest.h>

#include "octets.h"
#include "protocols/socks_parser.h"
#include "protocols/switch_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::from_hex;
using netmoth::testing::Octets;
using netmoth::testing::RecordingSink;

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;

struct Turn {
  Direction direction;
  std::string_view text;
};

// The verdict of the last turn; all before must be kMore.
template <typename P>
Verdict play(P& parser, std::initializer_list<Turn> turns, bool by_octet) {
  RecordingSink sink;
  Verdict last = Verdict::kMore;
  for (const Turn& turn : turns) {
    EXPECT_EQ(last, Verdict::kMore) << turn.text;
    const Bytes bytes = as_bytes(turn.text);
    if (!by_octet) {
      last = parser.on_data(turn.direction, bytes, 0, sink);
      continue;
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      last = parser.on_data(turn.direction, bytes.subspan(i, 1), 0, sink);
      if (last != Verdict::kMore) break;
    }
  }
  return last;
}

void expect_switch(AppProto proto, std::initializer_list<Turn> turns, bool split = true) {
  for (const bool by_octet : {false, true}) {
    if (by_octet && !split) continue;
    SwitchParser parser(proto);
    EXPECT_EQ(play(parser, turns, by_octet), Verdict::kSwitchTls) << app_proto_name(proto);
  }
}

TEST(Switch, FollowsStarttlsOfMail) {
  expect_switch(AppProto::kImap, {{kDown, "* OK ready\r\n"},
                                  {kUp, "a1 STARTTLS\r\n"},
                                  {kDown, "* something\r\na1 OK begin\r\n"}});
  expect_switch(AppProto::kPop3, {{kDown, "+OK POP3\r\n"}, {kUp, "STLS\r\n"}, {kDown, "+OK\r\n"}});
}

TEST(Switch, FollowsXmppAndLdap) {
  expect_switch(AppProto::kXmpp, {{kUp, "<?xml version='1.0'?><stream:stream>"},
                                  {kDown, "<stream:features><starttls/></stream:features>"},
                                  {kUp, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
                                  {kDown, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"}});
  expect_switch(
      AppProto::kLdap,
      {{kUp,
        "0\x1d\x02\x01\x01w\x18\x80\x16"
        "1.3.6.1.4.1.1466.20037"},
       {kDown, std::string_view("0\x0c\x02\x01\x01x\x07\x0a\x01\x00\x04\x00\x04\x00", 14)}},
      false);
}

TEST(Switch, StaysWhereTheServerRefuses) {
  SwitchParser parser(AppProto::kPop3);
  EXPECT_EQ(
      play(parser, {{kUp, "STLS\r\n"}, {kDown, "-ERR no\r\n"}, {kDown, "+OK other\r\n"}}, false),
      Verdict::kMore);
}

TEST(Switch, EndsWhenTheSessionProperBegins) {
  SwitchParser parser(AppProto::kImap);
  EXPECT_EQ(play(parser, {{kUp, "1 LOGIN a b\r\n"}, {kUp, "2 SELECT inbox\r\n"}}, false),
            Verdict::kDone);
}

TEST(Switch, BoundsWhatItWatches) {
  SwitchParser parser(AppProto::kPop3);
  RecordingSink sink;
  const std::string line(kMaxWatchedOctets + 1, 'x');
  EXPECT_EQ(parser.on_data(kUp, as_bytes(line), 0, sink), Verdict::kDone);
}

Verdict play_socks(std::initializer_list<std::pair<Direction, std::string_view>> turns,
                   bool by_octet) {
  SocksParser parser;
  RecordingSink sink;
  Verdict last = Verdict::kMore;
  for (const auto& [direction, hex] : turns) {
    const Octets bytes = from_hex(hex);
    if (!by_octet) last = parser.on_data(direction, bytes, 0, sink);
    for (std::size_t i = 0; by_octet && i < bytes.size(); ++i) {
      last = parser.on_data(direction, Bytes(bytes).subspan(i, 1), 0, sink);
    }
  }
  return last;
}

TEST(Socks, HandsGrantedConnectionsOver) {
  for (const bool by_octet : {false, true}) {
    EXPECT_EQ(play_socks({{kUp, "04 01 0050 c0000201 75736572 00"}, {kDown, "00 5a 0050 c0000201"}},
                         by_octet),
              Verdict::kSwitchTls);
    EXPECT_EQ(
        play_socks({{kUp, "04 01 0050 00000001 00 612e62 00"}, {kDown, "00 5a 0000 00000000"}},
                   by_octet),
        Verdict::kSwitchTls);
    EXPECT_EQ(play_socks({{kUp, "05 02 00 02"},
                          {kDown, "05 02"},
                          {kUp, "01 01 61 01 62"},
                          {kDown, "01 00"},
                          {kUp, "05 01 00 03 03 612e62 0050"},
                          {kDown, "05 00 00 01 c0000201 0050"}},
                         by_octet),
              Verdict::kSwitchTls);
  }
}

TEST(Socks, EndsWhereTheProxyRefuses) {
  EXPECT_EQ(play_socks({{kUp, "05 01 00"}, {kDown, "05 ff"}}, false), Verdict::kDone);
  EXPECT_EQ(play_socks({{kUp, "04 01 0050 c0000201 00"}, {kDown, "00 5b 0000 00000000"}}, false),
            Verdict::kDone);
}

}  // namespace
}  // namespace netmoth::protocols
