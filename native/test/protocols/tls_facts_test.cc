// What a handshake says beside its hellos: anomalies, heartbeats, resumption, what is wrong with a
// certificate.
#include <gtest/gtest.h>

#include "certificate.h"
#include "certificate_builder.h"
#include "hello_builder.h"
#include "output/tls_json.h"
#include "protocols/tls_parser.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using namespace netmoth::testing;  // NOLINT: builders

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;
constexpr TimestampNs kIn2020 = 1'590'000'000'000'000'000;

Octets client_records(const HelloParts& parts = chrome_hello()) {
  return records(22, handshake(1, client_hello_body(parts)));
}

Octets server_records(const Octets& certificate, const Octets& extensions = {}) {
  Octets flight = handshake(2, server_hello_body(0x0303, Octets(32, 0x44), 0xc02f, extensions));
  put(flight, handshake(11, sized(sized(certificate, 3), 3)));
  put(flight, handshake(14, {}));
  return records(22, flight);
}

HelloParts hello_with(const Octets& extensions) {
  HelloParts parts = chrome_hello();
  parts.extensions = extensions;
  return parts;
}

RecordingSink played(const Octets& up, const Octets& down = {}) {
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, up, kIn2020, sink);
  if (!down.empty()) (void)parser.on_data(kDown, down, kIn2020, sink);
  parser.on_close(sink);
  return sink;
}

std::vector<std::string> anomalies_of_hello(const Octets& extensions) {
  return played(client_records(hello_with(extensions))).anomalies;
}

std::string facts(const TlsHandshake& handshake) {
  std::string line;
  base::JsonWriter json(line);
  json.begin_object();
  output::write_tls_facts(json, handshake, true);
  json.end_object();
  return line;
}

using Names = std::vector<std::string>;

TEST(TlsAnomalies, NamesWhatIsWrongWithServerNames) {
  const Octets name = server_name_extension("a.example");
  EXPECT_EQ(anomalies_of_hello(name), Names{});
  EXPECT_EQ(anomalies_of_hello(extension(0, {})), Names{});
  EXPECT_EQ(anomalies_of_hello(joined({name, name})), Names{"multiple_sni_extensions"});
  EXPECT_EQ(anomalies_of_hello(extension(0, from_hex("0004 07 0001 61"))),
            Names{"invalid_sni_type"});
  EXPECT_EQ(anomalies_of_hello(extension(0, from_hex("0005 00 0001 61"))),
            Names{"invalid_sni_length"});
  EXPECT_EQ(anomalies_of_hello(extension(0, from_hex("0004 00 0002 61"))),
            Names{"invalid_sni_length"});
}

TEST(TlsAnomalies, NamesWhatIsWrongWithAlpn) {
  EXPECT_EQ(anomalies_of_hello(alpn_extension({"h2"})), Names{});
  EXPECT_EQ(anomalies_of_hello(alpn_extension({""})), Names{"invalid_alpn"});
  EXPECT_EQ(anomalies_of_hello(extension(16, from_hex("0003 03 6832"))), Names{"invalid_alpn"});
  EXPECT_EQ(anomalies_of_hello(extension(16, {})), Names{"invalid_alpn"});
}

TEST(TlsAnomalies, NamesRecordsThatAreNone) {
  const auto after_hello = [](std::string_view hex) {
    return played(client_records(), from_hex(hex)).anomalies;
  };
  EXPECT_EQ(after_hello("1a 0303 0001 00"), Names{"invalid_record_type"});
  EXPECT_EQ(after_hello("16 0403 0001 00"), Names{"invalid_record_version"});
  EXPECT_EQ(after_hello("16 0303 5000 00"), Names{"invalid_record_length"});
  EXPECT_EQ(after_hello("16 0303 0000"), Names{"invalid_ssl_record"});
  EXPECT_EQ(after_hello("15 0303 0001 01"), Names{"invalid_alert_message"});
}

TEST(TlsAnomalies, AreRaisedOnceAConnection) {
  Octets down;
  for (int i = 0; i < 100; ++i)
    put(down, from_hex("16 0303 0000"));
  EXPECT_EQ(played(client_records(), down).anomalies, Names{"invalid_ssl_record"});
}

TEST(TlsAnomalies, NamesTheFaultOfACertificate) {
  CertificateParts parts;
  parts.serial = der(0x04, {1});
  const RecordingSink sink = played(client_records(), server_records(build_certificate(parts)));
  EXPECT_EQ(sink.anomalies, Names{"certificate_invalid_serial"});
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_EQ(sink.lines[0].find("\"subject\""), std::string::npos);
  EXPECT_NE(sink.lines[0].find("\"fingerprint\""), std::string::npos);
}

