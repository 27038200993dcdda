// The same capture gives the same events however it is read: in pieces of any size, by any number
// of workers. The capture holds what could fall apart: conversations that meet through errors,
// fragments and tunnels, names learnt in one and used in another, flows that time out, equal and
// backward time stamps, floods of anomalies.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include "pipeline/file_run.h"
#include "testing/capture_builder.h"
#include "testing/dns_builder.h"

namespace netmoth::pipeline {
namespace {

using namespace netmoth::testing;

constexpr TimestampNs kMillisecond = 1'000'000;
constexpr TimestampNs kSecond = 1000 * kMillisecond;
constexpr TimestampNs kStart = 1'700'000'000 * kSecond;

class Script {
 public:
  void send(const Buffer& ip, TimestampNs later = kMillisecond) {
    frames.push_back({now += later, ethernet(ip)});
  }
  static std::string host(unsigned number) { return "10.0.0." + std::to_string(number % 200 + 1); }
  static std::string server(unsigned number) {
    return "192.0.2." + std::to_string(number % 100 + 1);
  }
  static std::string name(unsigned number) {
    return "www" + std::to_string(number) + ".example.com";
  }

  // The client asks for a name and then fetches a page from there, with a hole in the answer.
  void browse(unsigned number) {
    const std::string client = host(number);
    const std::string to = server(number);
    const auto port = static_cast<std::uint16_t>(20'000 + number);
    send(ipv4(client, "10.0.0.254", udp(port, 53, dns_query({name(number)}))));
    send(ipv4("10.0.0.254", client,
              udp(53, port, dns_answer({name(number)}, {a(name(number), to, 60)}))),
         number % 3 == 0 ? 0 : kMillisecond);
    const auto client_says = [&](std::uint32_t at, int flags, std::string_view text = {}) {
      send(ipv4(client, to,
                tcp({.source_port = port,
                     .destination_port = 80,
                     .sequence = 1000 + at,
                     .acknowledgment = 5001,
                     .flags = static_cast<std::uint8_t>(flags)},
                    text)),
           number % 3 == 0 ? 0 : kMillisecond);
    };
    const auto server_says = [&](std::uint32_t at, int flags, std::string_view text = {}) {
      send(ipv4(to, client,
                tcp({.source_port = 80,
                     .destination_port = port,
                     .sequence = 5000 + at,
                     .acknowledgment = 1100,
                     .flags = static_cast<std::uint8_t>(flags)},
                    text)));
    };
    client_says(0, 2);
    server_says(0, 18);
    client_says(1, 16);
    client_says(1, 24, "GET / HTTP/1.1\r\nHost: " + name(number) + "\r\n\r\n");
    server_says(1, 24, "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n0123456789");
    if (number % 2 == 0) server_says(70, 24, "behind a hole");
    client_says(200, 17);
  }
  // A router complains about a datagram that was seen, or was not.
  void complain(unsigned number, bool seen) {
    const Buffer quoted = ipv4(host(number), server(number), udp(4000, 9, "x"));
    if (seen) send(quoted);
    send(ipv4("203.0.113.1", host(number), icmp(3, 1, be32(0) + quoted)));
  }
  void fragmented_query(unsigned number) {
    const Buffer whole =
        ipv4(host(number), "10.0.0.254",
             udp(static_cast<std::uint16_t>(30'000 + number), 53, dns_query({name(number)})));
    const Buffer first(whole.begin() + 20, whole.begin() + 36);
    const Buffer rest(whole.begin() + 36, whole.end());
    const auto id = static_cast<std::uint16_t>(number);
    send(ipv4(host(number), "10.0.0.254", other(ip_proto::kUdp, rest),
              {.identification = id, .fragment_offset_units = 2}));
    send(ipv4(host(number), "10.0.0.254", other(ip_proto::kUdp, first),
              {.identification = id, .more_fragments = true}));
  }
  void tunnelled(unsigned number) {
    constexpr std::uint8_t kIpInIp = 4;
    const Buffer inner = ipv4(host(number), server(number), udp(5000, 9, "inner"));
    send(ipv4("198.51.100.1", "198.51.100.2", other(kIpInIp, inner)));
    send(inner);
  }
  // The same two ends again after every timeout, and a step back in time.
  void silence(unsigned number) {
    send(ipv4(host(number), server(number), udp(6000, 9, "again")), 31 * kSecond);
    send(ipv4(host(number), server(number), udp(6000, 9, "earlier")), -kSecond);
    now += kSecond;
  }
  void malformed() {
    for (int i = 0; i < 30; ++i)
      send(bytes({0x45, 0, 0, 10}), 0);
  }

  std::vector<TimedFrame> frames;
  TimestampNs now = kStart;
};

Buffer everything(unsigned rounds) {
  Script script;
  for (unsigned number = 0; number < rounds; ++number) {
    script.browse(number);
    script.complain(number, number % 2 == 0);
    script.complain(number, false);
    script.fragmented_query(number);
    script.tunnelled(number);
    if (number % 50 == 49) script.silence(number);
    if (number % 40 == 39) script.malformed();
  }
  return pcap(script.frames);
}

struct Outcome {
  std::string text;
  FileRunResult result;
};

Outcome read_events(const std::string& path, unsigned workers, std::size_t read_bytes = 0,
                    EngineConfig engine = {}) {
  const TempFile out;
  engine.workers = workers;
  const FileRunOptions options{
      .path = path, .eve_path = out.path(), .read_bytes = read_bytes, .engine = engine};
  Outcome outcome;
  outcome.result = run_file(options, [](const Progress&) { return true; });
  std::ostringstream text;
  text << std::ifstream(out.path()).rdbuf();
  outcome.text = text.str();
  return outcome;
}

std::vector<std::string> sorted(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

TEST(ParallelRead, TheEventsAreThoseOfOneWorker) {
  const TempFile file(everything(300));
  const Outcome one = read_events(file.path(), 1);
  EXPECT_EQ(count(one.text, "\"event_type\":\"http\""), 300U);
  EXPECT_GT(count(one.text, "\"domain\":\"www"), 250U);
  EXPECT_GT(count(one.text, "\"reason\":\"timeout\""), 100U);
  EXPECT_GT(count(one.text, "\"event_type\":\"anomaly\""), 30U);
  EXPECT_GT(one.result.counters.limits.anomalies, 0U);
  const auto expected = sorted(one.text);
  for (const unsigned workers : {2U, 3U, 8U}) {
    const Outcome several = read_events(file.path(), workers);
    EXPECT_EQ(sorted(several.text), expected) << workers;
    EXPECT_EQ(several.result.frames, one.result.frames);
    EXPECT_EQ(several.result.counters.events_made, one.result.counters.events_made);
    EXPECT_EQ(several.result.counters.events_by_type, one.result.counters.events_by_type);
    EXPECT_EQ(several.result.counters.limits.anomalies, one.result.counters.limits.anomalies);
  }
}

TEST(ParallelRead, PiecesOfTheInputMakeNoDifference) {
  const TempFile file(everything(60));
  const std::string whole = read_events(file.path(), 1).text;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 16})
    EXPECT_EQ(read_events(file.path(), 1, piece).text, whole) << piece;
  EXPECT_EQ(sorted(read_events(file.path(), 2, 7).text), sorted(whole));
}

// A pipe gives whatever has been written so far.
TEST(ParallelRead, APipeThatTricklesIsReadTheSame) {
  const Buffer capture = everything(5);
  const TempFile file(capture);
  for (const unsigned workers : {1U, 2U}) {
    const TempFile place;
    const std::string pipe = place.path() + ".pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::thread writer([&] {
      std::ofstream out(pipe, std::ios::binary);
      for (std::size_t at = 0; at < capture.size(); at += 7) {
        out.write(reinterpret_cast<const char*>(capture.data() + at),
                  static_cast<std::streamsize>(std::min<std::size_t>(7, capture.size() - at)));
        out.flush();
      }
    });
    const Outcome trickled = read_events(pipe, workers);
    writer.join();
    ::unlink(pipe.c_str());
    EXPECT_EQ(sorted(trickled.text), sorted(read_events(file.path(), 1).text));
  }
}

TEST(ParallelRead, ACutFileGivesWhatWasBeforeTheCut) {
  Buffer capture = everything(20);
  capture.resize(capture.size() - 5);
  const TempFile file(capture);
  const Outcome one = read_events(file.path(), 1);
  const Outcome two = read_events(file.path(), 2);
  EXPECT_EQ(one.result.fault.code, "NM_CAPTURE_FILE_TRUNCATED");
  EXPECT_EQ(two.result.fault.code, one.result.fault.code);
  EXPECT_EQ(two.result.fault.message, one.result.fault.message);
  EXPECT_EQ(sorted(two.text), sorted(one.text));
}

TEST(ParallelRead, AFullOutputIsAFault) {
  const TempFile file(everything(300));
  for (const unsigned workers : {1U, 2U}) {
    FileRunOptions options{.path = file.path(), .eve_path = "/dev/full"};
    options.engine.workers = workers;
    const auto result = run_file(options, [](const Progress&) { return true; });
    EXPECT_EQ(result.fault.code, "NM_OUTPUT_WRITE") << workers;
  }
}

TEST(ParallelRead, StopsWhereProgressSaysSo) {
  Script script;
  for (std::uint64_t i = 0; i < 4 * kProgressFrames; ++i)
    script.send(ipv4("10.0.0.1", "10.0.0.2", udp(1, 2, "x")), 1000);
  const TempFile file(pcap(script.frames));
  for (const unsigned workers : {1U, 2U}) {
    FileRunOptions options{.path = file.path(), .eve_path = "/dev/null"};
    options.engine.workers = workers;
    const auto result = run_file(options, [](const Progress&) { return false; });
    EXPECT_GE(result.frames, kProgressFrames);
    EXPECT_LT(result.frames, 2 * kProgressFrames);
    EXPECT_EQ(result.counters.packets, result.frames);
  }
}

}  // namespace
}  // namespace netmoth::pipeline
