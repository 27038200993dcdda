// DNS answers and the connections after them, through the whole worker: which name an event
// carries, and how sure it is of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "output/event_writer.h"
#include "pipeline/worker.h"
#include "testing/dns_builder.h"
#include "testing/packet_builder.h"

namespace netmoth::pipeline {
namespace {

using namespace netmoth::testing;

constexpr TimestampNs kMillisecond = 1'000'000;
constexpr TimestampNs kSecond = 1000 * kMillisecond;
constexpr TimestampNs kStart = 1'700'000'000 * kSecond;
constexpr const char* kClient = "10.0.0.1";
constexpr const char* kOther = "10.0.0.2";
constexpr const char* kResolver = "10.0.0.53";
constexpr const char* kServer = "192.0.2.10";
constexpr std::uint8_t kFin = 1, kSyn = 2, kAck = 16;

struct MemorySink final : output::BatchSink {
  std::string text;
  bool take(output::EventClass, std::string& lines, std::uint32_t) override {
    text += lines;
    return true;
  }
};

// A worker whose cache may be another's too.
struct Bench {
  explicit Bench(const EngineConfig& config, const correlate::DnsShare& dns = {})
      : writer(one_buffer(), sink), worker(config, writer, 1, {.dns = dns}) {}
  static output::WriterOptions one_buffer() {
    output::WriterOptions options;
    options.one_buffer = true;
    return options;
  }

  void frame(const Buffer& ip, TimestampNs time) {
    const Buffer data = ethernet(ip);
    decode::Frame frame;
    frame.time = time;
    frame.number = ++number;
    frame.wire_length = static_cast<std::uint32_t>(data.size());
    frame.data = data;
    worker.process(std::span(&frame, 1));
  }