TEST(Tls, TellsWhatThereIsAtAFatalAlert) {
  RecordingSink sink;
  TlsParser parser;
  (void)parser.on_data(kUp, client_records(), 0, sink);
  EXPECT_EQ(parser.on_data(kDown, from_hex("15 0303 0002 01 70"), 0, sink), Verdict::kMore);
  EXPECT_TRUE(sink.tls.empty());
  EXPECT_EQ(parser.on_data(kDown, from_hex("15 0303 0002 02 28"), 0, sink), Verdict::kDone);
  EXPECT_EQ(sink.tls.size(), 1u);
}

TEST(Tls, ReadsAMessageWithAlertsBetweenItsRecords) {
  const Octets hello = handshake(1, client_hello_body(chrome_hello()));
  Octets up;
  for (std::size_t at = 0; at < hello.size(); at += 10) {
    const auto begin = hello.begin() + static_cast<std::ptrdiff_t>(at);
    const auto length = static_cast<std::ptrdiff_t>(std::min<std::size_t>(10, hello.size() - at));
    put(up, records(22, Octets(begin, begin + length)));
    put(up, from_hex("15 0303 0002 01 00"));
  }
  const RecordingSink sink = played(up);
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_EQ(sink.tls[0].sni, "www.example.org");
}

TEST(Tls, KnowsResumptionByPreSharedKey) {
  Octets extensions = extension(43, from_hex("0304"));
  put(extensions, extension(41, from_hex("0000")));
  const Octets hello = handshake(2, server_hello_body(0x0303, {}, 0x1301, extensions));
  const RecordingSink sink = played(client_records(), records(22, hello));
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_TRUE(sink.tls[0].session_resumed);
}

TEST(Tls, SeesEncryptedHellosAndEarlyData) {
  const auto told = [](const Octets& extensions) {
    return facts(played(client_records(hello_with(extensions))).tls.at(0));
  };
  EXPECT_EQ(told(extension(0xfe0d, from_hex("00 0001"))), R"({"encrypted_client_hello":"outer"})");
  EXPECT_EQ(told(extension(0xfe0d, from_hex("01"))), R"({"encrypted_client_hello":"inner"})");
  EXPECT_EQ(told(extension(0xffce, from_hex("1301"))), R"({"encrypted_client_hello":"esni"})");
  EXPECT_EQ(told(extension(42, {})), R"({"early_data":true})");
  EXPECT_EQ(told({}), "{}");
}

