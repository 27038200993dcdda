// What can be odd about a segment, by the names of Suricata's stream events (stream-events.rules).
//
// Retransmissions (est_pkt_before_last_ack, pkt_retransmission, …), which Suricata counts by events
// too, are ordinary traffic and raise none here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace netmoth::flow {

enum class StreamEvent : std::uint8_t {
  kNone,
  k3whsSynackInWrongDirection,
  k3whsSynackWithWrongAck,
  k3whsSynackResendWithDifferentAck,
  k3whsSynackToserverOnSynRecv,
  k3whsSynackTfoDataIgnored,
  k3whsSynResendDiffSeqOnSynRecv,
  k3whsSynToclientOnSynRecv,
  k3whsRightSeqWrongAckEvasion,
  k3whsWrongSeqWrongAck,
  k4whsSynackWithWrongAck,
  k4whsSynackWithWrongSyn,
  kEstInvalidAck,
  kEstPacketOutOfWindow,
  kEstAckZwpData,
  kEstSynResend,
  kEstSynResendDiffSeq,
  kEstSynToclient,
  kEstSynackToserver,
  kEstSynackResend,
  kEstSynackResendWithDifferentAck,
  kEstSynackResendWithDiffSeq,
  kFinInvalidAck,
  kFinOutOfWindow,
  kFinSyn,
  kFin1InvalidAck,
  kFin1AckWrongSeq,
  kFin2InvalidAck,
  kFin2AckWrongSeq,
  kClosewaitInvalidAck,
  kClosewaitAckOutOfWindow,
  kClosewaitFinOutOfWindow,
  kClosingInvalidAck,
  kClosingAckWrongSeq,
  kLastackInvalidAck,
  kLastackAckWrongSeq,
  kTimewaitInvalidAck,
  kTimewaitAckWrongSeq,
  kShutdownSynResend,
  kPktInvalidAck,
  kPktInvalidTimestamp,
  kPktBadWindowUpdate,
  kPktBrokenAck,
  kRstInvalidAck,
};
inline constexpr std::size_t kStreamEvents = 44;

// With Suricata's prefix: "stream.est_invalid_ack". Static storage.
std::string_view stream_event_name(StreamEvent event);

// What became of a segment.
struct TcpVerdict {
  bool accepted = true;  // false: its receiver drops it; nothing of it counts
  std::array<StreamEvent, 2> events{};
};

}  // namespace netmoth::flow
