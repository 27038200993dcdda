#include <gtest/gtest.h>

#include "certificate.h"
#include "hello_builder.h"
#include "protocols/tls_fingerprint.h"
#include "protocols/tls_parser.h"
#include "protocols/x509.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using namespace netmoth::testing;  // NOLINT: builders

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;
constexpr std::string_view kChromeJa4 = "t13d1516h2_8daaf6152771_e5627efa2ab1";

ClientHello parsed(const Octets& body) {
  ClientHello hello;
  EXPECT_TRUE(parse_client_hello(body, hello));
  return hello;
}

std::string ja4_of(const HelloParts& parts, Ja4Carrier carrier = Ja4Carrier::kTcp) {
  const Octets body = client_hello_body(parts);
  return ja4(parsed(body), carrier);
}

Octets certificate_message() {
  return handshake(11, sized(sized(from_hex(kCertificateHex), 3), 3));
}

// The server's flight of a full TLS 1.2 handshake.
Octets server_flight() {
  Octets flight =
      handshake(2, server_hello_body(0x0303, Octets(32, 0x44), 0xc02f, alpn_extension({"h2"})));
  put(flight, certificate_message());
  put(flight, handshake(14, {}));
  return flight;
}

TEST(Ja4, MatchesFoxIosChromeExample) {
  EXPECT_EQ(ja4_of(chrome_hello()), kChromeJa4);
}

TEST(Ja4, NamesTheCarrier) {
  EXPECT_EQ(ja4_of(chrome_hello(), Ja4Carrier::kQuic).front(), 'q');
  EXPECT_EQ(ja4_of(chrome_hello(), Ja4Carrier::kDtls).front(), 'd');
}

TEST(Ja4, HasNoUnderscoreWithoutSignatureAlgorithms) {
  HelloParts parts;
  parts.version = 0x0301;
  parts.ciphers = u16_list({0x0035});
  parts.extensions = extension(0x0017, {});
  // sha256("0035"), sha256("0017")
  EXPECT_EQ(ja4_of(parts), "t10i010100_692296a295db_1ca028f07214");
}

TEST(Ja4, HashesEmptyListsToZeros) {
  HelloParts parts;
  EXPECT_EQ(ja4_of(parts), "t12i000000_000000000000_000000000000");
}

TEST(Ja4, WritesUnknownVersionsAsZeros) {
  HelloParts parts;
  parts.version = 0x0305;
  EXPECT_EQ(ja4_of(parts).substr(0, 3), "t00");
}

TEST(Ja4, TakesAlpnEdgesFromHexadecimalWhereTheyAreNoLetters) {
  HelloParts parts;
  parts.extensions = alpn_extension({"\xab\xcd"});
  EXPECT_EQ(ja4_of(parts).substr(8, 2), "ad");
  parts.extensions = alpn_extension({"h"});
  EXPECT_EQ(ja4_of(parts).substr(8, 2), "hh");
  parts.extensions = alpn_extension({"0\xab"});
  EXPECT_EQ(ja4_of(parts).substr(8, 2), "3b");
}

TEST(Ja4, CapsCountsAt99) {
  HelloParts parts;
  for (unsigned i = 0; i < 120; ++i)
    put(parts.ciphers, 0x4000 + i, 2);
  EXPECT_EQ(ja4_of(parts).substr(4, 2), "99");
}

TEST(Ja3, MatchesThePublishedExamples) {
  EXPECT_EQ(ja3_hash("769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"),
            "ada70206e40642a3e4461f35503241d5");
  HelloParts parts;
  parts.version = 0x0301;
  parts.ciphers = u16_list({4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99});
  const Octets body = client_hello_body(parts);
  EXPECT_EQ(ja3_string(parsed(body)), "769,4-5-10-9-100-98-3-6-19-18-99,,,");
  EXPECT_EQ(ja3_hash(ja3_string(parsed(body))), "de350869b8c85de67a350c8d186f11e6");
}

TEST(Ja3, LeavesGreaseOut) {
  const Octets body = client_hello_body(chrome_hello());
  EXPECT_EQ(ja3_string(parsed(body)),
            "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,"
            "27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23-24,0");
}