TEST(Tls, MarksWhatIsWrongWithACertificate) {
  const RecordingSink sink = played(client_records(), server_records(from_hex(kCertificateHex)));
  ASSERT_EQ(sink.tls.size(), 1u);
  const std::string told = facts(sink.tls[0]);
  EXPECT_EQ(told.find(R"({"certificate":["not_yet_valid","self_signed","name_mismatch"],)"), 0u)
      << told;
  EXPECT_NE(told.find(R"("certificate_sha256":")"), std::string::npos);
  CertificateParts parts;
  parts.subject = "*.example.org";
  const RecordingSink sound = played(client_records(), server_records(build_certificate(parts)));
  EXPECT_EQ(facts(sound.tls.at(0)).find("\"certificate\":"), std::string::npos);
}

TEST(Tls, WritesTheFieldsThatAreAskedFor) {
  const RecordingSink sink = played(client_records(), server_records(from_hex(kCertificateHex)));
  output::TlsFields fields;
  EXPECT_TRUE(fields.add("version"));
  EXPECT_TRUE(fields.add("certificate"));
  EXPECT_TRUE(fields.add("chain"));
  EXPECT_FALSE(fields.add("colour"));
  std::string line;
  base::JsonWriter json(line);
  json.begin_object();
  output::write_tls_fields(json, sink.tls.at(0), fields);
  json.end_object();
  EXPECT_EQ(line.find(R"({"tls":{"version":"TLS 1.2","certificate":"MIICnDCCAkOgAwIBAgIJAJ)"), 0u)
      << line;
  EXPECT_NE(line.find(R"(,"chain":["MIICnDCCAkOg)"), std::string::npos);
  EXPECT_EQ(line.find("sni"), std::string::npos);
}

// A TLS 1.2 handshake whose server takes heartbeats, up to the end of what is in clear.
class Heartbeats : public ::testing::Test {
 protected:
  void SetUp() override {
    (void)parser_.on_data(kUp, client_records(), 0, sink_);
    const Octets flight = server_records(from_hex(kCertificateHex), extension(15, from_hex("01")));
    EXPECT_EQ(parser_.on_data(kDown, flight, 0, sink_), Verdict::kMore);
    EXPECT_EQ(sink_.tls.size(), 1u);
  }

  Names after(Direction direction, const Octets& data) {
    verdict_ = parser_.on_data(direction, data, 0, sink_);
    return std::exchange(sink_.anomalies, {});
  }
  void encrypt() {
    EXPECT_EQ(after(kUp, records(20, {1})), Names{});
    EXPECT_EQ(after(kDown, records(20, {1})), Names{});
  }

  RecordingSink sink_;
  TlsParser parser_;
  Verdict verdict_ = Verdict::kMore;
};

TEST_F(Heartbeats, AreNamedInClear) {
  Octets sound = from_hex("01 0004 61626364");
  sound.resize(sound.size() + 16);
  EXPECT_EQ(after(kUp, records(24, sound)), Names{"heartbeat_message"});
  sound[0] = 2;
  EXPECT_EQ(after(kDown, records(24, sound)), Names{});
}

TEST_F(Heartbeats, ThatAskForMoreThanTheyCarry) {
  EXPECT_EQ(after(kUp, records(24, from_hex("01 4000"))), Names{"overflow_heartbeat_message"});
  Octets leak = from_hex("02 4000");
  leak.resize(16000);
  EXPECT_EQ(after(kDown, records(24, leak)), Names{"dataleak_heartbeat_mismatch"});
}

TEST_F(Heartbeats, ReadOneOctetAtATime) {
  Names all;
  for (const std::uint8_t& octet : records(24, from_hex("01 4000"))) {
    for (const std::string& name : after(kUp, {octet}))
      all.push_back(name);
  }
  EXPECT_EQ(all, Names{"overflow_heartbeat_message"});
}

TEST_F(Heartbeats, ThatAreNone) {
  EXPECT_EQ(after(kUp, records(24, from_hex("07 0000"))), Names{"invalid_heartbeat_message"});
}

TEST_F(Heartbeats, ThatAnswerMoreThanWasAskedWhenEncrypted) {
  encrypt();
  EXPECT_EQ(after(kUp, records(24, Octets(60, 7))), Names{});
  EXPECT_EQ(after(kDown, records(24, Octets(60, 7))), Names{});
  EXPECT_EQ(after(kUp, records(24, Octets(60, 7))), Names{});
  EXPECT_EQ(after(kDown, records(24, Octets(1600, 7))), Names{"dataleak_heartbeat_mismatch"});
}

TEST_F(Heartbeats, AreWatchedForSoLongOnly) {
  encrypt();
  const Octets data = records(23, Octets(16384, 7));
  std::size_t octets = 0;
  while (verdict_ == Verdict::kMore && octets < 2 * kMaxHeartbeatOctets) {
    (void)after(kDown, data);
    octets += data.size();
  }
  EXPECT_EQ(verdict_, Verdict::kDone);
  EXPECT_LE(octets, kMaxHeartbeatOctets + data.size());
}

TEST(Tls, ReadsTheCertificateOfAnSsl2Server) {
  Octets client = {1};
  put(client, from_hex("0002 0003 0000 0010 010080"));
  client.insert(client.end(), 16, 0x55);
  const Octets certificate = from_hex(kCertificateHex);
  Octets server = from_hex("04 00 01 0002");
  put(server, certificate.size(), 2);
  put(server, from_hex("0003 0010"));
  put(server, certificate);
  put(server, from_hex("010080"));
  server.insert(server.end(), 16, 0x66);
  const auto framed = [](const Octets& body) {
    Octets wire = sized(body, 2);
    wire[0] |= 0x80;
    return wire;
  };
  const RecordingSink sink = played(framed(client), framed(server));
  ASSERT_EQ(sink.tls.size(), 1u);
  EXPECT_EQ(tls_version_name(sink.tls[0].version), "SSLv2");
  ASSERT_TRUE(sink.tls[0].server.certificate);
  EXPECT_EQ(sink.tls[0].server.certificate->fingerprint, kCertificateFingerprint);
}

TEST(Tls, SurvivesOneWrongBitAnywhereInAHandshake) {
  const Octets up = client_records();
  const Octets down = server_records(from_hex(kCertificateHex));
  for (std::size_t bit = 0; bit < (up.size() + down.size()) * 8; ++bit) {
    Octets wrong_up = up;
    Octets wrong_down = down;
    const std::size_t at = bit / 8;
    std::uint8_t& octet = at < up.size() ? wrong_up[at] : wrong_down[at - up.size()];
    octet = static_cast<std::uint8_t>(octet ^ 1U << bit % 8);
    const RecordingSink sink = played(wrong_up, wrong_down);
    EXPECT_LE(sink.tls.size(), 1u) << bit;
  }
}

TEST(Tls, SurvivesTheEndOfTheCaptureAnywhere) {
  const Octets up = client_records();
  const Octets down = server_records(from_hex(kCertificateHex));
  for (std::size_t length = 1; length <= down.size(); ++length) {
    const RecordingSink sink =
        played(up, Octets(down.begin(), down.begin() + static_cast<std::ptrdiff_t>(length)));
    ASSERT_EQ(sink.tls.size(), 1u) << length;
    EXPECT_EQ(sink.tls[0].sni, "www.example.org") << length;
    EXPECT_TRUE(sink.anomalies.empty()) << length;
  }
}

}  // namespace
}  // namespace netmoth::protocols
