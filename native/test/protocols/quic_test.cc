#include <gtest/gtest.h>

#include "base/hex.h"
#include "hello_builder.h"
#include "protocols/quic_packet.h"
#include "protocols/quic_parser.h"
#include "quic_sealer.h"
#include "recording_sink.h"

namespace netmoth::protocols {
namespace {

using namespace netmoth::testing;  // NOLINT: builders

constexpr auto kUp = Direction::kToServer;
constexpr auto kDown = Direction::kToClient;

// RFC 9001 A.2 and RFC 9369 A.2: the CRYPTO frame of the client's Initial packet.
constexpr std::string_view kClientFrame =
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c"
    "00000413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006"
    "001d0017001800100007000504616c706e000500050100000000003300260024001d00209370b2c9caa4"
    "7fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e040305"
    "0306030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ff"
    "ff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff";
// RFC 9001 A.3, RFC 9369 A.3.
constexpr std::string_view kServerPacketV1 =
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69"
    "797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73"
    "cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456"
    "cbc42158407dd074ee";
constexpr std::string_view kServerPacketV2 =
    "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89"
    "237bbf87263017915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382d"
    "d16a393e42757507698075b2c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce"
    "7ca84bed8521e2e140";

const Octets kConnectionId = from_hex("8394c8f03e515708");

Octets padded(std::string_view hex, std::size_t size = 1162) {
  Octets frames = from_hex(hex);
  frames.resize(size, 0);
  return frames;
}

Octets client_packet_v1() {
  return seal_initial(derive_initial_keys(QuicSuite::kV1, kConnectionId, QuicEnd::kClient), {},
                      padded(kClientFrame));
}

Octets client_packet_v2() {
  InitialParts parts;
  parts.version = 0x6b3343cf;
  parts.type_bits = 1;
  return seal_initial(derive_initial_keys(QuicSuite::kV2, kConnectionId, QuicEnd::kClient), parts,
                      padded(kClientFrame));
}

std::string hex_of(Bytes bytes) {
  return base::to_hex(bytes);
}

TEST(QuicCrypto, DerivesTheKeysOfRfc9001A1) {
  const QuicKeys client = derive_initial_keys(QuicSuite::kV1, kConnectionId, QuicEnd::kClient);
  const QuicKeys server = derive_initial_keys(QuicSuite::kV1, kConnectionId, QuicEnd::kServer);
  EXPECT_EQ(hex_of(client.key), "1f369613dd76d5467730efcbe3b1a22d");
  EXPECT_EQ(hex_of(client.iv), "fa044b2f42a3fd3b46fb255c");
  EXPECT_EQ(hex_of(client.header_protection), "9f50449e04a0e810283a1e9933adedd2");
  EXPECT_EQ(hex_of(server.key), "cf3a5331653c364c88f0f379b6067e37");
  EXPECT_EQ(hex_of(server.iv), "0ac1493ca1905853b0bba03e");
  EXPECT_EQ(hex_of(server.header_protection), "c206b8d9b9f0f37644430b490eeaa314");
}

TEST(QuicCrypto, DerivesTheKeysOfRfc9369A1) {
  const QuicKeys client = derive_initial_keys(QuicSuite::kV2, kConnectionId, QuicEnd::kClient);
  const QuicKeys server = derive_initial_keys(QuicSuite::kV2, kConnectionId, QuicEnd::kServer);
  EXPECT_EQ(hex_of(client.key), "8b1a0bc121284290a29e0971b5cd045d");
  EXPECT_EQ(hex_of(client.iv), "91f73e2351d8fa91660e909f");
  EXPECT_EQ(hex_of(client.header_protection), "45b95e15235d6f45a6b19cbcb0294ba9");
  EXPECT_EQ(hex_of(server.key), "82db637861d55e1d011f19ea71d5d2a7");
}

TEST(QuicCrypto, TheTestsPacketsAreTheRfcs) {
  const std::string v1 = hex_of(client_packet_v1());
  EXPECT_EQ(v1.substr(0, 64), "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11");
  EXPECT_EQ(v1.substr(v1.size() - 32), "e221af44860018ab0856972e194cd934");
  const std::string v2 = hex_of(client_packet_v2());
  EXPECT_EQ(v2.substr(0, 64), "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485");
  EXPECT_EQ(v2.substr(v2.size() - 32), "a18b2faa745b6fe189cf772a9f84cbfc");
}

void expect_rfc_conversation(const Octets& up, std::string_view down, const std::string& version) {
  RecordingSink sink;
  QuicParser parser;
  EXPECT_EQ(parser.on_data(kUp, up, 0, sink), Verdict::kMore);
  ASSERT_EQ(sink.quic.size(), 1u);
  EXPECT_EQ(quic_version_name(sink.quic[0].version), version);
  EXPECT_EQ(sink.quic[0].sni, "example.com");
  EXPECT_EQ(sink.quic[0].alpns, std::vector<std::string>{"alpn"});
  EXPECT_EQ(sink.quic[0].ja3, "771,4865-4866,0-65281-10-16-5-51-43-13-45-28-57,29-23-24,");
  EXPECT_EQ(sink.quic[0].ja4.substr(0, 11), "q13d0211an_");
  EXPECT_EQ(parser.on_data(kDown, from_hex(down), 0, sink), Verdict::kDone);
  ASSERT_EQ(sink.quic.size(), 2u);
  EXPECT_FALSE(sink.quic[1].from_client);
  EXPECT_EQ(sink.quic[1].ja3, "771,4865,51-43");
  EXPECT_TRUE(sink.anomalies.empty());
}

TEST(Quic, ReadsBothHellosOfRfc9001) {
  expect_rfc_conversation(client_packet_v1(), kServerPacketV1, "1");
}

TEST(Quic, ReadsBothHellosOfRfc9369) {
  expect_rfc_conversation(client_packet_v2(), kServerPacketV2, "2");
}

TEST(Quic, WritesTheEvent) {
  RecordingSink sink;
  QuicParser parser;
  (void)parser.on_data(kUp, client_packet_v1(), 0, sink);
  const std::string& line = sink.lines.at(0);
  EXPECT_EQ(line.substr(0, 58), R"({"quic":{"version":"1","sni":"example.com","ja3":{"hash":")");
  EXPECT_NE(line.find(R"("ja4":"q13d0211an_)"), std::string::npos);
}

// The hello in pieces over several datagrams, out of order and coalesced.
TEST(Quic, PutsACryptoStreamTogether) {
  const QuicKeys keys = derive_initial_keys(QuicSuite::kV1, kConnectionId, QuicEnd::kClient);
  const Octets hello = handshake(1, client_hello_body(chrome_hello()));
  const auto piece = [&](std::size_t begin, std::size_t end) {
    Octets frame = {6};
    put_varint(frame, begin);
    put_varint(frame, end - begin);
    frame.insert(frame.end(), hello.begin() + static_cast<std::ptrdiff_t>(begin),
                 hello.begin() + static_cast<std::ptrdiff_t>(end));
    return frame;
  };
  for (std::size_t cut = 1; cut + 50 < hello.size(); cut += 7) {
    RecordingSink sink;
    QuicParser parser;
    Octets last = piece(cut + 40, hello.size());
    Octets middle = piece(cut, cut + 45);
    put(middle, from_hex("01 0000"));
    put(middle, from_hex("02 05 00 00 05"));
    Octets datagram = seal_initial(keys, {}, middle);
    put(datagram, seal_initial(keys, {}, last));
    EXPECT_EQ(parser.on_data(kUp, datagram, 0, sink), Verdict::kMore);
    EXPECT_TRUE(sink.quic.empty());
    Octets first = piece(0, cut);
    first.resize(100 + cut, 0);
    (void)parser.on_data(kUp, seal_initial(keys, {}, first), 0, sink);
    ASSERT_EQ(sink.quic.size(), 1u) << cut;
    EXPECT_EQ(sink.quic[0].ja4, "q13d1516h2_8daaf6152771_e5627efa2ab1");
  }
}

TEST(Quic, OpensAnUnregisteredVersionByTheTag) {
  InitialParts parts;
  parts.version = 0x12345678;
  RecordingSink sink;
  QuicParser parser;
  (void)parser.on_data(
      kUp,
      seal_initial(derive_initial_keys(QuicSuite::kDraft29, kConnectionId, QuicEnd::kClient), parts,
                   padded(kClientFrame)),
      0, sink);
  ASSERT_EQ(sink.quic.size(), 1u);
  EXPECT_EQ(sink.quic[0].sni, "example.com");
  EXPECT_EQ(quic_version_name(sink.quic[0].version), "12345678");
}

TEST(Quic, FollowsANewConnectionIdAfterRetry) {
  RecordingSink sink;
  QuicParser parser;
  Octets ping = {1};
  ping.resize(64, 0);
  (void)parser.on_data(
      kUp,
      seal_initial(derive_initial_keys(QuicSuite::kV1, kConnectionId, QuicEnd::kClient), {}, ping),
      0, sink);
  InitialParts parts;
  parts.destination = from_hex("aabbccdd");
  parts.token = from_hex("01020304");
  (void)parser.on_data(
      kUp,
      seal_initial(derive_initial_keys(QuicSuite::kV1, parts.destination, QuicEnd::kClient), parts,
                   padded(kClientFrame)),
      0, sink);
  ASSERT_EQ(sink.quic.size(), 1u);
}

TEST(Quic, TellsTheVersionWhereNothingOpens) {
  Octets packet = client_packet_v1();
  packet[100] ^= 1;
  RecordingSink sink;
  QuicParser parser;
  EXPECT_EQ(parser.on_data(kUp, packet, 0, sink), Verdict::kMore);
  EXPECT_TRUE(sink.quic.empty());
  parser.on_close(sink);
  EXPECT_EQ(sink.lines, std::vector<std::string>{R"({"quic":{"version":"1"}})"});
  EXPECT_EQ(sink.anomalies, std::vector<std::string>{"failed_decrypt"});
}

TEST(Quic, ReadsGooglesClearHello) {
  Octets packet = from_hex("0d 0102030405060708 51303433 01");
  put(packet, from_hex("000000000000000000000000 a001 0001"));
  put(packet, std::string_view("CHLO"));
  put(packet, from_hex("0200 0000"));
  put(packet, std::string_view("SNI\0", 4));
  put(packet, from_hex("0b000000"));
  put(packet, std::string_view("UAID"));
  put(packet, from_hex("0f000000"));
  put(packet, std::string_view("example.comuser"));
  EXPECT_EQ(classify_quic(packet), QuicKind::kGquicKnownVersion);
  RecordingSink sink;
  QuicParser parser;
  (void)parser.on_data(kUp, packet, 0, sink);
  ASSERT_EQ(sink.quic.size(), 1u);
  EXPECT_EQ(sink.lines[0], R"({"quic":{"version":"Q043","sni":"example.com","ua":"user",)"
                           R"("cyu":[{"hash":"9f946d5dc2772006371ed3360664cb84",)"
                           R"("string":"43,SNI-UAID"}]}})");
}

TEST(Quic, SurvivesTruncationAtEveryLength) {
  Octets packet = client_packet_v1();
  for (std::size_t length = 0; length < packet.size(); ++length) {
    RecordingSink sink;
    QuicParser parser;
    (void)parser.on_data(kUp, Bytes(packet).first(length), 0, sink);
    EXPECT_TRUE(sink.quic.empty()) << length;
  }
}

TEST(Quic, ReadsTheServersHelloAfterARetryRequest) {
  const QuicKeys client = derive_initial_keys(QuicSuite::kV1, kConnectionId, QuicEnd::kClient);
  const QuicKeys server = derive_initial_keys(QuicSuite::kV1, kConnectionId, QuicEnd::kServer);
  const auto crypto = [](std::size_t offset, const Octets& data) {
    Octets frame = {6};
    put_varint(frame, offset);
    put_varint(frame, data.size());
    put(frame, data);
    frame.resize(std::max<std::size_t>(frame.size(), 64), 0);
    return frame;
  };
  RecordingSink sink;
  QuicParser parser;
  const Octets hello = handshake(1, client_hello_body(chrome_hello()));
  (void)parser.on_data(kUp, seal_initial(client, {}, crypto(0, hello)), 0, sink);
  Octets retry;
  put(retry, 0x0303, 2);
  put(retry, from_hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"));
  put(retry, from_hex("00 1301 00"));
  put(retry, sized(extension(43, from_hex("0304")), 2));
  retry = handshake(2, retry);
  (void)parser.on_data(kDown, seal_initial(server, {}, crypto(0, retry)), 0, sink);
  (void)parser.on_data(kUp, seal_initial(client, {}, crypto(hello.size(), hello)), 0, sink);
  EXPECT_EQ(sink.quic.size(), 1u);
  const Octets answer =
      handshake(2, server_hello_body(0x0303, {}, 0x1301, extension(43, from_hex("0304"))));
  EXPECT_EQ(parser.on_data(kDown, seal_initial(server, {}, crypto(retry.size(), answer)), 0, sink),
            Verdict::kDone);
  ASSERT_EQ(sink.quic.size(), 2u);
  EXPECT_EQ(sink.quic[1].ja3, "771,4865,43");
  EXPECT_TRUE(sink.quic[1].retried);
}

TEST(Quic, BeginsAnewAfterARetryPacket) {
  const QuicKeys keys = derive_initial_keys(QuicSuite::kV1, kConnectionId, QuicEnd::kClient);
  RecordingSink sink;
  QuicParser parser;
  // Half a hello, which the server has not seen.
  Octets half = from_hex("06 4000 4004 01000050");
  half.resize(64, 0);
  (void)parser.on_data(kUp, seal_initial(keys, {}, half), 0, sink);
  (void)parser.on_data(kDown,
                       from_hex("ff 00000001 00 04 aabbccdd 0102030405060708 "
                                "00112233445566778899aabbccddeeff"),
                       0, sink);
  InitialParts parts;
  parts.destination = from_hex("aabbccdd");
  parts.token = from_hex("0102030405060708");
  (void)parser.on_data(
      kUp,
      seal_initial(derive_initial_keys(QuicSuite::kV1, parts.destination, QuicEnd::kClient), parts,
                   padded(kClientFrame)),
      0, sink);
  ASSERT_EQ(sink.quic.size(), 1u);
  EXPECT_EQ(sink.quic[0].sni, "example.com");
  EXPECT_TRUE(sink.quic[0].retried);
}

TEST(Quic, WritesExtensionsAsEve) {
  RecordingSink sink;
  QuicParser parser;
  (void)parser.on_data(kUp, client_packet_v1(), 0, sink);
  ASSERT_EQ(sink.lines.size(), 1u);
  EXPECT_NE(sink.lines[0].find(R"("extensions":[{"name":"server_name","type":0,)"
                               R"("values":["example.com"]},{"name":"renegotiation_info")"),
            std::string::npos)
      << sink.lines[0];
  EXPECT_NE(sink.lines[0].find(R"({"name":"alpn","type":16,"values":["alpn"]})"),
            std::string::npos);
}

TEST(Quic, SurvivesOneWrongBitAtEveryPosition) {
  const Octets sound = client_packet_v1();
  for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
    if (bit > 400 && bit % 13 != 0) continue;  // under the tag all positions are alike
    Octets wrong = sound;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ 1U << bit % 8);
    RecordingSink sink;
    QuicParser parser;
    (void)parser.on_data(kUp, wrong, 0, sink);
    EXPECT_TRUE(sink.quic.empty()) << bit;
  }
}

TEST(CryptoStream, StaysWithinItsBounds) {
  CryptoStream stream;
  const Octets octet = {1};
  EXPECT_FALSE(stream.add(kMaxCryptoStream, octet));
  EXPECT_FALSE(stream.add(~0ULL, octet));
  for (std::size_t i = 0; i < kMaxCryptoPieces; ++i)
    EXPECT_TRUE(stream.add(i * 2 + 2, octet));
  EXPECT_FALSE(stream.add(1000, octet));
  EXPECT_TRUE(stream.contiguous().empty());
}

TEST(QuicNames, AreThoseOfEve) {
  EXPECT_EQ(quic_version_name(0xff00001d), "draft-29");
  EXPECT_EQ(quic_version_name(0x51303436), "Q046");
  EXPECT_EQ(quic_version_name(0xfaceb002), "mvfst-2");
}

}  // namespace
}  // namespace netmoth::protocols