TEST(X509, SpellsNamesAsEveDoes) {
  const TlsCertificate certificate = parse_certificate(from_hex(kCertificateHex));
  EXPECT_EQ(certificate.subject,
            "C=US, ST=California, O=NetScreen Technologies, Inc., OU=Test, CN=www.example.com, "
            "Email=a@example.com");
  EXPECT_EQ(certificate.issuer, certificate.subject);
  EXPECT_EQ(certificate.serial, "00:97:E6:47:09:8E:EA:C9:B4");
  EXPECT_EQ(certificate.fingerprint, kCertificateFingerprint);
  ASSERT_EQ(certificate.alternative_names.size(), 3u);
  EXPECT_EQ(certificate.alternative_names[0].text, "www.example.com");
  EXPECT_EQ(certificate.alternative_names[1].text, "example.com");
  EXPECT_EQ(certificate.alternative_names[2].text, "192.0.2.1");
  EXPECT_EQ(certificate.alternative_names[2].kind, AlternativeNameKind::kIp);
  EXPECT_EQ(certificate.not_after - certificate.not_before, 365 * 86400);
}

TEST(X509, SurvivesTruncationAtEveryLength) {
  const Octets der = from_hex(kCertificateHex);
  for (std::size_t length = 0; length < der.size(); ++length) {
    EXPECT_TRUE(parse_certificate(Bytes(der).first(length)).subject.empty()) << length;
  }
}

void expect_full_handshake(const RecordingSink& sink, const std::string& where) {
  ASSERT_EQ(sink.tls.size(), 1u) << where;
  const TlsHandshake& tls = sink.tls[0];
  EXPECT_EQ(tls.sni, "www.example.org") << where;
  EXPECT_EQ(tls.ja4, kChromeJa4) << where;
  EXPECT_EQ(tls_version_name(tls.version), "TLS 1.2") << where;
  EXPECT_EQ(tls.ja3s, "771,49199,16") << where;
  EXPECT_EQ(tls.client_alpns, (std::vector<std::string>{"h2", "http/1.1"})) << where;
  EXPECT_EQ(tls.server_alpns, (std::vector<std::string>{"h2"})) << where;
  EXPECT_FALSE(tls.session_resumed) << where;
  ASSERT_TRUE(tls.server.certificate) << where;
  EXPECT_EQ(tls.server.certificate->fingerprint, kCertificateFingerprint) << where;
  EXPECT_TRUE(sink.anomalies.empty()) << where;
}

TEST(Tls, ReportsAFullHandshakeOnce) {
  RecordingSink sink;
  TlsParser parser;
  EXPECT_EQ(
      parser.on_data(kUp, records(22, handshake(1, client_hello_body(chrome_hello()))), 0, sink),
      Verdict::kMore);
  EXPECT_EQ(parser.on_data(kDown, records(22, server_flight()), 0, sink), Verdict::kDone);
  parser.on_close(sink);
  expect_full_handshake(sink, "whole");
}

TEST(Tls, WaitsForACertificateTheServerAskedFor) {
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, records(22, handshake(1, client_hello_body(chrome_hello()))), 0, sink);
  Octets flight = handshake(2, server_hello_body(0x0303, Octets(32, 0x44), 0xc02f, {}));
  put(flight, certificate_message());
  put(flight, handshake(13, from_hex("0101 0000 0000")));
  put(flight, handshake(14, {}));
  EXPECT_EQ(parser.on_data(kDown, records(22, flight), 0, sink), Verdict::kMore);
  Octets answer = records(22, certificate_message());
  put(answer, records(20, {1}));
  EXPECT_EQ(parser.on_data(kUp, answer, 0, sink), Verdict::kDone);
  ASSERT_EQ(sink.tls.size(), 1u);
  ASSERT_TRUE(sink.tls[0].client.certificate);
  EXPECT_EQ(sink.tls[0].client.certificate->fingerprint, kCertificateFingerprint);
  EXPECT_NE(sink.lines[0].find(R"("client":{"subject":"C=US)"), std::string::npos);
}

