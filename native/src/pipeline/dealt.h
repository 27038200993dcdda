// Packets on their way to the worker that has their flow: plain frames as they are, of others what
// was decoded of them.
//
// An ICMP error that quotes a packet counts for the flow of that packet where there is one, else
// for a flow of its own. Both workers are dealt it: that of the quoted flow tells whether it had
// it, the other asks. Flows of ICMP messages without a counterpart, as errors are, have a worker
// apart, which runs behind the others (parallel_read.h): so it finds its answer there.
//
// Invariant: every worker handles what it is dealt in the order of the frames, so of workers that
// wait for each other the one at the earliest frame never does: nobody waits for ever.
#pragma once

#include <atomic>

#include "base/backoff.h"
#include "decode/decoder.h"
#include "pipeline/announcers.h"
#include "pipeline/frame_clock.h"

namespace netmoth::pipeline {

class QuoteVerdict {
 public:
  // Release and acquire are not needed for the answer itself; they keep the two workers' accounts
  // of one packet in order for whoever reads both after a wait.
  void tell(bool counted) {
    state_.store(counted ? State::kCounted : State::kOrphan, std::memory_order_release);
  }
  [[nodiscard]] bool await() const {
    State state = state_.load(std::memory_order_acquire);
    for (base::Backoff backoff; state == State::kOpen; backoff.wait())
      state = state_.load(std::memory_order_acquire);
    return state == State::kCounted;
  }

 private:
  enum class State : std::uint8_t { kOpen, kCounted, kOrphan };
  std::atomic<State> state_{State::kOpen};
};

// A packet of a frame that is not plain (decode/plain_frame.h): decoded by who dealt it.
struct OddPacket {
  enum class Part : std::uint8_t {
    kWhole,         // all of the packet
    kQuoted,        // only for the flow it quotes; tell the verdict
    kUnlessQuoted,  // all but that; await the verdict
    kAnomaly,       // was dealt before; what was wrong with it is to be told
    kAlone,         // of no flow: looked at by rules
  };
  const decode::Packet* packet = nullptr;
  const decode::Packet* outermost = nullptr;  // of its frame, where it came out of a tunnel
  QuoteVerdict* verdict = nullptr;
  Part part = Part::kWhole;
  decode::DecodeEvent event{};  // kAnomaly
  bool told = true;             // kAnomaly: its event is written, not only looked at by rules
};

// As short as can be: another core reads what is written here, for every packet.
struct Dealt {
  const std::uint8_t* octets = nullptr;  // of a plain frame
  TimestampNs now = 0;                   // the frame's own time too, where it is plain
  std::uint32_t length = 0;              // of its octets
  std::uint32_t wire_length = 0;
  std::uint32_t further = 0;                  // how far `order` is behind `now`, see FrameClock
  std::uint16_t number = 0;                   // from the first frame of its chunk
  Announced announced = Announced::kNowhere;  // of TCP
  bool is_odd = false;                        // then `length` is its place among the odd packets

  [[nodiscard]] FrameClock clock() const { return {now, now + further}; }
};
static_assert(sizeof(Dealt) == 32);

// What one worker is dealt of a chunk.
struct Hand {
  std::span<const Dealt> dealt;
  std::span<const OddPacket> odd;  // of the whole chunk
  std::uint64_t first_number = 0;  // of the chunk's frames

  // A plain one.
  [[nodiscard]] decode::Frame frame(const Dealt& plain) const {
    return {.time = plain.now,
            .number = first_number + plain.number,
            .wire_length = plain.wire_length,
            .data = {plain.octets, plain.length}};
  }
};

// Others are counted and told as anomalies, but make no flow.
inline bool belongs_to_a_flow(const decode::Packet& packet) {
  return packet.ip_version != 0 && !packet.is_fragment && !packet.invalid;
}

// What an anomaly is told with; every frame gives at least one packet.
inline const decode::Packet& packet_of(const decode::Anomaly& anomaly,
                                       std::span<const decode::Packet> packets) {
  return packets[anomaly.packet < packets.size() ? anomaly.packet : 0];
}

}  // namespace netmoth::pipeline
