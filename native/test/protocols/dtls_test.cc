#include <gtest/gtest.h>

#include <algorithm>

#include "certificate.h"
#include "hello_builder.h"
#include "protocols/dtls_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using namespace netmoth::testing;  // NOLINT: builders

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;

Octets fragment(unsigned type, unsigned sequence, const Octets& body, std::size_t offset,
                std::size_t length) {
  Octets out;
  put(out, type, 1);
  put(out, body.size(), 3);
  put(out, sequence, 2);
  put(out, offset, 3);
  put(out, length, 3);
  out.insert(out.end(), body.begin() + static_cast<std::ptrdiff_t>(offset),
             body.begin() + static_cast<std::ptrdiff_t>(offset + length));
  return out;
}

Octets whole(unsigned type, unsigned sequence, const Octets& body) {
  return fragment(type, sequence, body, 0, body.size());
}

Octets record(unsigned type, const Octets& content, unsigned version = 0xfefd, unsigned epoch = 0) {
  Octets out;
  put(out, type, 1);
  put(out, version, 2);
  put(out, epoch, 2);
  put(out, 1, 6);
  put(out, sized(content, 2));
  return out;
}

// A DTLS hello has a cookie between session id and ciphers.
Octets client_hello(const Octets& cookie = {}) {
  HelloParts parts = chrome_hello();
  parts.version = 0xfefd;
  Octets body = client_hello_body(parts);
  // supported_versions: DTLS counts downwards.
  const Octets streams = from_hex("9a9a 0304 0303");
  const Octets datagrams = from_hex("9a9a fefc fefd");
  const auto versions = std::search(body.begin(), body.end(), streams.begin(), streams.end());
  std::copy(datagrams.begin(), datagrams.end(), versions);
  const Octets field = sized(cookie, 1);
  body.insert(body.begin() + 2 + 32 + 1 + 32, field.begin(), field.end());
  return body;
}

Octets server_hello(unsigned version = 0xfefd) {
  return server_hello_body(version, Octets(32, 0x44), 0xc02b, {});
}

Octets certificate_body() {
  return sized(sized(from_hex(kCertificateHex), 3), 3);
}

void expect_handshake(const RecordingSink& sink, const std::string& where = "") {
  ASSERT_EQ(sink.tls.size(), 1u) << where;
  const TlsHandshake& tls = sink.tls[0];
  EXPECT_TRUE(tls.dtls) << where;
  EXPECT_EQ(tls_version_name(tls.version), "DTLS 1.2") << where;
  EXPECT_EQ(tls.sni, "www.example.org") << where;
  EXPECT_EQ(tls.ja4, "dd3d1516h2_8daaf6152771_e5627efa2ab1") << where;
  ASSERT_TRUE(tls.server.certificate) << where;
  EXPECT_EQ(tls.server.certificate->fingerprint, kCertificateFingerprint) << where;
  EXPECT_TRUE(sink.anomalies.empty()) << where;
}

TEST(Dtls, ReportsAHandshakeWithACookie) {
  RecordingSink sink;
  DtlsParser parser;
  (void)parser.on_data(kUp, record(22, whole(1, 0, client_hello()), 0xfeff), 0, sink);
  (void)parser.on_data(kDown, record(22, whole(3, 0, from_hex("feff 02 abcd")), 0xfeff), 0, sink);
  (void)parser.on_data(kUp, record(22, whole(1, 1, client_hello({0xab, 0xcd}))), 0, sink);
  Octets flight = record(22, whole(2, 1, server_hello()));
  put(flight, record(22, whole(11, 2, certificate_body())));
  put(flight, record(22, whole(14, 3, {})));
  EXPECT_EQ(parser.on_data(kDown, flight, 0, sink), Verdict::kDone);
  expect_handshake(sink);
  EXPECT_TRUE(sink.tls[0].retried);
}

// Fragments of every size, in the order they were sent and in the opposite one, some twice.
TEST(Dtls, PutsFragmentsTogether) {
  const Octets certificate = certificate_body();
  for (const std::size_t size : {std::size_t{1}, std::size_t{40}, std::size_t{333}}) {
    for (const bool backwards : {false, true}) {
      std::vector<Octets> datagrams{record(22, whole(2, 0, server_hello()))};
      if (certificate.size() / size > kMaxCryptoPieces && backwards) continue;
      for (std::size_t at = 0; at < certificate.size(); at += size) {
        const std::size_t length = std::min(size, certificate.size() - at);
        datagrams.push_back(record(22, fragment(11, 1, certificate, at, length)));
        if (at % 3 == 0) datagrams.push_back(datagrams.back());
      }
      datagrams.push_back(record(22, whole(14, 2, {})));
      if (backwards) std::reverse(datagrams.begin() + 1, datagrams.end());
      RecordingSink sink;
      DtlsParser parser;
      (void)parser.on_data(kUp, record(22, whole(1, 0, client_hello())), 0, sink);
      Octets all;
      for (const Octets& datagram : datagrams)
        put(all, datagram);
      EXPECT_EQ(parser.on_data(kDown, all, 0, sink), Verdict::kDone);
      expect_handshake(sink, std::to_string(size) + (backwards ? " backwards" : ""));
    }
  }
}