TEST(Tls, PassesOverTheDisguiseBetweenTheTwoHellosOfTls13) {
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, records(22, handshake(1, client_hello_body(chrome_hello()))), 0, sink);
  Octets retry;
  put(retry, 0x0303, 2);
  put(retry, from_hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"));
  put(retry, from_hex("00 1301 00"));
  put(retry, sized(extension(43, from_hex("0304")), 2));
  Octets down = records(22, handshake(2, retry));
  put(down, records(20, {1}));
  (void)parser.on_data(kDown, down, 0, sink);
  (void)parser.on_data(kUp, records(20, {1}), 0, sink);
  const Octets hello =
      handshake(2, server_hello_body(0x0303, {}, 0x1301, extension(43, from_hex("0304"))));
  EXPECT_EQ(parser.on_data(kDown, records(22, hello), 0, sink), Verdict::kDone);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_EQ(tls_version_name(sink.tls[0].version), "TLS 1.3");
}

TEST(Tls, KnowsTheServersOfEarlyDrafts) {
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, records(22, handshake(1, client_hello_body(chrome_hello()))), 0, sink);
  Octets hello;
  put(hello, 0x0304, 2);
  hello.insert(hello.end(), 32, 0x66);
  put(hello, 0xc02b, 2);
  put(hello, sized(extension(40, from_hex("0017 0001 04")), 2));
  EXPECT_EQ(parser.on_data(kDown, records(22, handshake(2, hello)), 0, sink), Verdict::kDone);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_EQ(tls_version_name(sink.tls[0].version), "TLS 1.3 draft-<16");
  EXPECT_EQ(sink.tls[0].ja3s, "772,49195,40");
}

TEST(Tls, ReadsSegmentsCutAnywhereAndRecordsOfAnySize) {
  const Octets up = records(22, handshake(1, client_hello_body(chrome_hello())));
  Octets up_end = records(20, {1});
  for (const std::size_t chunk :
       {std::size_t{1}, std::size_t{7}, std::size_t{100}, std::size_t{16384}}) {
    const Octets down = records(22, server_flight(), chunk);
    for (std::size_t cut = 1; cut < down.size(); cut += chunk == 1 ? 97 : 1) {
      RecordingSink sink;
      TlsParser parser;
      (void)parser.on_data(kUp, up, 0, sink);
      (void)parser.on_data(kDown, Bytes(down).first(cut), 0, sink);
      (void)parser.on_data(kDown, Bytes(down).subspan(cut), 0, sink);
      (void)parser.on_data(kUp, up_end, 0, sink);
      expect_full_handshake(sink, std::to_string(chunk) + "/" + std::to_string(cut));
    }
  }
}

TEST(Tls, ReadsOneOctetAtATime) {
  const Octets up = records(22, handshake(1, client_hello_body(chrome_hello())), 50);
  const Octets down = records(22, server_flight(), 50);
  RecordingSink sink;
  TlsParser parser;
  for (const std::uint8_t& octet : up)
    (void)parser.on_data(kUp, {&octet, 1}, 0, sink);
  for (const std::uint8_t& octet : down)
    (void)parser.on_data(kDown, {&octet, 1}, 0, sink);
  parser.on_close(sink);
  expect_full_handshake(sink, "octets");
}

TEST(Tls, ReportsTls13AtTheServerHello) {
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, records(22, handshake(1, client_hello_body(chrome_hello()))), 0, sink);
  const Octets hello = handshake(
      2, server_hello_body(0x0303, Octets(32, 0x33), 0x1301, extension(43, from_hex("0304"))));
  EXPECT_EQ(parser.on_data(kDown, records(22, hello), 0, sink), Verdict::kDone);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_EQ(tls_version_name(sink.tls[0].version), "TLS 1.3");
  EXPECT_FALSE(sink.tls[0].session_resumed);
}

TEST(Tls, KeepsTheFirstHelloAcrossARetryRequest) {
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, records(22, handshake(1, client_hello_body(chrome_hello()))), 0, sink);
  Octets retry;
  put(retry, 0x0303, 2);
  put(retry, from_hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"));
  put(retry, from_hex("00 1301 00"));
  put(retry, sized(extension(43, from_hex("0304")), 2));
  EXPECT_EQ(parser.on_data(kDown, records(22, handshake(2, retry)), 0, sink), Verdict::kMore);
  HelloParts second = chrome_hello();
  second.ciphers = u16_list({0x1301});
  (void)parser.on_data(kUp, records(22, handshake(1, client_hello_body(second))), 0, sink);
  const Octets hello =
      handshake(2, server_hello_body(0x0303, {}, 0x1301, extension(43, from_hex("0304"))));
  EXPECT_EQ(parser.on_data(kDown, records(22, hello), 0, sink), Verdict::kDone);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_EQ(sink.tls[0].ja4, kChromeJa4);
  EXPECT_EQ(sink.tls[0].ja3s, "771,4865,43");
}

