#include "flow/tcp_check.h"

namespace netmoth::flow {
namespace {

using decode::tcp_flag::kAck;
using decode::tcp_flag::kFin;
using decode::tcp_flag::kRst;
using decode::tcp_flag::kSyn;

// Where nothing of the side is known but a number, a reset near it counts.
constexpr std::uint32_t kResetSlack = 1U << 20;

constexpr TcpVerdict rejected(StreamEvent event, StreamEvent other = StreamEvent::kNone) {
  return {false, {event, other}};
}

// Sender, receiver and numbers of the segment under judgement.
struct Segment {
  const Flow& flow;
  const TcpSide& side;
  const TcpSide& peer;
  const decode::TcpHeader& header;
  bool to_server;
  std::uint32_t size;

  [[nodiscard]] bool has(std::uint8_t flag) const { return (header.flags & flag) != 0; }
  [[nodiscard]] std::uint32_t end() const { return header.sequence + size; }
};

bool near(std::uint32_t number, std::uint32_t expected) {
  return number - expected + kResetSlack <= 2 * kResetSlack;
}

// The side that sends the acknowledgment has offered room for that much.
bool acknowledgment_is_valid(const Segment& segment) {
  return !segment.side.edge_known ||
         !sequence_before(segment.side.window_edge, segment.header.acknowledgment);
}

bool reset_is_plausible(const Segment& segment, bool exact) {
  const TcpSide& side = segment.side;
  const std::uint32_t sequence = segment.header.sequence;
  if (connected(segment.flow) && segment.peer.edge_known) {
    if (sequence == side.next_sequence || segment.end() == segment.peer.acknowledged) return true;
    if (exact) return false;
    return !sequence_before(segment.end(), segment.peer.acknowledged) &&
           !sequence_before(segment.peer.window_edge, sequence);
  }
  if (side.syn_seen || side.next_sequence != 0) return near(sequence, side.next_sequence);
  // Nothing seen from this side yet: the reset answers the peer's segment.
  if (segment.has(kAck) && segment.peer.next_sequence != 0)
    return near(segment.header.acknowledgment, segment.peer.next_sequence);
  return true;
}

TcpVerdict check_reset(const Segment& segment, bool exact) {
  if (!reset_is_plausible(segment, exact)) return rejected(StreamEvent::kNone);
  if (connected(segment.flow) && segment.has(kAck) && segment.header.acknowledgment != 0 &&
      !acknowledgment_is_valid(segment))
    return rejected(StreamEvent::kRstInvalidAck);
  return {};
}

// The client's SYN, with or without the data in it (RFC 7413), is what a SYN-ACK acknowledges.
bool acknowledges_syn(const TcpSide& opener, std::uint32_t acknowledgment) {
  return acknowledgment == opener.initial_sequence + 1 || acknowledgment == opener.next_sequence;
}

TcpVerdict check_opening(const Segment& segment) {
  const TcpSide& client = segment.flow.tcp[0];
  const TcpSide& server = segment.flow.tcp[1];
  const std::uint32_t sequence = segment.header.sequence;
  const std::uint32_t acknowledgment = segment.header.acknowledgment;
  const bool simultaneous = server.bare_syn;
  const bool answered = segment.flow.tcp_state == TcpState::kSynRecv;
  if (!segment.has(kAck)) {
    if (!answered || simultaneous) return {};
    if (!segment.to_server) return rejected(StreamEvent::k3whsSynToclientOnSynRecv);
    if (client.syn_seen && sequence != client.initial_sequence)
      return rejected(StreamEvent::k3whsSynResendDiffSeqOnSynRecv);
    return {};
  }
  if (!segment.to_server) {
    if (!client.syn_seen || acknowledges_syn(client, acknowledgment)) {
      const bool ignored = client.syn_seen && acknowledgment != client.next_sequence &&
                           acknowledgment == client.initial_sequence + 1 && !server.syn_seen;
      return {true, {ignored ? StreamEvent::k3whsSynackTfoDataIgnored : StreamEvent::kNone}};
    }
    return rejected(answered && !simultaneous ? StreamEvent::k3whsSynackResendWithDifferentAck
                                              : StreamEvent::k3whsSynackWithWrongAck);
  }
  if (!simultaneous)
    return rejected(answered ? StreamEvent::k3whsSynackToserverOnSynRecv
                             : StreamEvent::k3whsSynackInWrongDirection);
  if (acknowledgment != server.initial_sequence + 1)
    return rejected(StreamEvent::k4whsSynackWithWrongAck);
  if (sequence != client.initial_sequence) return rejected(StreamEvent::k4whsSynackWithWrongSyn);
  return {};
}

TcpVerdict check_late_syn(const Segment& segment) {
  const bool same = segment.header.sequence == segment.side.initial_sequence;
  if (segment.flow.tcp_state != TcpState::kEstablished)
    return rejected(StreamEvent::kShutdownSynResend);
  if (segment.has(kFin)) return rejected(StreamEvent::kFinSyn);
  if (!segment.has(kAck)) {
    if (!segment.to_server) return rejected(StreamEvent::kEstSynToclient);
    return rejected(same ? StreamEvent::kEstSynResend : StreamEvent::kEstSynResendDiffSeq);
  }
  if (segment.to_server) return rejected(StreamEvent::kEstSynackToserver);
  if (!acknowledges_syn(segment.peer, segment.header.acknowledgment) &&
      segment.header.acknowledgment != segment.side.acknowledged)
    return rejected(StreamEvent::kEstSynackResendWithDifferentAck);
  if (!same) return rejected(StreamEvent::kEstSynackResendWithDiffSeq);
  // The server may just not have got the last step of the handshake; not so once it went on.
  const bool went_on = segment.side.next_sequence != segment.side.initial_sequence + 1;
  return rejected(went_on ? StreamEvent::kEstSynackResend : StreamEvent::kNone);
}

TcpVerdict check_syn(const Segment& segment) {
  switch (segment.flow.tcp_state) {
    case TcpState::kNone:
    case TcpState::kListen:
    case TcpState::kClosed:
      return {};
    case TcpState::kSynSent:
    case TcpState::kSynRecv:
      return check_opening(segment);
    default:
      return segment.side.syn_seen ? check_late_syn(segment) : TcpVerdict{};
  }
}

// The step that ends the handshake: the client's acknowledgment of the server's SYN.
TcpVerdict check_third_step(const Segment& segment) {
  const TcpSide& client = segment.side;
  const TcpSide& server = segment.peer;
  const std::uint32_t acknowledgment = segment.header.acknowledgment;
  const bool right_ack = !sequence_before(acknowledgment, server.initial_sequence + 1) &&
                         !sequence_before(server.next_sequence, acknowledgment);
  const bool right_sequence =
      !sequence_before(segment.header.sequence, client.initial_sequence) &&
      (!server.edge_known || !sequence_before(server.window_edge, segment.header.sequence));
  if (right_ack && right_sequence) return {};
  if (segment.header.sequence == client.next_sequence && !right_ack)
    return rejected(StreamEvent::k3whsRightSeqWrongAckEvasion);
  return rejected(StreamEvent::k3whsWrongSeqWrongAck);
}

// Suricata's rule: numbers ahead of all that was seen, with a window that shrank by more than what
// came (its bug 1238).
bool is_bad_window_update(const Segment& segment) {
  const std::uint32_t window = std::uint32_t{segment.header.window} << segment.side.scale();
  if (window >= segment.side.window) return false;
  const std::uint32_t shrunk = segment.side.window - window;
  const std::uint32_t acknowledgment = segment.header.acknowledgment;
  if (shrunk <= segment.size || !sequence_before(segment.peer.next_sequence, acknowledgment) ||
      !sequence_before(segment.side.next_sequence, segment.header.sequence))
    return false;
  const std::uint32_t progress = acknowledgment - segment.side.acknowledged;
  return shrunk > progress + (window > 1024 ? 32 : 0);
}

// PAWS (RFC 7323 §5.3), with the one tick of grace that Linux gives.
bool timestamp_is_stale(const Segment& segment) {
  if (!segment.side.timestamps || !segment.peer.timestamps || !segment.header.has_timestamp)
    return false;
  return static_cast<std::int32_t>(segment.header.timestamp_value - segment.side.timestamp + 1) < 0;
}

StreamEvent invalid_ack_event(const Segment& segment) {
  switch (segment.flow.tcp_state) {
    case TcpState::kFinWait1:
      return StreamEvent::kFin1InvalidAck;
    case TcpState::kFinWait2:
      return StreamEvent::kFin2InvalidAck;
    case TcpState::kCloseWait:
      return StreamEvent::kClosewaitInvalidAck;
    case TcpState::kClosing:
      return StreamEvent::kClosingInvalidAck;
    case TcpState::kLastAck:
      return StreamEvent::kLastackInvalidAck;
    case TcpState::kTimeWait:
      return StreamEvent::kTimewaitInvalidAck;
    default:
      return segment.has(kFin) ? StreamEvent::kFinInvalidAck : StreamEvent::kEstInvalidAck;
  }
}

StreamEvent out_of_window_event(const Segment& segment) {
  switch (segment.flow.tcp_state) {
    case TcpState::kFinWait1:
      return StreamEvent::kFin1AckWrongSeq;
    case TcpState::kFinWait2:
      return StreamEvent::kFin2AckWrongSeq;
    case TcpState::kCloseWait:
      return segment.has(kFin) ? StreamEvent::kClosewaitFinOutOfWindow
                               : StreamEvent::kClosewaitAckOutOfWindow;
    case TcpState::kClosing:
      return StreamEvent::kClosingAckWrongSeq;
    case TcpState::kLastAck:
      return StreamEvent::kLastackAckWrongSeq;
    case TcpState::kTimeWait:
      return StreamEvent::kTimewaitAckWrongSeq;
    default:
      return segment.has(kFin) ? StreamEvent::kFinOutOfWindow : StreamEvent::kEstPacketOutOfWindow;
  }
}

TcpVerdict check_numbers(const Segment& segment) {
  const TcpSide& side = segment.side;
  const TcpSide& peer = segment.peer;
  const std::uint32_t sequence = segment.header.sequence;
  const std::uint32_t acknowledgment = segment.header.acknowledgment;
  TcpVerdict verdict;
  if (segment.has(kAck)) {
    const bool outdated = segment.size == 0 && sequence_before(acknowledgment, side.acknowledged) &&
                          !segment.has(kFin);
    if (!outdated && timestamp_is_stale(segment))
      return rejected(StreamEvent::kPktInvalidTimestamp);
    if (!segment.has(kFin) && is_bad_window_update(segment))
      return rejected(StreamEvent::kPktBadWindowUpdate);
    if (!acknowledgment_is_valid(segment)) {
      const bool probe = side.window == 0 && acknowledgment == side.window_edge + 1 &&
                         acknowledgment == peer.next_sequence;
      if (!probe) return rejected(invalid_ack_event(segment), StreamEvent::kPktInvalidAck);
      verdict.events[0] = StreamEvent::kEstAckZwpData;
    }
  } else if (acknowledgment != 0) {
    verdict.events[0] = StreamEvent::kPktBrokenAck;
  }
  const bool keep_alive = segment.size <= 1 && sequence == side.next_sequence - 1;
  const bool probe = segment.size == 1 && sequence == side.next_sequence && peer.window == 0;
  if (keep_alive || probe || !peer.edge_known) return verdict;
  if (sequence_before(peer.window_edge, segment.end()))
    return rejected(out_of_window_event(segment));
  const bool early_fin = segment.has(kFin) && segment.flow.tcp_state == TcpState::kEstablished &&
                         sequence_before(segment.end(), peer.acknowledged);
  return early_fin ? rejected(StreamEvent::kFinOutOfWindow) : verdict;
}

}  // namespace

TcpVerdict check_segment(const Flow& flow, Direction direction, const decode::TcpHeader& header,
                         std::size_t payload_size, bool exact_reset) {
  const Segment segment{
      flow,   flow.tcp[index_of(direction)],     flow.tcp[index_of(opposite(direction))],
      header, direction == Direction::kToServer, static_cast<std::uint32_t>(payload_size)};
  if (segment.has(kRst)) return check_reset(segment, exact_reset);
  if (segment.has(kSyn)) return check_syn(segment);
  if (!connected(flow) || flow.tcp_state == TcpState::kClosed) return {};
  if (flow.tcp_state == TcpState::kSynRecv && segment.to_server && segment.has(kAck)) {
    const TcpSide& server = segment.peer;
    if (server.other_known && header.acknowledgment == server.other_sequence + 1) return {};
    const TcpVerdict verdict = check_third_step(segment);
    if (!verdict.accepted) return verdict;
  }
  return check_numbers(segment);
}

}  // namespace netmoth::flow