  MemorySink sink;
  output::EventWriter writer;
  Worker worker;
  std::uint64_t number = 0;
};

Buffer client_hello(std::string_view sni) {
  const Buffer name = bytes({0}) + be16(sni.size()) + sni;
  const Buffer list = be16(name.size()) + name;
  const Buffer extensions = be16(0) + be16(list.size()) + list;
  const Buffer body = be16(0x0303) + Buffer(32, 1) + bytes({0}) + be16(2) + be16(0xc02f) +
                      bytes({1, 0}) + be16(extensions.size()) + extensions;
  const Buffer message = bytes({1, 0}) + be16(body.size()) + body;
  return bytes({22, 3, 1}) + be16(message.size()) + message;
}

std::string request(std::string_view host) {
  return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

struct Correlation : ::testing::Test {
  EngineConfig config;
  std::unique_ptr<Bench> bench;
  TimestampNs now = kStart;
  std::uint16_t port = 40'000;

  Bench& it() {
    if (bench == nullptr) bench = std::make_unique<Bench>(config);
    return *bench;
  }
  void send(const Buffer& ip) { it().frame(ip, now += kMillisecond); }
  static std::string_view resolver_of(std::string_view client) {
    return client.find(':') == std::string_view::npos ? kResolver : "2001:db8::53";
  }
  static Buffer packet(const std::string& from, const std::string& to, const Segment& segment) {
    return from.find(':') == std::string::npos ? ipv4(from, to, segment) : ipv6(from, to, segment);
  }
  void answer(const Buffer& message, const std::string& client = kClient) {
    const std::string resolver(resolver_of(client));
    send(packet(client, resolver, udp(++port, 53, dns_query({"asked.example"}))));
    send(packet(resolver, client, udp(53, port, message)));
  }
  // "name A address TTL" asked and answered.
  void resolve(std::string_view name, const std::string& address, std::uint32_t ttl,
               const std::string& client = kClient) {
    answer(dns_answer({name}, {a(name, address, ttl)}), client);
  }
  // A whole connection; the client says `payload`.
  void connect(const std::string& server = kServer, const std::string& client = kClient,
               const Buffer& payload = {}, std::uint16_t server_port = 80) {
    ++port;
    std::uint32_t client_at = 1000, server_at = 5000;
    const auto to_server = [&](int flags, const Buffer& data = {}) {
      send(packet(client, server,
                  tcp({.source_port = port,
                       .destination_port = server_port,
                       .sequence = client_at,
                       .acknowledgment = server_at,
                       .flags = static_cast<std::uint8_t>(flags)},
                      data)));
      client_at += static_cast<std::uint32_t>(data.size()) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
    };
    const auto to_client = [&](int flags, const Buffer& data = {}) {
      send(packet(server, client,
                  tcp({.source_port = server_port,
                       .destination_port = port,
                       .sequence = server_at,
                       .acknowledgment = client_at,
                       .flags = static_cast<std::uint8_t>(flags)},
                      data)));
      server_at += static_cast<std::uint32_t>(data.size()) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
    };
    to_server(kSyn);
    to_client(kSyn | kAck);
    to_server(kAck);
    if (!payload.empty()) to_server(kAck, payload);
    if (server_port == 80 && !payload.empty())
      to_client(kAck, bytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    to_server(kFin | kAck);
    to_client(kFin | kAck);
    to_server(kAck);
  }

  static std::vector<std::string> events_of(Bench& from, std::string_view type) {
    from.worker.finish(flow::EndReason::kShutdown);
    from.writer.flush();
    const std::string mark = "\"event_type\":\"" + std::string(type) + "\"";
    std::vector<std::string> found;
    std::size_t at = 0;
    while (at < from.sink.text.size()) {
      const std::size_t end = from.sink.text.find('\n', at);
      std::string line = from.sink.text.substr(at, end - at);
      if (line.find(mark) != std::string::npos) found.push_back(std::move(line));
      at = end + 1;
    }
    return found;
  }
  std::vector<std::string> events(std::string_view type) { return events_of(it(), type); }
  // What stands behind netmoth.flow_state in the last event of the type, e.g. `"domain":…`.
  std::string labels(std::string_view type = "flow", std::string_view proto = "TCP") {
    std::string line;
    const std::string transport = "\"proto\":\"" + std::string(proto) + "\"";
    for (std::string& each : events(type)) {
      const bool dns_flow = each.find("_port\":53,") != std::string::npos;
      if (!dns_flow && each.find(transport) != std::string::npos) line = std::move(each);
    }
    const std::size_t at = line.find("\"netmoth\":{");
    if (at == std::string::npos) return line;
    std::string part = line.substr(at + 11);
    for (const std::string_view before : {"\"schema\":1", "\"flow_state\":\"CLOSED\"",
                                          "\"flow_state\":\"NEW\"", "\"flow_state\":\"ACTIVE\""}) {
      if (part.starts_with(before)) part.erase(0, before.size() + 1);
    }
    return part;
  }
};

constexpr std::string_view kNothing = R"("application":"unknown"}})";

std::string called(std::string_view domain, std::string_view confidence,
                   std::string_view resolved_at = "2023-11-14T22:13:20.002000+0000") {
  return "\"domain\":\"" + std::string(domain) + "\",\"resolved_at\":\"" +
         std::string(resolved_at) + "\",\"confidence\":\"" + std::string(confidence) +
         "\",\"application\":\"unknown\"}}";
}

TEST_F(Correlation, TheOnlyNameOfThisClientIsHigh) {
  resolve("www.example.com", kServer, 300);
  connect();
  EXPECT_EQ(labels(), called("www.example.com", "high"));
}

TEST_F(Correlation, AConnectionToABareAddressHasNoDomain) {
  resolve("www.example.com", kServer, 300);
  connect("192.0.2.11");
  EXPECT_EQ(labels(), kNothing);
}

TEST_F(Correlation, AnAnswerAfterTheConnectionIsNotDatedBack) {
  const TimestampNs before = now;
  connect();
  resolve("www.example.com", kServer, 300);
  EXPECT_EQ(labels(), kNothing);
  EXPECT_GT(now, before);
}

TEST_F(Correlation, ALongConnectionKeepsTheNameItBeganWith) {
  resolve("first.example", kServer, 300);
  send(ipv4(kClient, kServer, udp(5000, 6000, "x")));
  for (int i = 0; i < 40; ++i)
    resolve("second.example", kServer, 300);
  EXPECT_EQ(labels("flow", "UDP"), called("first.example", "high"));
}

TEST_F(Correlation, TwoNamesOfOneAddressAreMediumAndTheNewestIsTold) {
  resolve("one.example", kServer, 300);
  resolve("two.example", kServer, 300);
  connect();
  EXPECT_EQ(labels(), called("two.example", "medium", "2023-11-14T22:13:20.004000+0000"));
}

TEST_F(Correlation, TheHostHeaderChoosesAmongSeveral) {
  resolve("one.example", kServer, 300);
  resolve("two.example", kServer, 300);
  connect(kServer, kClient, bytes(request("ONE.example:80")));
  EXPECT_EQ(labels("http"), called("one.example", "high"));
  EXPECT_EQ(labels(), called("one.example", "high"));
}

TEST_F(Correlation, TheServerNameChoosesAmongSeveral) {
  resolve("one.example", kServer, 300);
  resolve("two.example", kServer, 300);
  connect(kServer, kClient, client_hello("one.example"), 443);
  EXPECT_EQ(labels("tls"), called("one.example", "high"));
  EXPECT_EQ(labels(), called("one.example", "high"));
}

TEST_F(Correlation, AnotherNameSpokenThanTheOneResolvedIsMedium) {
  resolve("one.example", kServer, 300);
  connect(kServer, kClient, client_hello("other.example"), 443);
  EXPECT_EQ(labels("tls"), called("one.example", "medium"));
}

TEST_F(Correlation, WithinTheTtlHighThenLowUpToTwiceIt) {
  resolve("www.example.com", kServer, 60);
  const TimestampNs answered = now;
  for (const auto& [age, confidence] :
       {std::pair{60 * kSecond, "high"}, {60 * kSecond + 1, "low"}, {120 * kSecond, "low"}}) {
    now = answered + age - kMillisecond;
    connect();
    EXPECT_EQ(labels(), called("www.example.com", confidence)) << age;
  }
  now = answered + 120 * kSecond + 1 - kMillisecond;
  connect();
  EXPECT_EQ(labels(), kNothing);
}

TEST_F(Correlation, ATtlOfZeroIsGoodForTheConnectionThatFollows) {
  resolve("www.example.com", kServer, 0);
  connect();
  EXPECT_EQ(labels(), called("www.example.com", "high"));
}

TEST_F(Correlation, ANewAnswerRefreshesTheOldOne) {
  resolve("www.example.com", kServer, 5);
  now += 30 * kSecond;
  resolve("www.example.com", kServer, 5);
  connect();
  EXPECT_EQ(labels(), called("www.example.com", "high", "2023-11-14T22:13:50.004000+0000"));
}

TEST_F(Correlation, AnAddressThatIsReusedCarriesItsNewName) {
  resolve("old.example", kServer, 10);
  now += 15 * kSecond;
  resolve("new.example", kServer, 10);
  connect();
  EXPECT_EQ(labels(), called("new.example", "high", "2023-11-14T22:13:35.004000+0000"));
}

TEST_F(Correlation, AnotherClientsAnswerIsLow) {
  resolve("www.example.com", kServer, 300, kOther);
  connect();
  EXPECT_EQ(labels(), called("www.example.com", "low"));
}

TEST_F(Correlation, TheClientsOwnAnswerGoesBeforeANewerOneOfOthers) {
  resolve("mine.example", kServer, 300);
  resolve("theirs.example", kServer, 300, kOther);
  connect();
  EXPECT_EQ(labels(), called("mine.example", "high"));
}

TEST_F(Correlation, OthersAnswersAndPointersEndAtTwiceTheirTtl) {
  for (const bool pointer : {false, true}) {
    if (pointer)
      answer(dns_answer({"10.2.0.192.in-addr.arpa", kTypePtr},
                        {ptr("10.2.0.192.in-addr.arpa", "www.example.com", 60)}));
    else
      resolve("www.example.com", kServer, 60, kOther);
    const TimestampNs answered = now;
    now = answered + 120 * kSecond - kMillisecond;
    connect();
    EXPECT_NE(labels().find(R"("confidence":"low")"), std::string::npos) << labels();
    now = answered + 120 * kSecond + 1 - kMillisecond;
    connect();
    EXPECT_EQ(labels(), kNothing);
  }
}

TEST_F(Correlation, OfOthersAnswersTheSpokenNameIsTold) {
  resolve("one.example", kServer, 300, kOther);
  resolve("two.example", kServer, 300, kOther);
  connect(kServer, kClient, bytes(request("one.example")));
  EXPECT_EQ(labels(), called("one.example", "low"));
}

TEST_F(Correlation, TheClientsOwnExpiredAnswerGoesBeforeAFreshOneOfOthers) {
  resolve("mine.example", kServer, 60);
  now += 90 * kSecond;
  resolve("theirs.example", kServer, 300, kOther);
  connect();
  EXPECT_EQ(labels(), called("mine.example", "low"));
}

TEST_F(Correlation, APointerIsLowAndAnAddressRecordOfOthersGoesBeforeIt) {
  answer(dns_answer({"10.2.0.192.IN-ADDR.arpa", kTypePtr},
                    {ptr("10.2.0.192.in-addr.arpa", "Host.Example.net", 300)}));
  connect();
  EXPECT_EQ(labels(), called("host.example.net", "low"));
  resolve("www.example.com", kServer, 300, kOther);
  connect();
  EXPECT_EQ(labels().substr(0, 26), R"("domain":"www.example.com")");
}

TEST_F(Correlation, AChainOfAliasesTellsTheNameThatWasAsked) {
  answer(dns_answer({"WWW.Example.com"}, {cname("www.example.com", "cdn.example.net", 300),
                                          cname("cdn.example.net", "edge.example.org", 20),
                                          a("edge.example.org", kServer, 300),
                                          a("elsewhere.example", "192.0.2.66", 300)}));
  connect();
  EXPECT_EQ(labels(), called("www.example.com", "high"));
  connect("192.0.2.66");  // the chain does not lead there
  EXPECT_EQ(labels(), kNothing);
  now += 25 * kSecond;  // the shortest TTL of the chain is over
  connect();
  EXPECT_EQ(labels(), called("www.example.com", "low"));
}

TEST_F(Correlation, EveryAddressOfARoundRobinIsKnown) {
  std::vector<Buffer> addresses;
  for (int i = 1; i <= 8; ++i)
    addresses.push_back(a("www.example.com", "192.0.2." + std::to_string(i), 300));
  answer(dns_answer({"www.example.com"}, addresses));
  for (int i = 1; i <= 8; ++i) {
    connect("192.0.2." + std::to_string(i));
    EXPECT_EQ(labels(), called("www.example.com", "high")) << i;
  }
}

TEST_F(Correlation, AnswersOverTcpCount) {
  const Buffer message = dns_answer({"www.example.com"}, {a("www.example.com", kServer, 300)});
  const Buffer query = dns_query({"www.example.com"});
  std::uint32_t c = 1, s = 1;
  const auto segment = [&](bool up, int flags, const Buffer& data) {
    send(packet(up ? kClient : kResolver, up ? kResolver : kClient,
                tcp({.source_port = static_cast<std::uint16_t>(up ? 50'000 : 53),
                     .destination_port = static_cast<std::uint16_t>(up ? 53 : 50'000),
                     .sequence = up ? c : s,
                     .acknowledgment = up ? s : c,
                     .flags = static_cast<std::uint8_t>(flags)},
                    data)));
    (up ? c : s) += static_cast<std::uint32_t>(data.size()) + ((flags & kSyn) != 0 ? 1 : 0);
  };
  segment(true, kSyn, {});
  segment(false, kSyn | kAck, {});
  segment(true, kAck, be16(query.size()) + query);
  segment(false, kAck, be16(message.size()) + message);
  segment(true, kAck, {});  // only what was acknowledged counts
  connect();
  EXPECT_EQ(labels(), called("www.example.com", "high", "2023-11-14T22:13:20.005000+0000"));
}

TEST_F(Correlation, Ipv6Answers) {
  answer(dns_answer({"www.example.com", kTypeAaaa}, {aaaa("www.example.com", "2001:db8::10", 300)}),
         "2001:db8::1");
  connect("2001:db8::10", "2001:db8::1");
  EXPECT_EQ(labels(), called("www.example.com", "high"));
}

TEST_F(Correlation, MulticastDnsIsNotUsed) {
  send(ipv4(
      kServer, "224.0.0.251",
      udp(5353, 5353, dns_answer({"printer.local"}, {a("printer.local", kServer, 120)}, 0x8400))));
  ASSERT_EQ(events("mdns").size(), 1U);
  connect();
  EXPECT_EQ(labels(), kNothing);
}

TEST_F(Correlation, FailuresAndUpdatesTeachNothing) {
  for (const int flags : {0x8183, 0x8182, 0xa180}) {  // NXDOMAIN, SERVFAIL, opcode NOTIFY
    answer(dns_answer({"www.example.com"}, {a("www.example.com", kServer, 300)}, flags));
    connect();
    EXPECT_EQ(labels(), kNothing) << flags;
  }
}

TEST_F(Correlation, AFlowSeenFromItsReplyIsTurnedRoundBeforeItIsNamed) {
  resolve("time.example", kServer, 300);
  send(packet(kServer, kClient, udp(123, 40'123, Buffer(48, 0x1c))));
  EXPECT_EQ(labels("flow", "UDP"), called("time.example", "high"));
}

TEST_F(Correlation, TheTableIsBoundedAndSaysWhatItPutOut) {
  config.dns_cache_entries = 256;
  resolve("first.example", kServer, 300);
  for (int i = 0; i < 2000; ++i)
    resolve("n" + std::to_string(i) + ".example",
            "198.18." + std::to_string(i / 250) + "." + std::to_string(i % 250), 300);
  connect();
  EXPECT_EQ(labels(), kNothing);
  const correlate::DnsCacheCounters dns = it().worker.counters().dns;
  EXPECT_LE(dns.entries, 256U);
  EXPECT_EQ(dns.answers, 2001U);
  EXPECT_EQ(dns.evicted + dns.entries, 2U * 2001);  // one by client, one by address alone
}

// The answer and the connection at different workers, and the connection's worker far ahead.
TEST_F(Correlation, WhichWorkerSawTheAnswerMakesNoDifference) {
  correlate::DnsCache dns(4096, 7);
  Bench one(config, {&dns});
  Bench two(config, {&dns});
  const auto dns_to = [](Bench& to, std::string_view name, TimestampNs at) {
    to.frame(ipv4(kResolver, kClient, udp(53, 40'000, dns_answer({name}, {a(name, kServer, 300)}))),
             at);
  };
  const auto flow_to = [](Bench& to, std::uint16_t from, TimestampNs at) {
    to.frame(ipv4(kClient, kServer, udp(from, 4433, "x")), at);
  };
  // In packet time: connection 1, answer, connection 2, answer, connection 3.
  flow_to(two, 41001, kStart);
  flow_to(two, 41002, kStart + 2 * kSecond);
  dns_to(two, "second.example", kStart + 3 * kSecond);
  flow_to(two, 41003, kStart + 4 * kSecond);
  dns_to(one, "first.example", kStart + 1 * kSecond);
  const auto flows = events_of(two, "flow");
  const auto flow_from = [&](int from) {
    for (const std::string& line : flows) {
      if (line.find("\"src_port\":" + std::to_string(from)) != std::string::npos) return line;
    }
    return std::string();
  };
  EXPECT_EQ(flow_from(41001).find("\"domain\""), std::string::npos);
  EXPECT_NE(flow_from(41002).find(R"("domain":"first.example","resolved_at":"2023-11-14T22:13:21)"),
            std::string::npos)
      << flow_from(41002);
  EXPECT_NE(flow_from(41002).find(R"("confidence":"high")"), std::string::npos);
  EXPECT_NE(flow_from(41003).find(R"("domain":"second.example")"), std::string::npos);
  EXPECT_NE(flow_from(41003).find(R"("confidence":"medium")"), std::string::npos);
}

// Two threads, a flow after each answer, as a file read by two workers would deal them out: the
// same events every time, because nobody looks before the other has come as far.
TEST_F(Correlation, WorkersThatKeepTogetherGiveTheSameEventsAsOne) {
  constexpr int kSteps = 2000;
  const auto play = [&](Bench& to, bool answers, bool connections) {
    for (int i = 0; i < kSteps; ++i) {
      const TimestampNs at = kStart + i * 2 * kMillisecond;
      const std::string name = "n" + std::to_string(i) + ".example";
      const std::string server =
          "198.18." + std::to_string(i / 1000) + "." + std::to_string(i / 4 % 250);
      if (answers)
        to.frame(
            ipv4(kResolver, kClient, udp(53, 40'000, dns_answer({name}, {a(name, server, 1)}))),
            at);
      if (connections)
        to.frame(ipv4(kClient, server, udp(static_cast<std::uint16_t>(10'000 + i), 4433, "x")),
                 at + kMillisecond);
    }
  };
  const auto flows_of = [](Bench& from) {
    std::vector<std::string> flows;
    for (const std::string& line : events_of(from, "flow")) {
      const std::size_t id = line.find("\"flow_id\":");
      if (line.find("_port\":53,") == std::string::npos)
        flows.push_back(line.substr(line.find("\"event_type\"", id)));
    }
    std::sort(flows.begin(), flows.end());
    return flows;
  };
  config.dns_cache_entries = 65'536;
  Bench alone(config);
  play(alone, true, true);
  const auto expected = flows_of(alone);
  ASSERT_EQ(expected.size(), static_cast<std::size_t>(kSteps));
  correlate::DnsCache dns(config.dns_cache_entries, 7);
  correlate::Progress progress(2);
  Bench learning(config, {&dns, &progress, 0});
  Bench connecting(config, {&dns, &progress, 1});
  std::thread other([&] {
    play(learning, true, false);
    learning.worker.finish(flow::EndReason::kShutdown);
  });
  play(connecting, false, true);
  const auto seen = flows_of(connecting);
  other.join();
  EXPECT_EQ(seen, expected);
  const auto count = [&](std::string_view confidence) {
    return std::ranges::count_if(seen, [&](const std::string& line) {
      return line.find("\"confidence\":\"" + std::string(confidence)) != std::string::npos;
    });
  };
  EXPECT_EQ(count("high"), kSteps / 4);
  EXPECT_EQ(count("medium"), kSteps - kSteps / 4);
}

std::string is(std::string_view name, std::string_view category) {
  return "\"application\":\"" + std::string(name) + "\",\"application_category\":\"" +
         std::string(category) + "\"}}";
}

TEST_F(Correlation, TheApplicationByServerName) {
  connect(kServer, kClient, client_hello("rr3---sn-abc.GoogleVideo.com"), 443);
  EXPECT_EQ(labels("tls"), is("YouTube", "streaming"));
  EXPECT_EQ(labels(), is("YouTube", "streaming"));
}

TEST_F(Correlation, TheApplicationByHost) {
  connect(kServer, kClient, bytes(request("deb.debian.org")));
  EXPECT_EQ(labels("http"), is("Debian", "os-update"));
  EXPECT_EQ(labels(), is("Debian", "os-update"));
}

TEST_F(Correlation, TheApplicationByDomainWhereTheConnectionIsSilent) {
  resolve("api.github.com", kServer, 300);
  connect();
  EXPECT_TRUE(labels().ends_with(is("GitHub", "developer"))) << labels();
}

TEST_F(Correlation, TheServerNameGoesBeforeTheDomain) {
  resolve("www.netflix.com", kServer, 300);
  connect(kServer, kClient, client_hello("open.spotify.com"), 443);
  EXPECT_TRUE(labels("tls").ends_with(is("Spotify", "music"))) << labels("tls");
  connect(kServer, kClient, client_hello("nobody.example"), 443);
  EXPECT_TRUE(labels("tls").ends_with(is("Netflix", "streaming"))) << labels("tls");
}

TEST_F(Correlation, WithoutARuleTheApplicationIsUnknown) {
  connect(kServer, kClient, client_hello("www.notnetflix.com"), 443);
  EXPECT_EQ(labels("tls"), kNothing);
}

}  // namespace
}  // namespace netmoth::pipeline
