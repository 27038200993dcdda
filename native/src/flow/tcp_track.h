// The state machine of a TCP connection as a bystander sees it (RFC 9293 §3.3.2).
//
// Invariant: it never blocks: whatever order segments come in, the connection ends in some named
// state, and nothing here looks at payload. `connected` becomes true once SYN and SYN-ACK were both
// seen.
#pragma once

#include "flow/tcp_check.h"

namespace netmoth::flow {

// True where a SYN opens a new connection on the ends of one that is over.
bool is_reuse(const Flow& flow, const decode::TcpHeader& header);

// Segments in a row that may look as if nobody would take them before the numbers are believed
// again: packets that the capture lost can make them look so.
inline constexpr std::uint8_t kMaxRejectedInARow = 8;

// Brings flow.tcp, tcp_state and state up to date with one segment of `payload_size` octets, unless
// its receiver would drop it (flow/tcp_check.h).
TcpVerdict track_tcp(Flow& flow, Direction direction, const decode::TcpHeader& header,
                     std::size_t payload_size, bool exact_reset = false);

// Segments before this one were not seen, on purpose: its numbers are those to go on from.
void believe_numbers(Flow& flow, Direction direction, const decode::TcpHeader& header);

// State of a flow that is not TCP after one packet.
void track_datagram(Flow& flow);

}  // namespace netmoth::flow
