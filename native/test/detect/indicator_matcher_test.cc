// What of a flow and of each record is asked for, how often it is told, and when not.
#include "detect/indicators/indicator_matcher.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "protocols/dns_message.h"
#include "protocols/file_tracker.h"
#include "protocols/http_transaction.h"
#include "protocols/quic_initial.h"
#include "protocols/tls_handshake.h"
#include "testing/indicator_bundle.h"

namespace netmoth::detect {
namespace {

using enum IndicatorKind;
using testing::IndicatorBundle;
using testing::IndicatorRows;

constexpr TimestampNs kSecond = 1'000'000'000;
constexpr auto kToServer = Direction::kToServer;
constexpr auto kToClient = Direction::kToClient;

std::shared_ptr<const IndicatorSet> set_of(const IndicatorBundle& made) {
  const auto owner = std::make_shared<const std::string>(made.sealed());
  BundleFile bundle;
  std::shared_ptr<const IndicatorSet> set;
  EXPECT_EQ(bundle.open(as_bytes(*owner)), BundleFault::kNone);
  EXPECT_EQ(IndicatorSet::load(bundle, owner, 1, set), BundleFault::kNone);
  return set;
}

// Keeps what it is told as "<kind of indicator> <entry> <direction>".
class Told final : public IndicatorListener {
 public:
  explicit Told(const IndicatorBundle& made) : set_(set_of(made)), matcher(set_, *this) {}

  std::vector<std::string> take() { return std::exchange(all_, {}); }

 private:
  void on_indicator(const IndicatorHit& hit, Direction direction,
                    const protocols::Record* record) override {
    std::string text(row_of(hit.kind).name);
    text += ' ' + set_->entry_text(hit) + (direction == kToServer ? " >" : " <");
    if (record == nullptr) text += " flow";
    all_.push_back(std::move(text));
  }

  std::shared_ptr<const IndicatorSet> set_;
  std::vector<std::string> all_;