TEST(Dtls, ReadsVersion13) {
  RecordingSink sink;
  DtlsParser parser;
  (void)parser.on_data(kUp, record(22, whole(1, 0, client_hello())), 0, sink);
  const Octets hello = server_hello_body(0xfefd, {}, 0x1301, extension(43, from_hex("fefc")));
  EXPECT_EQ(parser.on_data(kDown, record(22, whole(2, 0, hello)), 0, sink), Verdict::kDone);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_EQ(tls_version_name(sink.tls[0].version), "DTLS 1.3");
}

TEST(Dtls, TellsAResumedSession) {
  RecordingSink sink;
  DtlsParser parser;
  (void)parser.on_data(kUp, record(22, whole(1, 0, client_hello())), 0, sink);
  Octets flight = record(22, whole(2, 0, server_hello_body(0xfefd, Octets(32, 0x33), 0xc02b, {})));
  put(flight, record(20, {1}));
  EXPECT_EQ(parser.on_data(kDown, flight, 0, sink), Verdict::kDone);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_TRUE(sink.tls[0].session_resumed);
}

TEST(Dtls, PassesOverWhatSharesItsPorts) {
  RecordingSink sink;
  DtlsParser parser;
  const Octets stun = from_hex("0001 0000 2112a442 000102030405060708090a0b");
  const Octets rtp = from_hex("8060 0001 00000000 00000000 ffffffff");
  (void)parser.on_data(kUp, stun, 0, sink);
  (void)parser.on_data(kDown, rtp, 0, sink);
  (void)parser.on_data(kUp, record(22, whole(1, 0, client_hello())), 0, sink);
  parser.on_close(sink);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_TRUE(sink.anomalies.empty());
}

TEST(Dtls, GivesUpOnAMessageThatStaysAway) {
  RecordingSink sink;
  DtlsParser parser;
  (void)parser.on_data(kUp, record(22, whole(1, 0, client_hello())), 0, sink);
  (void)parser.on_data(kDown, record(22, whole(2, 0, server_hello())), 0, sink);
  // The certificate, 1, is lost; 2 to 9 come.
  for (unsigned sequence = 2; sequence < 2 + kMaxDtlsMessages + 1; ++sequence)
    (void)parser.on_data(kDown, record(22, whole(12, sequence, {1})), 0, sink);
  EXPECT_EQ(parser.on_data(kDown, record(22, whole(14, 2 + kMaxDtlsMessages + 1, {})), 0, sink),
            Verdict::kDone);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_FALSE(sink.tls[0].server.certificate);
}

TEST(Dtls, NamesFragmentsThatDoNotFit) {
  RecordingSink sink;
  DtlsParser parser;
  Octets wrong = whole(1, 0, client_hello());
  wrong[3] = 1;  // the message is shorter than its fragment
  (void)parser.on_data(kUp, record(22, wrong), 0, sink);
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"invalid_handshake_message"});
}

TEST(Dtls, StopsAfterAsManyDatagramsAsItPromises) {
  RecordingSink sink;
  DtlsParser parser;
  const Octets data = record(23, Octets(20, 0), 0xfefd, 1);
  for (unsigned i = 1; i < kMaxDtlsDatagrams; ++i)
    ASSERT_EQ(parser.on_data(kUp, data, 0, sink), Verdict::kMore) << i;
  EXPECT_EQ(parser.on_data(kUp, data, 0, sink), Verdict::kDone);
  EXPECT_TRUE(sink.tls.empty());
}

TEST(Dtls, SurvivesTruncationAndWrongBitsEverywhere) {
  const Octets sound = record(22, whole(1, 0, client_hello()));
  for (std::size_t length = 0; length < sound.size(); ++length) {
    RecordingSink sink;
    DtlsParser parser;
    (void)parser.on_data(kUp, Bytes(sound).first(length), 0, sink);
    parser.on_close(sink);
    EXPECT_TRUE(sink.tls.empty()) << length;
  }
  for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
    Octets wrong = sound;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ 1U << bit % 8);
    RecordingSink sink;
    DtlsParser parser;
    (void)parser.on_data(kUp, wrong, 0, sink);
    parser.on_close(sink);
    EXPECT_LE(sink.tls.size(), 1u) << bit;
  }
}

}  // namespace
}  // namespace netmoth::protocols