TEST(Tls, TellsAResumedSession) {
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, records(22, handshake(1, client_hello_body(chrome_hello()))), 0, sink);
  Octets down = records(22, handshake(2, server_hello_body(0x0303, Octets(32, 0x33), 0xc02f, {})));
  put(down, records(20, {1}));
  EXPECT_EQ(parser.on_data(kDown, down, 0, sink), Verdict::kDone);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_TRUE(sink.tls[0].session_resumed);
}

TEST(Tls, ReportsALoneClientHelloWhenTheFlowEnds) {
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, records(22, handshake(1, client_hello_body(chrome_hello()))), 0, sink);
  parser.on_close(sink);
  parser.on_close(sink);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_EQ(tls_version_name(sink.tls[0].version), "UNDETERMINED");
}

TEST(Tls, ReadsAnSsl2HelloThatOffersTls) {
  Octets hello = {1};
  put(hello, 0x0301, 2);
  put(hello, 6, 2);
  put(hello, 0, 2);
  put(hello, 16, 2);
  put(hello, from_hex("000035 010080"));
  hello.insert(hello.end(), 16, 0x55);
  Octets wire = sized(hello, 2);
  wire[0] |= 0x80;
  for (std::size_t cut = 0; cut < wire.size(); ++cut) {
    RecordingSink sink;
    TlsParser parser;
    if (cut > 0) {
      ASSERT_EQ(parser.on_data(kUp, Bytes(wire).first(cut), 0, sink), Verdict::kMore) << cut;
    }
    ASSERT_EQ(parser.on_data(kUp, Bytes(wire).subspan(cut), 0, sink), Verdict::kMore) << cut;
    (void)parser.on_data(kDown, records(22, server_flight(), 16384, 0x0301), 0, sink);
    parser.on_close(sink);
    ASSERT_EQ(sink.tls.size(), 1u) << cut;
    EXPECT_EQ(sink.tls[0].ja3, "769,53,,,");
    EXPECT_TRUE(sink.tls[0].server.certificate);
  }
}

TEST(Tls, GoesOnAfterAGapInsideACertificate) {
  const Octets down = records(22, server_flight());
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, records(22, handshake(1, client_hello_body(chrome_hello()))), 0, sink);
  (void)parser.on_data(kDown, Bytes(down).first(200), 0, sink);
  EXPECT_EQ(parser.on_gap(kDown, 100, sink), Verdict::kMore);
  (void)parser.on_data(kDown, Bytes(down).subspan(300), 0, sink);
  EXPECT_EQ(parser.on_data(kUp, records(23, Octets(10, 0)), 0, sink), Verdict::kDone);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_EQ(sink.tls[0].sni, "www.example.org");
  EXPECT_FALSE(sink.tls[0].server.certificate);
}

TEST(Tls, RefusesWhatIsNoTls) {
  RecordingSink sink;
  TlsParser parser;
  EXPECT_EQ(parser.on_data(kUp, as_bytes("GET / HTTP/1.1\r\n\r\n"), 0, sink), Verdict::kNotMine);
}

TEST(Tls, NamesARecordThatIsNone) {
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, records(22, handshake(1, client_hello_body(chrome_hello()))), 0, sink);
  EXPECT_EQ(parser.on_data(kDown, as_bytes("HTTP/1.1 400 Bad Request\r\n"), 0, sink),
            Verdict::kDone);
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"invalid_record_type"});
  EXPECT_EQ(sink.tls.size(), 1u);
}

TEST(Tls, SurvivesTruncationAtEveryLength) {
  const Octets body = client_hello_body(chrome_hello());
  for (std::size_t length = 0; length < body.size(); ++length) {
    ClientHello hello;
    if (parse_client_hello(Bytes(body).first(length), hello)) {
      EXPECT_FALSE(ja4(hello, Ja4Carrier::kTcp).empty());
      EXPECT_FALSE(ja3_string(hello).empty());
    }
  }
}

}  // namespace
}  // namespace netmoth::protocols
