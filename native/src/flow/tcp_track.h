// The state machine of a TCP connection as a bystander sees it (RFC 9293 §3.3.2).
//
// Invariant: it never blocks: whatever order segments come in, the connection ends in some named
// state, and nothing here looks at payload. `connected` becomes true once SYN and SYN-ACK were both
// seen.
#pragma once

#include "decode/packet.h"
#include "flow/flow.h"

namespace netmoth::flow {

// True where a SYN opens a new connection on the ends of one that is over.
bool is_reuse(const Flow& flow, const decode::TcpHeader& header);

// Brings flow.tcp, tcp_state and state up to date with one segment of `payload_size` octets.
void track_tcp(Flow& flow, Direction direction, const decode::TcpHeader& header,
               std::size_t payload_size);

inline bool connected(const Flow& flow) {
  return flow.tcp[0].syn_seen && flow.tcp[1].syn_seen;
}

// State of a flow that is not TCP after one packet.
void track_datagram(Flow& flow);

// a before b in sequence space (RFC 9293 §3.4).
inline bool sequence_before(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

}  // namespace netmoth::flow
