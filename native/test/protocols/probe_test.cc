#include <gtest/gtest.h>

#include "hello_builder.h"
#include "protocols/parser.h"

namespace netmoth::protocols {
namespace {

using namespace netmoth::testing;  // NOLINT: builders

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;

ProbeResult probe_tcp(Bytes data, std::uint16_t port = 4000, Direction direction = kUp) {
  return probe({Transport::kTcp, 50000, port, direction, data});
}

ProbeResult probe_udp(Bytes data, std::uint16_t port = 4000, Direction direction = kUp) {
  return probe({Transport::kUdp, 50000, port, direction, data});
}

struct Case {
  std::string_view name;
  AppProto proto;
  Direction direction;
  std::uint16_t port;
  Octets data;
};

Octets text(std::string_view text) {
  return {text.begin(), text.end()};
}

std::vector<Case> stream_cases() {
  return {
      {"ClientHello", AppProto::kTls, kUp, 4000,
       records(22, handshake(1, client_hello_body(chrome_hello())))},
      {"ServerHello", AppProto::kTls, kDown, 4000,
       records(22, handshake(2, server_hello_body(0x0303, {}, 0x1301, {})))},
      {"request", AppProto::kHttp, kUp, 4000, text("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")},
      {"own method", AppProto::kHttp, kUp, 4000, text("CCM_POST /x HTTP/1.1\r\n\r\n")},
      {"status line", AppProto::kHttp, kDown, 4000, text("HTTP/1.1 200 OK\r\n\r\n")},
      {"preface", AppProto::kHttp2, kUp, 4000, text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")},
      {"ssh", AppProto::kSsh, kDown, 4000, text("SSH-2.0-OpenSSH_9.2\r\n")},
      {"smtp", AppProto::kSmtp, kDown, 4000, text("220 mx.example.com ESMTP\r\n")},
      {"ehlo", AppProto::kSmtp, kUp, 4000, text("EHLO example.com\r\n")},
      {"smtp by port", AppProto::kSmtp, kDown, 25, text("220 ready\r\n")},
      {"ftp", AppProto::kFtp, kDown, 4000, text("220 (vsFTPd 3.0.3)\r\n")},
      {"ftp by port", AppProto::kFtp, kDown, 21, text("220 ready\r\n")},
      {"imap", AppProto::kImap, kDown, 4000, text("* OK IMAP4rev1 ready\r\n")},
      {"pop3", AppProto::kPop3, kDown, 4000, text("+OK POP3 ready\r\n")},
      {"sip", AppProto::kSip, kUp, 4000, text("OPTIONS sip:a@b SIP/2.0\r\n")},
      {"smb1", AppProto::kSmb, kUp, 445, from_hex("00000054 ff534d42 72 00000000 18 53c8 0000")},
      {"smb2 reply", AppProto::kSmb, kDown, 445,
       from_hex("00000054 fe534d42 4000 0000 00000000 0000 0100 01000000 0000")},
      {"netbios session", AppProto::kSmb, kUp, 139,
       from_hex("81000044 20 434b 4644 454e 4543 4644 4546 4643 4647 4545 4643 4341 43")},
      {"bittorrent", AppProto::kBittorrent, kUp, 4000,
       text("\x13"
            "BitTorrent protocol")},
      {"rdp", AppProto::kRdp, kUp, 4000,
       from_hex("0300 0013 0e e0 0000 0000 00 01000800 03000000")},
      {"mqtt", AppProto::kMqtt, kUp, 4000, from_hex("10 0f 0004 4d515454 04 02 003c 0003 616263")},
      {"krb5", AppProto::kKrb5, kUp, 4000,
       from_hex("00000030 6a 2e 30 2c a1 03 02 01 05 a2 03 02 01 0a a4 20 30 1e a0 07 03 05")},
      {"telnet", AppProto::kTelnet, kDown, 23, from_hex("fffd18 fffd20")},
      {"ldap bind", AppProto::kLdap, kUp, 4000,
       from_hex("30 0c 02 01 01 60 07 02 01 03 04 00 80 00")},
      {"socks5", AppProto::kSocks, kUp, 4000, from_hex("05 02 00 02")},
      {"socks5, eager", AppProto::kSocks, kUp, 4000,
       from_hex("05 01 00 05 01 00 01 4a 7d 83 67 00 50")},
      {"xmpp", AppProto::kXmpp, kUp, 4000,
       text(
           "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams'>")},
  };
}

TEST(Probe, KnowsStreamsByTheirFirstBytes) {
  for (const Case& c : stream_cases()) {
    const ProbeResult result = probe_tcp(c.data, c.port, c.direction);
    EXPECT_EQ(result.certainty, Certainty::kCertain) << c.name;
    EXPECT_EQ(app_proto_name(result.proto), app_proto_name(c.proto)) << c.name;
    EXPECT_FALSE(result.reversed) << c.name;
  }
}

TEST(Probe, SeesWhenTheWrongSideSpeaks) {
  for (const Case& c : stream_cases()) {
    if (c.proto == AppProto::kSsh || c.proto == AppProto::kTelnet || c.proto == AppProto::kXmpp ||
        c.proto == AppProto::kBittorrent) {
      continue;  // both sides say the same
    }
    const ProbeResult result = probe_tcp(c.data, c.port, opposite(c.direction));
    EXPECT_EQ(result.certainty, Certainty::kCertain) << c.name;
    EXPECT_TRUE(result.reversed) << c.name;
  }
}

TEST(Probe, NeverTakesABeginningForAnotherProtocol) {
  for (const Case& c : stream_cases()) {
    for (std::size_t length = 0; length < c.data.size(); ++length) {
      const ProbeResult result = probe_tcp(Bytes(c.data).first(length), c.port, c.direction);
      // A beginning must not be refused either: the bytes that decide may be still to come.
      EXPECT_NE(result.certainty, Certainty::kNo) << c.name << ' ' << length;
      if (result.certainty == Certainty::kCertain) {
        EXPECT_EQ(app_proto_name(result.proto), app_proto_name(c.proto)) << c.name << ' ' << length;
      }
    }
  }
}

TEST(Probe, EndsItsDoubtsAtABound) {
  Octets line = text("220-");
  line.resize(5000, 'x');
  EXPECT_EQ(probe_tcp(line, 25, kDown).certainty, Certainty::kNo);
}

TEST(Probe, LeavesUnknownStreamsAlone) {
  for (const std::string_view hex :
       {"0000000000000000000000000000", "4d5a90000300000004000000ffff0000",
        "ffffffffffffffffffffffff", "16030100050b00000100", "deadbeefdeadbeefdeadbeefdeadbeef",
        "300c0201016007"}) {
    Octets data = from_hex(hex);
    data.resize(64, 0x5a);
    const ProbeResult result = probe_tcp(data);
    EXPECT_NE(result.certainty, Certainty::kCertain) << hex << ' ' << app_proto_name(result.proto);
  }
  for (const std::string_view line :
       {"hello world\r\n", "GET\r\n", "220 hello\r\n", "+OK\r\n", "USER x\r\n"}) {
    EXPECT_NE(probe_tcp(as_bytes(line), 4000, kDown).certainty, Certainty::kCertain) << line;
  }
}

TEST(Probe, KnowsDatagrams) {
  const Octets query = from_hex("1234 0100 0001 0000 0000 0000 03777777 00 0001 0001");
  const Octets response = from_hex("1234 8183 0001 0000 0000 0000 03777777 00 0001 0001");
  Octets quic = from_hex("c0 00000001 08 0102030405060708 00 00 449e");
  quic.resize(1200, 0x77);
  Octets greased = quic;
  for (std::size_t i = 1; i < 5; ++i)
    greased[i] = 0x1a;
  Octets ntp(48, 0);
  ntp[0] = 0x23;
  Octets wireguard(148, 0x42);
  for (std::size_t i = 0; i < 4; ++i)
    wireguard[i] = i == 0 ? 1 : 0;
  const std::vector<Case> cases = {
      {"query", AppProto::kDns, kUp, 4000, query},
      {"nxdomain", AppProto::kDns, kDown, 53, response},
      {"mdns", AppProto::kMdns, kUp, 5353, query},
      {"llmnr", AppProto::kLlmnr, kUp, 5355, query},
      {"quic", AppProto::kQuic, kUp, 4000, quic},
      {"greased quic", AppProto::kQuic, kUp, 4000, greased},
      {"ntp", AppProto::kNtp, kUp, 123, ntp},
      {"stun", AppProto::kStun, kUp, 4000, from_hex("0001 0000 2112a442 000102030405060708090a0b")},
      {"classic stun", AppProto::kStun, kUp, 3478,
       from_hex("0001 0008 000102030405060708090a0b0c0d0e0f 0003 0004 00000002")},
      {"rtcp", AppProto::kRtp, kUp, 4000,
       from_hex("80c9 0001 00001234 81ca 0003 00001234 0104 61406200 0000")},
      {"dtls", AppProto::kDtls, kUp, 4000, from_hex("16 fefd 0000 000000000000 0003 010000")},
      {"wireguard", AppProto::kWireguard, kUp, 4000, wireguard},
      {"dht", AppProto::kBittorrentDht, kUp, 4000,
       text("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:t2:aa1:y1:qe")},
      {"snmp", AppProto::kSnmp, kUp, 161,
       from_hex("30 13 020101 0406 7075626c6963 a0 06 020101 020100")},
      {"sip", AppProto::kSip, kUp, 4000, text("REGISTER sip:a SIP/2.0\r\n\r\n")},
      {"ssdp", AppProto::kSsdp, kUp, 1900, text("M-SEARCH * HTTP/1.1\r\n\r\n")},
      {"dhcpv6", AppProto::kDhcpV6, kUp, 547, from_hex("01 112233 0008 0002 0000")},
  };
  for (const Case& c : cases) {
    const ProbeResult result = probe_udp(c.data, c.port, c.direction);
    EXPECT_EQ(app_proto_name(result.proto), app_proto_name(c.proto)) << c.name;
    EXPECT_EQ(result.certainty, Certainty::kCertain) << c.name;
    EXPECT_FALSE(result.reversed) << c.name;
  }
  EXPECT_TRUE(probe_udp(response, 53, kUp).reversed);
  EXPECT_FALSE(probe_udp(response, 5353, kUp).reversed);
  // An ordinary question whose source port happens to be mDNS's.
  const ProbeResult odd = probe({Transport::kUdp, 5353, 53, kUp, query});
  EXPECT_EQ(odd.proto, AppProto::kDns);
}

TEST(Probe, RefusesWhatOnlyResemblesStunOrRtcp) {
  const Octets classic = from_hex("0001 0008 000102030405060708090a0b0c0d0e0f 0003 0004 00000002");
  EXPECT_EQ(probe_udp(classic, 4000).certainty, Certainty::kNo);
  EXPECT_EQ(
      probe_udp(from_hex("0001 0008 000102030405060708090a0b0c0d0e0f 0003 0044 00000002"), 3478)
          .certainty,
      Certainty::kNo);
  for (const std::string_view wrong :
       {"80c9 0002 00001234", "80ca 0001 00001234", "82c9 0001 00001234", "40c9 0001 00001234",
        "80c9 0001 00001234 80", "80c8 0001 00001234"}) {
    EXPECT_EQ(probe_udp(from_hex(wrong)).certainty, Certainty::kNo) << wrong;
  }
}

TEST(Probe, LeavesUnknownDatagramsAlone) {
  for (const std::uint16_t port :
       std::initializer_list<std::uint16_t>{4000, 53, 67, 123, 161, 389, 443, 547}) {
    for (const std::uint8_t fill : std::initializer_list<std::uint8_t>{0x00, 0x5a, 0x80, 0xff}) {
      const Octets data(200, fill);
      const ProbeResult result = probe_udp(data, port);
      EXPECT_EQ(result.certainty, Certainty::kNo)
          << port << ' ' << int{fill} << ' ' << app_proto_name(result.proto);
    }
  }
}

}  // namespace
}  // namespace netmoth::protocols
