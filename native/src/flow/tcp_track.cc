#include "flow/tcp_track.h"

#include <algorithm>

namespace netmoth::flow {
namespace {

using decode::tcp_flag::kAck;
using decode::tcp_flag::kFin;
using decode::tcp_flag::kRst;
using decode::tcp_flag::kSyn;

constexpr std::uint8_t kMaxWindowScale = 14;  // RFC 7323 §2.3

void take_options(TcpSide& side, const decode::TcpHeader& header) {
  side.window_scale = std::min<std::uint8_t>(header.window_scale, kMaxWindowScale);
  side.scale_offered = header.has_window_scale;
  side.timestamps = header.has_timestamp;
  side.timestamp = header.timestamp_value;
  side.window = header.window;
}

// Both SYNs are known: what they offered holds from here on.
void settle_windows(Flow& flow) {
  for (const Direction each : {Direction::kToServer, Direction::kToClient}) {
    TcpSide& mine = flow.tcp[index_of(each)];
    const TcpSide& theirs = flow.tcp[index_of(opposite(each))];
    mine.scaled = mine.scale_offered && theirs.scale_offered;
    // The window of a SYN counts from what it acknowledges, or will (RFC 7323 §2.2: unscaled).
    mine.window_edge = theirs.initial_sequence + 1 + mine.window;
    mine.edge_known = true;
  }
}

// A SYN-ACK that is not the first, or that acknowledges nothing the client sent: the client's next
// step tells whether it took it.
void note_other_syn(TcpSide& side, Direction direction, const decode::TcpHeader& header) {
  if (direction != Direction::kToClient || (header.flags & (kSyn | kAck)) != (kSyn | kAck)) return;
  if (side.syn_seen && header.sequence == side.initial_sequence) return;
  side.other_sequence = header.sequence;
  side.other_known = true;
  if (!side.syn_seen) take_options(side, header);
}

void adopt_other_syn(Flow& flow, TcpSide& side, const decode::TcpHeader& header) {
  if (!side.other_known || header.acknowledgment != side.other_sequence + 1) return;
  side.other_known = false;
  side.initial_sequence = side.other_sequence;
  side.next_sequence = side.other_sequence + 1;
  if (!side.syn_seen) {
    side.syn_seen = true;
    flow.tcp_state = TcpState::kSynRecv;
  }
  if (connected(flow)) settle_windows(flow);
}

void on_syn(Flow& flow, Direction direction, const decode::TcpHeader& header, std::uint32_t end) {
  TcpSide& side = flow.tcp[index_of(direction)];
  const bool ack = (header.flags & kAck) != 0;
  // A repeated SYN with another number replaces the first as long as nothing was agreed on.
  const bool opening = flow.tcp_state == TcpState::kNone || flow.tcp_state == TcpState::kSynSent;
  if (side.syn_seen && !(opening && !connected(flow))) {
    if (flow.tcp_state == TcpState::kSynRecv) note_other_syn(side, direction, header);
    return;
  }
  side.initial_sequence = header.sequence;
  side.next_sequence = end;
  side.syn_seen = true;
  side.bare_syn = !ack;
  take_options(side, header);
  if (ack || connected(flow))
    flow.tcp_state = TcpState::kSynRecv;
  else if (flow.tcp_state == TcpState::kNone)
    flow.tcp_state = TcpState::kSynSent;
  if (connected(flow)) settle_windows(flow);
}

// What the segment offers, before the sequence numbers move.
void update_window(Flow& flow, Direction direction, const decode::TcpHeader& header) {
  TcpSide& side = flow.tcp[index_of(direction)];
  if ((header.flags & kSyn) != 0) return;
  side.window = std::uint32_t{header.window} << side.scale();
  if ((header.flags & kAck) != 0 && connected(flow)) {
    const std::uint32_t edge = header.acknowledgment + side.window;
    if (!side.edge_known || sequence_before(side.window_edge, edge)) side.window_edge = edge;
    side.edge_known = true;
  }
  if (header.has_timestamp && header.sequence == side.next_sequence &&
      static_cast<std::int32_t>(header.timestamp_value - side.timestamp) > 0)
    side.timestamp = header.timestamp_value;
}

void on_fin(Flow& flow, Direction direction) {
  const bool to_server = direction == Direction::kToServer;
  // A peer that is not heard answers unseen: no half of the connection is known to be closed.
  if (flow.tcp[index_of(direction)].syn_seen && flow.tcp[index_of(opposite(direction))].flags == 0)
    return;
  switch (flow.tcp_state) {
    case TcpState::kSynRecv:
    case TcpState::kEstablished:
      flow.tcp_state = to_server ? TcpState::kCloseWait : TcpState::kFinWait1;
      break;
    case TcpState::kCloseWait:  // the client has finished
      if (!to_server) flow.tcp_state = TcpState::kLastAck;
      break;
    case TcpState::kFinWait1:  // the server has finished, unacknowledged so far
      if (to_server) {
        const TcpSide& server = flow.tcp[1];
        flow.tcp_state = flow.tcp[0].acknowledged == server.next_sequence ? TcpState::kTimeWait
                                                                          : TcpState::kClosing;
      }
      break;
    case TcpState::kFinWait2:
      if (to_server) flow.tcp_state = TcpState::kTimeWait;
      break;
    default:
      break;
  }
}

void on_ack(Flow& flow, Direction direction, bool has_fin) {
  const TcpSide& side = flow.tcp[index_of(direction)];
  const TcpSide& peer = flow.tcp[index_of(opposite(direction))];
  const bool acks_all = !sequence_before(side.acknowledged, peer.next_sequence);
  const bool to_server = direction == Direction::kToServer;
  switch (flow.tcp_state) {
    case TcpState::kSynRecv:
      // After a simultaneous open either side may be the one that ends it.
      if ((to_server || side.bare_syn) &&
          !sequence_before(side.acknowledged, peer.initial_sequence + 1))
        flow.tcp_state = TcpState::kEstablished;
      break;
    case TcpState::kFinWait1:
      if (to_server && acks_all && !has_fin) flow.tcp_state = TcpState::kFinWait2;
      break;
    case TcpState::kClosing:
      if (acks_all) flow.tcp_state = TcpState::kTimeWait;
      break;
    case TcpState::kLastAck:
      if (to_server && acks_all) flow.tcp_state = TcpState::kClosed;
      break;
    case TcpState::kTimeWait:
      if (!to_server && acks_all && !has_fin) flow.tcp_state = TcpState::kClosed;
      break;
    default:
      break;
  }
}

FlowState state_of(const Flow& flow, std::size_t payload_size) {
  switch (flow.tcp_state) {
    case TcpState::kNone:  // the start was not seen
      if (flow.packets[0] == 0 || flow.packets[1] == 0) return FlowState::kNew;
      return flow.state == FlowState::kActive || payload_size > 0 ? FlowState::kActive
                                                                  : FlowState::kEstablished;
    case TcpState::kListen:
    case TcpState::kSynSent:
    case TcpState::kSynRecv:
      return FlowState::kSynSent;
    case TcpState::kEstablished:
      return flow.state == FlowState::kActive || payload_size > 0 ? FlowState::kActive
                                                                  : FlowState::kEstablished;
    case TcpState::kFinWait1:
    case TcpState::kFinWait2:
    case TcpState::kCloseWait:
    case TcpState::kClosing:
      return FlowState::kClosing;
    case TcpState::kLastAck:
    case TcpState::kTimeWait:
    case TcpState::kClosed:
      return FlowState::kClosed;
  }
  return FlowState::kNew;
}

}  // namespace

bool is_reuse(const Flow& flow, const decode::TcpHeader& header) {
  if ((header.flags & (kSyn | kAck | kRst)) != kSyn) return false;
  if (flow.tcp[0].syn_seen && flow.tcp[0].initial_sequence == header.sequence) return false;
  return flow.eve_state() == EveFlowState::kClosed;
}

TcpVerdict track_tcp(Flow& flow, Direction direction, const decode::TcpHeader& header,
                     std::size_t payload_size, bool exact_reset) {
  TcpSide& side = flow.tcp[index_of(direction)];
  const bool first_of_side = side.flags == 0 && side.next_sequence == 0;
  side.flags = static_cast<std::uint8_t>(side.flags | header.flags);
  TcpVerdict verdict = check_segment(flow, direction, header, payload_size, exact_reset);
  const bool reset = (header.flags & kRst) != 0;
  const bool syn = (header.flags & kSyn) != 0;
  if (!verdict.accepted) {
    note_other_syn(side, direction, header);
    // Time stamps do not run backwards because packets were lost, so these prove nothing; where the
    // receiver did take them, its acknowledgments of what was never seen do.
    const bool stale = verdict.events[0] == StreamEvent::kPktInvalidTimestamp;
    if (reset || syn || stale || ++side.rejected < kMaxRejectedInARow) {
      flow.state = state_of(flow, 0);
      return verdict;
    }
    verdict.accepted = true;
    for (TcpSide& each : flow.tcp)
      each.edge_known = each.timestamps = false;
  }
  side.rejected = 0;
  if (reset) {
    if (flow.tcp_state != TcpState::kNone) flow.tcp_state = TcpState::kClosed;
    flow.state = state_of(flow, payload_size);
    return verdict;
  }
  const bool ack = (header.flags & kAck) != 0;
  const bool fin = (header.flags & kFin) != 0;
  const std::uint32_t end = header.sequence + static_cast<std::uint32_t>(payload_size) +
                            (syn ? 1U : 0U) + (fin ? 1U : 0U);
  if (ack && !syn) adopt_other_syn(flow, flow.tcp[index_of(opposite(direction))], header);
  update_window(flow, direction, header);
  if (syn) {
    on_syn(flow, direction, header, end);
  } else if (first_of_side || sequence_before(side.next_sequence, end)) {
    side.next_sequence = end;
  }
  if (ack && (side.acknowledged == 0 || sequence_before(side.acknowledged, header.acknowledgment)))
    side.acknowledged = header.acknowledgment;
  if (ack && !syn) on_ack(flow, direction, fin);
  if (fin && !side.fin_seen) {
    side.fin_seen = true;
    on_fin(flow, direction);
  }
  flow.state = state_of(flow, payload_size);
  return verdict;
}

void believe_numbers(Flow& flow, Direction direction, const decode::TcpHeader& header) {
  // The numbers of a SYN are another connection's.
  if ((header.flags & kSyn) != 0) return;
  TcpSide& side = flow.tcp[index_of(direction)];
  TcpSide& peer = flow.tcp[index_of(opposite(direction))];
  side.next_sequence = header.sequence;
  if ((header.flags & kAck) != 0) {
    side.acknowledged = header.acknowledgment;
    peer.next_sequence = header.acknowledgment;
  }
  for (TcpSide& each : flow.tcp) {
    each.edge_known = each.timestamps = false;
    each.rejected = 0;
  }
}

void track_datagram(Flow& flow) {
  if (flow.packets[0] == 0 || flow.packets[1] == 0) {
    flow.state = FlowState::kNew;
  } else {
    flow.state = flow.state == FlowState::kNew ? FlowState::kEstablished : FlowState::kActive;
  }
}

}  // namespace netmoth::flow
