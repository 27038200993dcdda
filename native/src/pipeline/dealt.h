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

inline constexpr std::uint32_t kNotOdd = 0;

struct Dealt {
  decode::Frame frame;  // to be decoded by the worker, unless it is odd
  FrameClock clock;
  std::uint32_t odd = kNotOdd;                // of its chunk's odd packets, counted from 1
  Announced announced = Announced::kNowhere;  // of TCP
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
