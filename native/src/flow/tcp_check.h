// Would the receiver take this segment? (RFC 9293 §3.10.7, RFC 7323 §5, RFC 5961 §3.)
//
// Invariant: judges by what both sides have said so far and changes nothing. Only a connection
// whose handshake was seen is judged; of others the numbers prove nothing.
#pragma once

#include "decode/packet.h"
#include "flow/flow.h"
#include "flow/stream_event.h"

namespace netmoth::flow {

// a before b in sequence space (RFC 9293 §3.4).
inline bool sequence_before(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

inline bool connected(const Flow& flow) {
  return flow.tcp[0].syn_seen && flow.tcp[1].syn_seen;
}

// `exact_reset`: the receiver takes a reset only with the very next number, not anywhere in the
// window.
TcpVerdict check_segment(const Flow& flow, Direction direction, const decode::TcpHeader& header,
                         std::size_t payload_size, bool exact_reset);

}  // namespace netmoth::flow
