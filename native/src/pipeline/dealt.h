// Packets on their way from the one who decoded them to the worker that has their flow.
//
// An ICMP error that quotes a packet counts for the flow of that packet where there is one, else
// for a flow of its own; the two may have different workers. Both are dealt it: the worker of the
// quoted flow tells whether it had it, the other waits for that.
//
// Invariant: every worker handles what it is dealt in the order of the frames, so of workers that
// wait for each other the one at the earliest frame never does: nobody waits for ever.
#pragma once

#include <atomic>

#include "base/backoff.h"
#include "decode/decoder.h"
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

struct Dealt {
  enum class Part : std::uint8_t {
    kWhole,         // all of the packet
    kQuoted,        // only for the flow it quotes; tell the verdict
    kUnlessQuoted,  // all but that; await the verdict
    kAnomaly,       // was dealt before; what was wrong with it is to be told
  };
  const decode::Packet* packet = nullptr;
  const decode::Packet* outermost = nullptr;  // of its frame, where it came out of a tunnel
  FrameClock clock;
  QuoteVerdict* verdict = nullptr;
  Part part = Part::kWhole;
  decode::DecodeEvent event{};  // kAnomaly
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
