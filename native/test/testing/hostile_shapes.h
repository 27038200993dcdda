// Traffic made to cost: each shape is played at a size, through the whole worker, by the test that
// counts its work (test/pipeline/hostile_test.cc) and by `netmoth_bench hostile`, whose
// instructions are counted.
//
// Invariant: the work a shape asks for is proportional to its size; so is what it may cost. Sizes
// are chosen so that bounds are reached: from there on memory must not grow.
#pragma once

#include <zlib.h>

#include <array>
#include <string_view>

#include "testing/dns_builder.h"
#include "testing/worker_feeder.h"

namespace netmoth::testing {

struct HostileShape {
  std::string_view name;
  std::size_t size;  // played at this, and at twice this
  void (*play)(WorkerFeeder& feed, std::size_t size);
};

inline void play_syns(WorkerFeeder& feed, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    ++feed.connection;
    feed.segment(0, WorkerFeeder::kSyn, 1, 0, {});
  }
}

inline void play_one_octet_segments(WorkerFeeder& feed, std::size_t size) {
  feed.handshake();
  feed.tell(0, bytes("GET / HTTP/1.1\r\nX: "));
  for (std::size_t i = 0; i < size; ++i) {
    feed.say(0, bytes("x"));
    if (i % 100 == 99) feed.acknowledge(1);
  }
}

// Every second octet, far into the window, acknowledged never.
inline void play_octets_with_holes(WorkerFeeder& feed, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (i % 4000 == 0) feed.handshake();
    ++feed.next[0];
    feed.say(0, bytes("x"));
  }
}

// The window is full of holes when it is acknowledged as a whole.
inline void play_windows_with_holes(WorkerFeeder& feed, std::size_t size) {
  feed.handshake();
  for (std::size_t i = 0; i < size; ++i) {
    feed.next[0] += 100;
    feed.say(0, bytes("hole"));
    if (i % 250 == 249) feed.acknowledge(1);
  }
}

// Each segment covers the ones before it with other data.
inline void play_overlapping_segments(WorkerFeeder& feed, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (i % 250 == 0) feed.handshake();
    const auto fill = static_cast<std::uint8_t>('a' + i % 26);
    feed.segment(0, WorkerFeeder::kAck, feed.next[0] + static_cast<std::uint32_t>(i % 250),
                 feed.next[1], Buffer(600, fill));
  }
}

inline void play_overlapping_fragments(WorkerFeeder& feed, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    Ipv4Spec spec;
    spec.identification = static_cast<std::uint16_t>(i / 1000);
    spec.more_fragments = true;
    spec.fragment_offset_units = static_cast<std::uint16_t>(i * 7 % 1000);
    const auto fill = static_cast<std::uint8_t>(i);
    feed.give(
        ethernet(ipv4("10.0.0.1", "10.255.0.1", other(ip_proto::kUdp, Buffer(64, fill)), spec)));
  }
}

// A question whose name points at itself, and one at a chain of pointers that grows it.
inline void play_dns_loops(WorkerFeeder& feed, std::size_t size) {
  const Buffer head = be16(1) + be16(0x0100) + be16(1) + be16(0) + be16(0) + be16(0);
  const Buffer loop = head + bytes({3, 'w', 'w', 'w', 0xc0, 12}) + be16(1) + be16(1);
  Buffer chain = be16(1) + be16(0x8180) + be16(0) + be16(100) + be16(0) + be16(0);
  for (int i = 0; i < 100; ++i) {
    const auto at = static_cast<std::uint16_t>(i == 0 ? 12 : chain.size() - 17);
    chain = chain + bytes({1, 'a'}) + be16(static_cast<std::uint16_t>(0xc000 | at)) + be16(1) +
            be16(1) + be32(60) + be16(4) + be32(0x0b000001);
  }
  for (std::size_t i = 0; i < size; ++i) {
    const auto port = static_cast<std::uint16_t>(10'000 + i % 50'000);
    feed.give(ethernet(ipv4("10.0.0.1", "10.0.0.53", udp(port, 53, loop))));
    feed.give(ethernet(ipv4("10.0.0.53", "10.0.0.1", udp(53, port, chain))));
  }
}

inline Buffer http2_frame(int type, int flags, std::uint32_t stream, const Buffer& block) {
  return bytes({0}) + be16(block.size()) + bytes({type, flags}) + be32(stream) + block;
}

inline Buffer http2_preface() {
  return bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + http2_frame(4, 0, 0, {});
}

// A field that the table remembers, where it is number 62 from now on (RFC 7541 §6.2.1).
inline Buffer http2_field(const std::string& name, const std::string& value) {
  return bytes({0x40, static_cast<int>(name.size())}) + bytes(name) +
         bytes({static_cast<int>(value.size())}) + bytes(value);
}

// HPACK (RFC 7541): a field of 4,000 octets put into the table once and named by one octet again
// and again.
inline void play_hpack_bombs(WorkerFeeder& feed, std::size_t size) {
  const Buffer field =
      bytes({0x82, 0x84, 0x86, 0x40, 1, 'a', 0x7f, 0xa1, 0x1e}) + Buffer(4000, 'v');
  const Buffer bomb = http2_frame(1, 5, 3, Buffer(8000, 0xbe));
  const Buffer all = http2_preface() + http2_frame(1, 5, 1, field) + bomb;
  for (std::size_t i = 0; i < size; ++i) {
    feed.handshake();
    feed.tell(0, all);
  }
}

