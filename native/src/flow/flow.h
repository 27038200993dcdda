// One conversation between two ends, and the small state that every packet of it touches.
//
// Invariant: at most 328 bytes, no allocation of its own except `attachment`, which holds what only
// flows with application data need, `detection`, for flows that rules look into, and `route`, which
// few flows have; all are freed with the flow.
#pragma once

#include <memory>
#include <string_view>

#include "base/types.h"
#include "flow/community_id.h"
#include "flow/flow_key.h"
#include "flow/flow_route.h"

namespace netmoth::flow {

// The six states of the table (netmoth.flow_state).
enum class FlowState : std::uint8_t {
  kNew,          // one direction seen
  kSynSent,      // TCP handshake under way
  kEstablished,  // handshake complete; other protocols: both directions seen
  kActive,       // payload or further packets after that
  kClosing,      // one side of a TCP connection has sent FIN
  kClosed,       // both have, or one has sent RST
};
std::string_view flow_state_name(FlowState state);

// TCP states by the names of EVE's tcp.state; the server's side, as Suricata sees it.
enum class TcpState : std::uint8_t {
  kNone,
  kListen,
  kSynSent,
  kSynRecv,
  kEstablished,
  kFinWait1,
  kFinWait2,
  kTimeWait,
  kLastAck,
  kCloseWait,
  kClosing,
  kClosed,
};
std::string_view tcp_state_name(TcpState state);

// EVE's flow.state.
enum class EveFlowState : std::uint8_t { kNew, kEstablished, kClosed };
std::string_view eve_flow_state_name(EveFlowState state);

enum class EndReason : std::uint8_t { kTimeout, kForced, kShutdown, kTcpReuse };
std::string_view end_reason_name(EndReason reason);

// What the sender of one direction has told.
struct TcpSide {
  std::uint32_t initial_sequence = 0;  // of the SYN
  std::uint32_t other_sequence = 0;    // of a later SYN-ACK with another number
  std::uint32_t next_sequence = 0;     // behind the highest octet seen
  std::uint32_t acknowledged = 0;      // highest acknowledgment sent by this side
  std::uint32_t window_edge = 0;       // behind the last octet this side has offered to take
  std::uint32_t window = 0;            // last offered, scaled
  std::uint32_t timestamp = 0;         // TSval of its latest segment in order
  std::uint8_t flags = 0;              // all, or-ed
  std::uint8_t window_scale = 0;       // of its SYN
  std::uint8_t rejected = 0;           // segments in a row the peer would not have taken
  bool scaled : 1 = false;             // both sides have sent a scale
  bool scale_offered : 1 = false;
  bool edge_known : 1 = false;
  bool timestamps : 1 = false;  // in its SYN
  bool other_known : 1 = false;
  bool syn_seen : 1 = false;
  bool bare_syn : 1 = false;  // a SYN without ACK
  bool fin_seen : 1 = false;
  bool gap = false;
  std::uint8_t regions = 1;  // far apart that were held at a time, with the one in order
  [[nodiscard]] std::uint8_t scale() const { return scaled ? window_scale : std::uint8_t{0}; }
};

// How a flow's domain was looked for: by its addresses, then also by the name it told (SNI, Host).
// kLate: it is still to be looked for (correlate/late_labels.h); kLateTurned: and has to be looked
// for anew, because the flow's ends were exchanged.
enum class Correlation : std::uint8_t { kNone, kByAddress, kByName, kLate, kLateTurned };

// What a flow is called. Owned by correlate::Labeller.
struct FlowLabel {
  TimestampNs resolved_at = 0;
  std::uint32_t domain = 0;       // in its pool of names; 0: none. Late: among its late labels
  std::uint16_t application = 0;  // of its table; 0: unknown
  std::uint8_t confidence = 0;
  Correlation correlated = Correlation::kNone;

  [[nodiscard]] bool late() const { return correlated >= Correlation::kLate; }
};

// Of a flow's packets those that were counted in the kernel and never handed over, by direction.
struct BypassedCounts {
  std::array<std::uint64_t, 2> packets{};
  std::array<std::uint64_t, 2> bytes{};

  [[nodiscard]] bool any() const { return packets[0] + packets[1] != 0; }
};

// What the upper folders keep for a flow.
class FlowAttachment {
 public:
  virtual ~FlowAttachment() = default;
  virtual void on_reverse() {}   // the flow's ends were exchanged
  std::int64_t held_octets = 0;  // with all it owns; kept by pipeline/session_memory.h
};

struct Flow {
  FlowKey key;  // source is the client
  VlanTags reply_vlan;
  bool reply_vlan_known = false;
  bool community_id_known = false;
  CommunityIdText community_id_text{};
  std::uint64_t id = 0;  // EVE flow_id
  TimestampNs start = 0;
  TimestampNs last = 0;
  std::array<std::uint64_t, 2> packets{};
  std::array<std::uint64_t, 2> bytes{};
  std::array<TcpSide, 2> tcp;
  TcpState tcp_state = TcpState::kNone;
  FlowState state = FlowState::kNew;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint8_t reply_icmp_type = 0;
  std::uint8_t reply_icmp_code = 0;
  std::uint8_t app_proto = 0;           // protocols::AppProto
  std::uint8_t app_proto_original = 0;  // before STARTTLS and the like
  std::array<std::uint8_t, 2> app_proto_side{};
  bool inspect = true;  // false: no part wants payload of this flow any more
  bool alerted = false;
  bool emergency = false;  // ended because the table was full
  bool picked_up = false;  // parsed although its handshake was not seen
  // Whose packets' addresses rules were asked about: a bit of each direction, and of the errors
  // that travel in it. Owned by detect::Detector.
  std::uint8_t addresses_tested = 0;
  std::unique_ptr<FlowAttachment> attachment;
  std::unique_ptr<FlowAttachment> detection;  // owned by detect::Detector; few flows have one
  std::unique_ptr<FlowRoute> route;           // tunnelled, or with MAC addresses to tell

  TimestampNs as_of = 0;  // the order of its first packet (see pipeline/frame_clock.h)
  FlowLabel label;

  // Owned by FlowTable.
  std::uint32_t hash = 0;
  std::uint32_t chain_next = 0;
  std::uint32_t list_previous = 0;
  std::uint32_t list_next = 0;
  TimestampNs seen = 0;  // its last packet, by the table's clock
  TimestampNs listed_at = 0;
  std::uint8_t list = 0;
  std::uint8_t share = 0;  // share_of() its key

  bool turned = false;       // the ends were exchanged an odd number of times
  bool bypassed = false;     // its packets stay in the kernel now (pipeline/shunted_flows.h)
  std::uint8_t sampled = 0;  // not 0: it stands for 2 to the power of it (pipeline/overload.h)
  std::uint16_t shunt = 0;   // not 0: they do, or did; owned by ShuntedFlows

  // The same seed every time.
  [[nodiscard]] std::string_view community_id(std::uint16_t seed = 0) {
    if (!community_id_known) {
      community_id_text = flow::community_id(key, seed);
      community_id_known = true;
    }
    return {community_id_text.data(), community_id_text.size()};
  }
  [[nodiscard]] EveFlowState eve_state() const;
  [[nodiscard]] std::uint8_t tcp_flags() const {
    return static_cast<std::uint8_t>(tcp[0].flags | tcp[1].flags);
  }
  // Exchanges client and server after the reply turned out to have been seen first.
  void reverse();
};
static_assert(sizeof(Flow) <= 328);

}  // namespace netmoth::flow
