// Frames of connections into a worker, quickly: numbered clients, one server, right sequence
// numbers.
//
// Invariant: frames are built once and patched, so wrong checksums have to be allowed
// (validate_checksums = false). Time goes on by kFrameNs a frame.
#pragma once

#include <string>
#include <utility>

#include "pipeline/worker.h"
#include "testing/packet_builder.h"

namespace netmoth::testing {

class WorkerFeeder {
 public:
  static constexpr std::uint8_t kSyn = 2, kAck = 16;
  static constexpr TimestampNs kFrameNs = 100;
  static constexpr std::size_t kSourceAt = 14 + 12, kDestinationAt = 14 + 16;

  explicit WorkerFeeder(pipeline::Worker& worker) : worker_(worker) {}

  void handshake(std::uint16_t port = 80) {
    ++connection;
    server_port_ = port;
    next[0] = 1000;
    next[1] = 5000;
    segment(0, kSyn, next[0]++, 0, {});
    segment(1, kSyn | kAck, next[1]++, next[0], {});
    acknowledge(0);
  }
  void say(std::size_t side, const Buffer& payload) {
    segment(side, kAck, next[side], next[1 - side], payload);
    next[side] += static_cast<std::uint32_t>(payload.size());
  }
  void acknowledge(std::size_t side) { segment(side, kAck, next[side], next[1 - side], {}); }
  // The same, acknowledged by the other side.
  void tell(std::size_t side, const Buffer& payload) {
    for (std::size_t at = 0; at < payload.size(); at += kSegment) {
      say_segment(side, payload, at);
      acknowledge(1 - side);
    }
  }
  // The same, acknowledged as a whole: so it reaches the parser in one piece. At most a window.
  void tell_at_once(std::size_t side, const Buffer& payload) {
    for (std::size_t at = 0; at < payload.size(); at += kSegment)
      say_segment(side, payload, at);
    acknowledge(1 - side);
  }
  void segment(std::size_t side, std::uint8_t flags, std::uint32_t sequence, std::uint32_t ack,
               const Buffer& payload) {
    TcpSpec spec;
    spec.destination_port = server_port_;
    if (side == 1) std::swap(spec.source_port, spec.destination_port);
    spec.sequence = sequence;
    spec.acknowledgment = ack;
    spec.flags = flags;
    const char* const client = "10.0.0.0";
    const char* const server = "10.255.0.1";
    Buffer frame = ethernet(
        ipv4(side == 0 ? client : server, side == 0 ? server : client, tcp(spec, payload)));
    set_octets(frame, (side == 0 ? kSourceAt : kDestinationAt) + 1, connection);
    give(frame);
  }
  void give(const Buffer& data) {
    decode::Frame frame;
    frame.time = now_ += kFrameNs;
    frame.number = ++number_;
    frame.wire_length = static_cast<std::uint32_t>(data.size());
    frame.data = data;
    worker_.process(std::span(&frame, 1));
  }
  // The lower three octets of an address.
  static void set_octets(Buffer& frame, std::size_t at, std::uint32_t number) {
    frame[at] = static_cast<std::uint8_t>(number >> 16);
    frame[at + 1] = static_cast<std::uint8_t>(number >> 8);
    frame[at + 2] = static_cast<std::uint8_t>(number);
  }

  std::uint32_t connection = 0;    // its client is 10.x.y.z
  std::uint32_t next[2] = {0, 0};  // sequence numbers, of client and server

 private:
  static constexpr std::size_t kSegment = 1400;

  void say_segment(std::size_t side, const Buffer& payload, std::size_t at) {
    const auto from = payload.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t size = std::min(kSegment, payload.size() - at);
    say(side, Buffer(from, from + static_cast<std::ptrdiff_t>(size)));
  }

  pipeline::Worker& worker_;
  std::uint16_t server_port_ = 80;
  std::uint64_t number_ = 0;
  TimestampNs now_ = 1'700'000'000'000'000'000;
};

}  // namespace netmoth::testing
