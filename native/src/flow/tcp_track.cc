#include "flow/tcp_track.h"

namespace netmoth::flow {
namespace {

using decode::tcp_flag::kAck;
using decode::tcp_flag::kFin;
using decode::tcp_flag::kRst;
using decode::tcp_flag::kSyn;

// A reset counts where its number lies near what the two sides are at; a far one is a blind attack
// or a stray of an earlier connection (RFC 5961 §3 is stricter: the exact number, with a
// challenge).
constexpr std::uint32_t kResetSlack = 1U << 20;

bool reset_is_plausible(const Flow& flow, Direction direction, const decode::TcpHeader& header) {
  const TcpSide& side = flow.tcp[index_of(direction)];
  const TcpSide& peer = flow.tcp[index_of(opposite(direction))];
  if (side.syn_seen || side.next_sequence != 0)
    return header.sequence - side.next_sequence + kResetSlack <= 2 * kResetSlack;
  // Nothing seen from this side yet: the reset answers the peer's segment.
  if ((header.flags & kAck) != 0 && peer.next_sequence != 0)
    return header.acknowledgment - peer.next_sequence + kResetSlack <= 2 * kResetSlack;
  return true;
}

void on_fin(Flow& flow, Direction direction) {
  const bool to_server = direction == Direction::kToServer;
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
      if (to_server && !sequence_before(side.acknowledged, peer.initial_sequence + 1))
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

void track_tcp(Flow& flow, Direction direction, const decode::TcpHeader& header,
               std::size_t payload_size) {
  TcpSide& side = flow.tcp[index_of(direction)];
  const bool first_of_side = side.flags == 0 && side.next_sequence == 0;
  side.flags = static_cast<std::uint8_t>(side.flags | header.flags);
  const bool syn = (header.flags & kSyn) != 0;
  const bool ack = (header.flags & kAck) != 0;
  const bool fin = (header.flags & kFin) != 0;
  if ((header.flags & kRst) != 0) {
    if (reset_is_plausible(flow, direction, header) && flow.tcp_state != TcpState::kNone)
      flow.tcp_state = TcpState::kClosed;
    flow.state = state_of(flow, payload_size);
    return;
  }
  const std::uint32_t end = header.sequence + static_cast<std::uint32_t>(payload_size) +
                            (syn ? 1U : 0U) + (fin ? 1U : 0U);
  if (syn) {
    // A repeated SYN with another number replaces the first as long as nothing was agreed on.
    const bool opening = flow.tcp_state == TcpState::kNone || flow.tcp_state == TcpState::kSynSent;
    if (!side.syn_seen || (opening && !connected(flow))) {
      side.initial_sequence = header.sequence;
      side.next_sequence = end;
      side.syn_seen = true;
      side.window_scale = header.window_scale;
      if (ack || connected(flow))
        flow.tcp_state = TcpState::kSynRecv;
      else if (flow.tcp_state == TcpState::kNone)
        flow.tcp_state = TcpState::kSynSent;
    }
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
}

void track_datagram(Flow& flow) {
  if (flow.packets[0] == 0 || flow.packets[1] == 0) {
    flow.state = FlowState::kNew;
  } else {
    flow.state = flow.state == FlowState::kNew ? FlowState::kEstablished : FlowState::kActive;
  }
}

}  // namespace netmoth::flow