 public:
  IndicatorMatcher matcher;
};

using Texts = std::vector<std::string>;

IndicatorBundle lists() {
  return IndicatorBundle({{}, {.sid = 3'000'000'002, .expires = 100}});
}

flow::Flow tcp_flow(std::uint16_t server_port = 80) {
  flow::Flow flow;
  flow.key.source.octets = {10, 0, 0, 1};
  flow.key.destination.octets = {192, 0, 2, 7};
  flow.key.source_port = 40000;
  flow.key.destination_port = server_port;
  flow.key.protocol = ip_proto::kTcp;
  flow.key.ip_version = 4;
  return flow;
}

TEST(IndicatorMatcher, BothEndsOfAFlow) {
  Told told(lists()
                .table(kIpv4, {{std::string("\xc0\x00\x02\x00\xc0\x00\x02\xff", 8), 0},
                               {std::string("\x0a\x00\x00\x01\x0a\x00\x00\x01", 8), 0}})
                .table(kIpv4Port, {{std::string("\xc0\x00\x02\x07\x01\xbb", 6), 0}}));
  const flow::Flow web = tcp_flow(443);
  told.matcher.on_flow(web, kToServer, 0);
  EXPECT_EQ(told.take(), (Texts{"ipv4 10.0.0.1 > flow", "ipv4 192.0.2.0/24 > flow",
                                "ipv4-port 192.0.2.7:443 > flow"}));
  const flow::Flow other = tcp_flow(80);
  told.matcher.on_flow(other, kToClient, 0);
  EXPECT_EQ(told.take(), (Texts{"ipv4 10.0.0.1 < flow", "ipv4 192.0.2.0/24 < flow"}));
}

TEST(IndicatorMatcher, AnEntryOnceAFlow) {
  Told told(lists().table(kDomain, {{"com.example.", 0}}));
  const flow::Flow flow = tcp_flow();
  const flow::Flow another = tcp_flow();
  protocols::TlsHandshake tls;
  tls.sni = "a.example.com";
  told.matcher.on_record(flow, kToServer, tls, 0);
  tls.sni = "b.example.com";
  told.matcher.on_record(flow, kToServer, tls, 0);
  EXPECT_EQ(told.take(), Texts{"domain example.com >"});
  told.matcher.on_record(another, kToServer, tls, 0);
  EXPECT_EQ(told.take(), Texts{"domain example.com >"});
  told.matcher.on_flow_end(flow);
  told.matcher.on_record(flow, kToServer, tls, 0);  // the next flow in the same place
  EXPECT_EQ(told.take(), Texts{"domain example.com >"});
  EXPECT_EQ(told.matcher.suppressed(), 0U);
}

TEST(IndicatorMatcher, EntriesOfAFlowAreBounded) {
  IndicatorRows rows;
  for (std::size_t i = 0; i < kMaxEntriesPerFlow + 3; ++i)
    rows.emplace_back("com." + std::string(i + 1, 'a') + '.', 0);
  Told told(lists().table(kDomain, rows));
  const flow::Flow flow = tcp_flow();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    protocols::TlsHandshake tls;
    tls.sni = std::string(i + 1, 'a') + ".com";
    told.matcher.on_record(flow, kToServer, tls, 0);
  }
  EXPECT_EQ(told.take().size(), kMaxEntriesPerFlow);
  EXPECT_EQ(told.matcher.suppressed(), 3U);
}

TEST(IndicatorMatcher, ExpiredByTheTimeOfThePacket) {
  Told told(lists().table(kDomain, {{"com.example.", 1}}));
  const flow::Flow flow = tcp_flow();
  protocols::TlsHandshake tls;
  tls.sni = "example.com";
  told.matcher.on_record(flow, kToServer, tls, 100 * kSecond);
  EXPECT_EQ(told.take(), Texts{});
  told.matcher.on_record(flow, kToServer, tls, 99 * kSecond);
  EXPECT_EQ(told.take(), Texts{"domain example.com >"});
}

// Names one after the other in the arena of a message.
protocols::DnsName name_in(protocols::DnsMessage& message, std::string_view text) {
  const auto offset = static_cast<std::uint32_t>(message.arena.size());
  message.arena += text;
  return {offset, static_cast<std::uint16_t>(text.size()), false};
}

TEST(IndicatorMatcher, DnsQuestionsAliasesAndAddresses) {
  Told told(lists()
                .table(kDomain, {{"com.example.", 0}, {"net.cdn.", 0}, {"org.owner.", 0}})
                .table(kIpv4, {{std::string("\xc0\x00\x02\x07\xc0\x00\x02\x07", 8), 0}})
                .table(kIpv6, {{std::string(32, '\x20'), 0}}));
  const flow::Flow flow = tcp_flow(53);
  protocols::DnsMessage message;
  message.questions.push_back({name_in(message, "www.EXAMPLE.com"), 1, 1});
  const std::vector<std::uint8_t> v4{192, 0, 2, 7};
  const std::vector<std::uint8_t> v6(16, 0x20);
  const auto answer = [&](std::uint16_t type, Bytes rdata, std::string_view target) {
    protocols::DnsRecord record;
    record.name = name_in(message, "x.owner.org");
    record.type = type;
    record.valid = true;
    record.rdata = rdata;
    record.target = name_in(message, target);
    message.answers.push_back(record);
  };
  answer(protocols::dns_type::kCname, {}, "edge.cdn.net");
  answer(protocols::dns_type::kA, v4, "");
  answer(protocols::dns_type::kAaaa, v6, "");
  answer(protocols::dns_type::kA, Bytes(v4).first(3), "");
  told.matcher.on_record(flow, kToClient, message, 0);
  EXPECT_EQ(told.take(), (Texts{"domain example.com <", "domain cdn.net <", "ipv4 192.0.2.7 <",
                                "ipv6 2020:2020:2020:2020:2020:2020:2020:2020 <"}));
}

TEST(IndicatorMatcher, TlsOfBothSides) {
  const std::vector<std::uint8_t> der{'d', 'e', 'r'};
  const auto sha256 = base::sha256(der);
  Told told(lists()
                .table(kCertificateSha1, {{std::string(20, '\xab'), 0}})
                .table(kCertificateSha256, {{std::string(sha256.begin(), sha256.end()), 0}})
                .table(kJa3, {{std::string(16, '\x01'), 0}})
                .table(kJa3s, {{std::string(16, '\x02'), 0}})
                .table(kJa4, {{"t13d1516h2_8daaf6152771_e5627efa2ab1", 0}}));
  const flow::Flow flow = tcp_flow(443);
  protocols::TlsHandshake tls;
  tls.ja3_hash = "01010101010101010101010101010101";
  tls.ja3s_hash = "02020202020202020202020202020202";
  tls.ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1";
  tls.server.certificate.emplace();
  tls.server.certificate->fingerprint =
      "ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab";
  tls.client.chain = {0, 0, 3, 'd', 'e', 'r', 0, 0, 1, 'x'};
  told.matcher.on_record(flow, kToClient, tls, 0);
  const Texts all = told.take();
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0], "ja3 01010101010101010101010101010101 >");
  EXPECT_EQ(all[1], "ja4 t13d1516h2_8daaf6152771_e5627efa2ab1 >");
  EXPECT_EQ(all[2], "ja3s 02020202020202020202020202020202 <");
  EXPECT_EQ(all[3], "certificate-sha1 abababababababababababababababababababab <");
  EXPECT_TRUE(all[4].starts_with("certificate-sha256 ") && all[4].ends_with(" >"));
  // What is no digest is in no list.
  tls.ja3_hash = "0101";
  tls.ja3s_hash = "x2020202020202020202020202020202";
  tls.server.certificate->fingerprint += ":ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab";
  tls.ja4.clear();
  tls.client.chain = {0, 0, 9, 'd'};
  const flow::Flow other = tcp_flow(443);
  told.matcher.on_record(other, kToClient, tls, 0);
  EXPECT_EQ(told.take(), Texts{});
}

TEST(IndicatorMatcher, QuicOfClientAndServer) {
  Told told(lists()
                .table(kDomain, {{"com.example.", 0}})
                .table(kJa3, {{std::string(16, '\x01'), 0}})
                .table(kJa3s, {{std::string(16, '\x01'), 0}}));
  const flow::Flow flow = tcp_flow(443);
  protocols::QuicInitial quic;
  quic.sni = "example.com";
  quic.ja3_hash = "01010101010101010101010101010101";
  told.matcher.on_record(flow, kToServer, quic, 0);
  EXPECT_EQ(told.take(), (Texts{"domain example.com >", "ja3 01010101010101010101010101010101 >"}));
  quic.from_client = false;
  told.matcher.on_record(flow, kToClient, quic, 0);
  EXPECT_EQ(told.take(), (Texts{"ja3s 01010101010101010101010101010101 <"}));
}

TEST(IndicatorMatcher, UrlsByHostPortAndPath) {
  const auto found = [](const std::string& key, const std::string& host, std::uint16_t port,
                        const std::string& url, std::uint16_t server_port) {
    Told told(lists().table(kUrl, {{key, 0}}));
    const flow::Flow flow = tcp_flow(server_port);
    protocols::HttpTransaction http;
    http.has_request = true;
    http.hostname = host;
    http.port = port;
    http.url = url;
    told.matcher.on_record(flow, kToServer, http, 0);
    return told.take().size();
  };
  EXPECT_EQ(found("a.com/x?y=1", "a.com", 0, "/x?y=1", 80), 1U);
  EXPECT_EQ(found("a.com/x?y=1", "A.com", 80, "/x?y=1", 80), 1U);
  EXPECT_EQ(found("a.com/x?y=1", "a.com", 0, "http://a.com/x?y=1", 3128), 1U);
  EXPECT_EQ(found("a.com/", "a.com", 0, "http://a.com", 80), 1U);
  EXPECT_EQ(found("a.com:8080/x", "a.com", 8080, "/x", 8080), 1U);
  EXPECT_EQ(found("a.com:8080/x", "a.com", 0, "/x", 8080), 1U);
  EXPECT_EQ(found("a.com/x", "a.com", 8080, "/x", 8080), 0U);
  EXPECT_EQ(found("a.com/x", "a.com", 0, "/X", 80), 0U);
  EXPECT_EQ(found("a.com/x", "a.com", 0, "/x?", 80), 0U);
  EXPECT_EQ(found("a.com/x", "www.a.com", 0, "/x", 80), 0U);
  EXPECT_EQ(found("a.com/x", "", 0, "/x", 80), 0U);
}

TEST(IndicatorMatcher, FilesByTheDigestsThatAreListed) {
  Told md5(lists().table(kFileMd5, {{std::string(16, '\x05'), 0}}));
  EXPECT_TRUE(md5.matcher.wanted_digests().md5);
  EXPECT_FALSE(md5.matcher.wanted_digests().sha256);
  Told told(lists().table(kFileSha256, {{std::string(32, '\x06'), 0}}));
  EXPECT_TRUE(told.matcher.wanted_digests().sha256);
  const flow::Flow flow = tcp_flow();
  protocols::FileInfo file;
  told.matcher.on_record(flow, kToClient, file, 0);
  EXPECT_EQ(told.take(), Texts{});
  file.digests.sha256.emplace().fill(6);
  file.digests.md5.emplace().fill(5);
  told.matcher.on_record(flow, kToClient, file, 0);
  ASSERT_EQ(told.take().size(), 1U);
  md5.matcher.on_record(flow, kToClient, file, 0);
  EXPECT_EQ(md5.take(), Texts{"file-md5 05050505050505050505050505050505 <"});
}

}  // namespace
}  // namespace netmoth::detect
