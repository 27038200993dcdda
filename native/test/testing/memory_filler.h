// Packets that fill everything a worker may hold, each part until the worker says that there is no
// more room.
//
// Invariant: only packets go in (worker_feeder.h); what is reached is what the worker's own
// counters tell.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "testing/dns_builder.h"
#include "testing/worker_feeder.h"

namespace netmoth::testing {

class MemoryFiller {
 public:
  explicit MemoryFiller(pipeline::Worker& worker) : worker_(worker), feed_(worker) {}

  // Responses whose gzip body has begun: each holds a decompressor and its window.
  void fill_codecs() {
    constexpr std::string_view kHead =
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n";
    // A stored block of 65,535 octets (RFC 1951 §3.2.4), of which as many come as a window keeps.
    const Buffer begun =
        bytes(kHead) + bytes({0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0, 0xff, 0xff, 0, 0});
    const Buffer piece(1024, 'a');
    const Buffer request = bytes(kRequest);
    until([&] { return counters().memory.codecs_refused > 0 || no_session(); },
          [&] {
            feed_.handshake();
            feed_.say(0, request);
            feed_.say(1, begun);
            for (int i = 0; i < 33; ++i) {
              feed_.say(1, piece);
              feed_.acknowledge(0);
            }
          },
          8);
  }
  // As much of each connection as its window allows, and nobody acknowledges it.
  void fill_reassembly() {
    const Buffer piece(1024, 'x');
    until(
        [&] {
          return counters().streams.early_bytes + counters().streams.dropped_segments > 0 ||
                 no_session();
        },
        [&] {
          feed_.handshake();
          for (int i = 0; i < 63; ++i)
            feed_.say(0, piece);
        },
        1);
  }
  // Less than rules look at together, of what no parser knows, again and again.
  void fill_rule_streams() {
    const Buffer piece(1000, 'y');
    until([&] { return counters().detect.stream_octets_early > 0 || no_session(); },
          [&] {
            feed_.handshake();
            feed_.say(0, piece);
            feed_.say(0, piece);
            feed_.acknowledge(1);
          });
  }
  // Heads of requests that do not end: first as many as may begin, then they grow.
  void fill_sessions() {
    const Buffer begun =
        bytes("GET / HTTP/1.1\r\nHost: example.com\r\nCookie: ") + Buffer(1000, 'c');
    const Buffer more(1000, 'd');
    const std::uint32_t first = feed_.connection + 1;
    std::uint32_t next[2] = {};
    until([&] { return counters().memory.sessions_refused > 0; },
          [&] {
            feed_.handshake();
            feed_.say(0, begun);
            feed_.acknowledge(1);
            std::ranges::copy(feed_.next, next);
          });
    const std::uint32_t last = std::exchange(feed_.connection, first - 1);
    until([&] { return counters().memory.sessions_dropped > 0 || feed_.connection >= last; },
          [&] {
            ++feed_.connection;
            std::ranges::copy(next, feed_.next);
            feed_.say(0, more);
            feed_.acknowledge(1);
          });
    feed_.connection = last;
  }
  // The first octets of datagrams that do not go on.
  void fill_defrag() {
    Ipv4Spec spec;
    spec.more_fragments = true;
    Buffer frame =
        ethernet(ipv4("10.0.0.1", "10.255.0.1", other(ip_proto::kUdp, Buffer(16, 'f')), spec));
    until([&] { return counters().defrag.evictions > 0; },
          [&] {
            feed_.set_octets(frame, WorkerFeeder::kSourceAt + 1, ++fragments_);
            feed_.give(frame);
          });
  }
  // Answers with names as long as the cache has room for.
  void fill_dns(std::size_t entries) {
    for (std::size_t i = 0; i < entries; ++i) {
      std::string name(110, 'n');
      for (std::size_t at = 50; at < name.size(); at += 51)
        name[at] = '.';
      const std::string number = std::to_string(i);
      name.replace(0, number.size(), number);
      const std::string address = "11." + std::to_string(i >> 16 & 255) + "." +
                                  std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255);
      feed_.give(ethernet(ipv4("10.255.0.53", "10.255.0.1",
                               udp(53, 5353 + 1, dns_answer({name}, {a(name, address, 300)})))));
    }
  }
  // SYNs until `flows` are in the table.
  void fill_flows(std::size_t flows) {
    until([&] { return counters().flows.active >= flows; },
          [&] {
            ++feed_.connection;
            feed_.segment(0, WorkerFeeder::kSyn, 1000, 0, {});
          });
  }

 private:
  static constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  [[nodiscard]] pipeline::WorkerCounters counters() const { return worker_.counters(); }
  [[nodiscard]] bool no_session() const {
    const auto memory = counters().memory;
    return memory.sessions_refused + memory.sessions_dropped > 0;
  }
  template <typename Done, typename Step>
  void until(Done done, Step step, int steps = 64) {
    while (!done())
      for (int i = 0; i < steps; ++i)
        step();
  }

  pipeline::Worker& worker_;
  WorkerFeeder feed_;
  std::uint32_t fragments_ = 0;
};

}  // namespace netmoth::testing