// Each :authority of a request could be compared with each of its host fields.
inline void play_http2_hosts(WorkerFeeder& feed, std::size_t size) {
  feed.handshake();
  const Buffer head =
      bytes({0x82, 0x86}) + http2_field(":authority", "a") + http2_field("host", "b");
  feed.tell(0,
            http2_preface() + http2_frame(1, 5, 1, head + Buffer(size, 0xbf) + Buffer(size, 0xbe)));
}

// A form in frames of one octet, behind as many fields.
inline void play_http2_parts(WorkerFeeder& feed, std::size_t size) {
  feed.handshake();
  const Buffer head = bytes({0x83, 0x84, 0x86}) +
                      http2_field("content-type", "multipart/form-data; boundary=x") +
                      http2_field("user-agent", "u") + Buffer(size, 0xbe);
  Buffer body;
  for (std::size_t i = 0; i < 4 * size; ++i)
    body = body + http2_frame(0, 0, 1, bytes("a"));
  feed.tell(0, http2_preface() + http2_frame(1, 4, 1, head));
  feed.tell_at_once(0, body);
}

// Empty lines where the size of a chunk should stand, and in front of a status line.
inline void play_blank_lines(WorkerFeeder& feed, std::size_t size) {
  for (const char* before : {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ""}) {
    feed.handshake();
    feed.tell(0, bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    feed.tell(1, bytes(before));
    feed.tell_at_once(1, Buffer(size, '\n'));
  }
}

// SIP messages that end in two LFs, and nowhere in the way that is looked for first.
inline void play_sip_line_feeds(WorkerFeeder& feed, std::size_t size) {
  feed.handshake(5060);
  feed.tell(0, bytes("OPTIONS sip:a SIP/2.0\r\nFrom: a\r\nContent-Length: 0\r\n\r\n"));
  std::string all;
  for (std::size_t i = 0; i < size; ++i)
    all += "A b SIP/2.0\nx:" + std::string(12, '\r') + "\n\n";
  feed.tell_at_once(0, bytes(all));
}

// A response of a mebibyte of zeros for each kilobyte of gzip.
inline void play_gzip_bombs(WorkerFeeder& feed, std::size_t size) {
  Buffer zeros(std::size_t{4} << 20, 0);
  Buffer packed(std::size_t{64} << 10);
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return;
  stream.next_in = zeros.data();
  stream.avail_in = static_cast<uInt>(zeros.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  (void)deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  (void)deflateEnd(&stream);
  const Buffer response = bytes("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
                                std::to_string(packed.size()) + "\r\n\r\n") +
                          packed;
  for (std::size_t i = 0; i < size; ++i) {
    feed.handshake();
    feed.tell(0, bytes("GET /bomb HTTP/1.1\r\nHost: a\r\n\r\n"));
    feed.tell(1, response);
  }
}

inline void play_pipelined_requests(WorkerFeeder& feed, std::size_t size) {
  feed.handshake();
  for (std::size_t i = 0; i < size; ++i)
    feed.tell(0, bytes("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
  for (std::size_t i = 0; i < size; ++i)
    feed.tell(1, bytes("HTTP/1.1 204 No Content\r\n\r\n"));
}

inline void play_deep_tunnels(WorkerFeeder& feed, std::size_t size) {
  Buffer nested = ipv4("10.0.0.1", "10.0.0.2", udp(1111, 2222, "inside"));
  for (int depth = 0; depth < 50; ++depth)
    nested = depth % 2 == 0 ? ipv4("10.0.0.1", "10.0.0.2", other(4, nested))
                            : ipv4("10.0.0.1", "10.0.0.2", other(47, bytes({0, 0, 8, 0}) + nested));
  const Buffer frame = ethernet(nested);
  for (std::size_t i = 0; i < size; ++i)
    feed.give(frame);
}

inline void play_endless_headers(WorkerFeeder& feed, std::size_t size) {
  feed.handshake();
  feed.tell(0, bytes("GET / HTTP/1.1\r\nHost: a\r\n"));
  for (std::size_t i = 0; i < size; ++i)
    feed.tell(0, bytes("X-Field-" + std::to_string(i) + ": value\r\n"));
}

inline void play_endless_line(WorkerFeeder& feed, std::size_t size) {
  feed.handshake(25);
  feed.tell(1, bytes("220 mail ESMTP\r\n"));
  feed.tell(0, bytes("MAIL FROM:<"));
  for (std::size_t i = 0; i < size; ++i)
    feed.tell(0, Buffer(1000, 'a'));
}

inline constexpr std::array<HostileShape, 17> kHostileShapes{{
    {"syns", 20'000, play_syns},
    {"one-octet-segments", 30'000, play_one_octet_segments},
    {"octets-with-holes", 8'000, play_octets_with_holes},
    {"windows-with-holes", 5'000, play_windows_with_holes},
    {"overlapping-segments", 5'000, play_overlapping_segments},
    {"overlapping-fragments", 20'000, play_overlapping_fragments},
    {"dns-loops", 2'000, play_dns_loops},
    {"hpack-bombs", 200, play_hpack_bombs},
    {"http2-hosts", 700, play_http2_hosts},
    {"http2-parts", 700, play_http2_parts},
    {"blank-lines", 28'000, play_blank_lines},
    {"sip-line-feeds", 1'000, play_sip_line_feeds},
    {"gzip-bombs", 20, play_gzip_bombs},
    {"pipelined-requests", 5'000, play_pipelined_requests},
    {"deep-tunnels", 2'000, play_deep_tunnels},
    {"endless-headers", 5'000, play_endless_headers},
    {"endless-line", 1'000, play_endless_line},
}};

}  // namespace netmoth::testing
