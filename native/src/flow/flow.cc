#include "flow/flow.h"

#include <utility>

namespace netmoth::flow {
namespace {

TcpState mirrored(TcpState state) {
  // Only where the two sides have different names for the same moment.
  if (state == TcpState::kCloseWait) return TcpState::kFinWait1;
  if (state == TcpState::kFinWait1) return TcpState::kCloseWait;
  return state;
}

}  // namespace

std::string_view flow_state_name(FlowState state) {
  switch (state) {
    case FlowState::kNew:
      return "NEW";
    case FlowState::kSynSent:
      return "SYN_SENT";
    case FlowState::kEstablished:
      return "ESTABLISHED";
    case FlowState::kActive:
      return "ACTIVE";
    case FlowState::kClosing:
      return "CLOSING";
    case FlowState::kClosed:
      return "CLOSED";
  }
  return "NEW";
}

std::string_view tcp_state_name(TcpState state) {
  switch (state) {
    case TcpState::kNone:
      return "none";
    case TcpState::kListen:
      return "listen";
    case TcpState::kSynSent:
      return "syn_sent";
    case TcpState::kSynRecv:
      return "syn_recv";
    case TcpState::kEstablished:
      return "established";
    case TcpState::kFinWait1:
      return "fin_wait1";
    case TcpState::kFinWait2:
      return "fin_wait2";
    case TcpState::kTimeWait:
      return "time_wait";
    case TcpState::kLastAck:
      return "last_ack";
    case TcpState::kCloseWait:
      return "close_wait";
    case TcpState::kClosing:
      return "closing";
    case TcpState::kClosed:
      return "closed";
  }
  return "none";
}

std::string_view eve_flow_state_name(EveFlowState state) {
  switch (state) {
    case EveFlowState::kNew:
      return "new";
    case EveFlowState::kEstablished:
      return "established";
    case EveFlowState::kClosed:
      return "closed";
  }
  return "new";
}

std::string_view end_reason_name(EndReason reason) {
  switch (reason) {
    case EndReason::kTimeout:
      return "timeout";
    case EndReason::kForced:
      return "forced";
    case EndReason::kShutdown:
      return "shutdown";
    case EndReason::kTcpReuse:
      return "tcp_reuse";
  }
  return "timeout";
}

EveFlowState Flow::eve_state() const {
  if (key.protocol == ip_proto::kTcp) {
    switch (tcp_state) {
      case TcpState::kNone:
      case TcpState::kListen:
      case TcpState::kSynSent:
      case TcpState::kSynRecv:
        return EveFlowState::kNew;
      case TcpState::kLastAck:
      case TcpState::kTimeWait:
      case TcpState::kClosed:
        return EveFlowState::kClosed;
      default:
        return EveFlowState::kEstablished;
    }
  }
  return packets[0] > 0 && packets[1] > 0 ? EveFlowState::kEstablished : EveFlowState::kNew;
}

void Flow::reverse() {
  const VlanTags to_server = key.vlan;
  key = key.reversed();
  if (reply_vlan_known) {
    key.vlan = reply_vlan;
    reply_vlan = to_server;
  }
  std::swap(packets[0], packets[1]);
  std::swap(bytes[0], bytes[1]);
  std::swap(tcp[0], tcp[1]);
  std::swap(app_proto_side[0], app_proto_side[1]);
  std::swap(icmp_type, reply_icmp_type);
  std::swap(icmp_code, reply_icmp_code);
  constexpr unsigned kToServerBits = 0b0101;
  addresses_tested = static_cast<std::uint8_t>((addresses_tested & kToServerBits) << 1U |
                                               (addresses_tested >> 1U & kToServerBits));
  if (route != nullptr) route->reverse();
  if (detection != nullptr) detection->on_reverse();
  turned = !turned;
  tcp_state = mirrored(tcp_state);
  label.correlated = label.late() ? Correlation::kLateTurned : Correlation::kNone;
}

}  // namespace netmoth::flow
