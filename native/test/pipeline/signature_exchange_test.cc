// Signatures are exchanged between two batches: what flows, streams and lists know goes on, every
// packet is matched with one set as a whole, and what is not used any more is freed.
#include "pipeline/signature_exchange.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "pipeline/signatures.h"
#include "recorded_worker.h"
#include "testing/dns_builder.h"
#include "testing/indicator_bundle.h"

namespace netmoth::pipeline {
namespace {

using detect::IndicatorKind;
using testing::Buffer;
using testing::IndicatorBundle;

constexpr std::uint8_t kSyn = 2;
constexpr std::uint8_t kAck = 16;

std::string written(const std::string& name, const std::string& content) {
  std::string path = ::testing::TempDir() + "netmoth-exchange-" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

WorkerSignatures loaded(const std::string& path) {
  Signatures signatures;
  EXPECT_EQ(load_signatures(path, signatures), "");
  WorkerSignatures part;
  part.rules = signatures.rules;
  part.indicators = signatures.indicators;
  EXPECT_TRUE(part.rules == nullptr || part.rules->prepare(part.scratch));
  return part;
}

// Rule 1: "GET" at the start of a client's stream to port 80, then "evil" and /ev(il|en)/.
WorkerSignatures small_rules() {
  return loaded(std::string(NETMOTH_BUNDLES) + "/small.bundle");
}

IndicatorBundle domains(std::initializer_list<const char*> names) {
  testing::IndicatorRows rows;
  for (const char* const name : names)
    rows.emplace_back(testing::domain_key(name), 0);
  return IndicatorBundle({{}}).table(IndicatorKind::kDomain, rows);
}

Buffer query(std::string_view name, std::uint16_t port = 40000) {
  Buffer message = testing::from_hex("1234 0100 0001 0000 0000 0000");
  for (const Buffer& part : {testing::dns_name(name), testing::from_hex("0001 0001")})
    message.insert(message.end(), part.begin(), part.end());
  return testing::ethernet(testing::ipv4("10.0.0.1", "10.0.0.2", testing::udp(port, 53, message)));
}

// A connection to port 80 whose server acknowledges all.
class Connection {
 public:
  explicit Connection(RecordedWorker& worker) : worker_(worker) {
    send(true, kSyn, {});
    client_ = 1001;
    send(false, kSyn | kAck, {});
    server_ = 5001;
    send(true, kAck, {});
  }
  void say(std::string_view payload) {
    send(true, kAck, payload);
    client_ += static_cast<std::uint32_t>(payload.size());
    send(false, kAck, {});
  }

 private:
  void send(bool client, int flags, std::string_view payload) {
    testing::TcpSpec spec;
    spec.source_port = client ? 40000 : 80;
    spec.destination_port = client ? 80 : 40000;
    spec.sequence = client ? client_ : server_;
    spec.acknowledgment = (flags & kAck) == 0 ? 0 : client ? server_ : client_;
    spec.flags = static_cast<std::uint8_t>(flags);
    worker_.frame(testing::ethernet(testing::ipv4(client ? "10.0.0.1" : "10.0.0.2",
                                                  client ? "10.0.0.2" : "10.0.0.1",
                                                  testing::tcp(spec, payload))));
  }

  RecordedWorker& worker_;
  std::uint32_t client_ = 1000;
  std::uint32_t server_ = 5000;
};

TEST(SignatureExchange, AStreamGoesOnUnderAnotherSet) {
  RecordedWorker worker;
  WorkerSignatures before = small_rules();
  worker.worker().exchange(before);
  EXPECT_EQ(before.rules, nullptr);
  Connection connection(worker);
  connection.say("GET /");
  WorkerSignatures after = small_rules();
  const std::weak_ptr<const detect::RuleSet> mine = after.rules;
  worker.worker().exchange(after);
  EXPECT_NE(after.rules, nullptr);  // the set before, to be freed here
  EXPECT_NE(after.rules, mine.lock());
  after = {};
  connection.say("evil even");
  const auto alerts = worker.events("alert");
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_NE(alerts[0].find("\"signature_id\":1,"), std::string::npos) << alerts[0];
}

TEST(SignatureExchange, AStreamOfWhichTheStartWasNotSeenIsNotTakenForItsStart) {
  RecordedWorker worker;
  Connection connection(worker);
  connection.say("x");
  WorkerSignatures first = small_rules();
  worker.worker().exchange(first);
  connection.say("GET /");
  connection.say("evil even");
  EXPECT_TRUE(worker.events("alert").empty());
}

TEST(SignatureExchange, WithoutASetNothingIsMatched) {
  RecordedWorker worker;
  WorkerSignatures part = small_rules();
  worker.worker().exchange(part);
  WorkerSignatures none;
  worker.worker().exchange(none);
  EXPECT_NE(none.rules, nullptr);
  Connection connection(worker);
  connection.say("GET /evil even");
  EXPECT_TRUE(worker.events("alert").empty());
}

TEST(SignatureExchange, WhatAFlowHasToldStaysToldWhereverTheNextListHasIt) {
  RecordedWorker worker;
  WorkerSignatures part = loaded(written("a.bundle", domains({"b.example"}).sealed()));
  worker.worker().exchange(part);
  worker.frame(query("b.example"));
  // The same entry in another row, and one more.
  part = loaded(written("b.bundle", domains({"a.example", "b.example"}).sealed()));
  worker.worker().exchange(part);
  worker.frame(query("b.example"));
  worker.frame(query("a.example"));
  worker.frame(query("b.example", 40001));
  const auto alerts = worker.events("alert");
  ASSERT_EQ(alerts.size(), 3U);
  EXPECT_NE(alerts[0].find(R"("entry":["b.example"])"), std::string::npos);
  EXPECT_NE(alerts[1].find(R"("entry":["a.example"])"), std::string::npos);
  EXPECT_NE(alerts[2].find("40001"), std::string::npos);
}

// Two threads that never stop matching, twenty sets: each query alerts once, whatever set meets it.
TEST(SignatureExchange, ManySetsWhileWorkersRunLoseNoMatch) {
  constexpr std::size_t kWorkers = 2;
  constexpr std::size_t kSwaps = 20;
  constexpr std::uint32_t kLeast = 2000;
  const std::array<std::string, 2> bundles{
      written("even.bundle", domains({"b.example"}).sealed()),
      written("odd.bundle", domains({"a.example", "b.example"}).sealed())};
  SignatureExchange exchange;
  exchange.expect(kWorkers);
  std::array<RecordedWorker, kWorkers> workers;
  std::array<std::uint32_t, kWorkers> frames{};
  std::atomic<bool> stop{false};
  for (RecordedWorker& each : workers) {
    WorkerSignatures part = loaded(bundles[0]);
    each.worker().exchange(part);
  }
  const auto run = [&](std::size_t number) {
    std::uint64_t seen = 0;
    for (std::uint32_t i = 0; i < kLeast || !stop.load(); ++i) {
      exchange.take_if_offered(number, seen, workers[number].worker());
      workers[number].frame(query("b.example", static_cast<std::uint16_t>(1024 + i % 60'000)));
      frames[number] = i + 1;
      if (i + 1 == 60'000) break;  // ports are used up
    }
    exchange.leave(number);
  };
  std::array<std::thread, kWorkers> threads{std::thread(run, 0), std::thread(run, 1)};
  std::weak_ptr<const detect::IndicatorSet> last;
  for (std::size_t swap = 1; swap <= kSwaps; ++swap) {
    std::vector<WorkerSignatures> parts(kWorkers);
    parts[0] = loaded(bundles[swap % 2]);
    parts[1].indicators = parts[0].indicators;
    const std::weak_ptr<const detect::IndicatorSet> before = last;
    last = parts[0].indicators;
    exchange.offer(std::move(parts));
    EXPECT_TRUE(before.expired());  // nobody holds what nobody matches with
  }
  stop.store(true);
  for (std::thread& each : threads)
    each.join();
  for (std::size_t i = 0; i < kWorkers; ++i)
    EXPECT_EQ(workers[i].events("alert").size(), frames[i]);
}

TEST(SignatureExchange, WhoHasLeftIsNotWaitedFor) {
  SignatureExchange exchange;
  exchange.expect(1);
  exchange.leave(0);
  std::vector<WorkerSignatures> parts(1);
  parts[0] = small_rules();
  const std::weak_ptr<const detect::RuleSet> offered = parts[0].rules;
  exchange.offer(std::move(parts));
  EXPECT_TRUE(offered.expired());
}

}  // namespace
}  // namespace netmoth::pipeline
