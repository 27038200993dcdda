#include "pipeline/tcp_sessions.h"

#include <algorithm>
#include <utility>

#include "base/reader.h"
#include "flow/tcp_track.h"

namespace netmoth::pipeline {
namespace {

using decode::tcp_flag::kAck;
using decode::tcp_flag::kFin;
using decode::tcp_flag::kRst;
using decode::tcp_flag::kSyn;

// A TLS record that begins a ClientHello (RFC 8446 §4.1.2, §5.1), down to its cipher suites; the
// rest of it may follow in further segments.
bool begins_client_hello(Bytes data) {
  constexpr std::uint8_t kHandshake = 22;
  constexpr std::uint8_t kClientHello = 1;
  constexpr std::size_t kMaxRecord = (1U << 14) + 256;
  constexpr std::size_t kMinHello = 2 + 32 + 1 + 2 + 2 + 2;
  base::Reader reader(data);
  if (reader.u8() != kHandshake || reader.u8() != 3 || reader.u8() > 4) return false;
  const std::size_t record = reader.u16();
  if (record < kMinHello + 4 || record > kMaxRecord || reader.u8() != kClientHello) return false;
  const std::size_t hello = std::size_t{reader.u8()} << 16 | reader.u16();
  if (hello < kMinHello || reader.u8() != 3 || reader.u8() > 4) return false;
  reader.skip(32);
  const std::size_t session_id = reader.u8();
  if (session_id > 32) return false;
  reader.skip(session_id);
  const std::size_t suites = reader.u16();
  return reader.ok() && suites >= 2 && suites % 2 == 0 && suites < hello;
}

// The client acknowledges an answer that was not captured.
bool goes_on_alone(const flow::Flow& flow, Direction direction, const decode::TcpHeader& header) {
  return flow.tcp_state == flow::TcpState::kSynSent && direction == Direction::kToServer &&
         (header.flags & (kAck | kSyn | kRst)) == kAck &&
         flow.tcp[index_of(Direction::kToClient)].flags == 0;
}

}  // namespace

// Hands the stream of one side to the flow's session. Client and server may be exchanged by either
// side's octets, so the direction is asked for each time.
class TcpSessions::SideConsumer final : public stream::StreamConsumer {
 public:
  SideConsumer(TcpSessions& owner, flow::Flow& flow, AppSession& session, Direction direction,
               TimestampNs now)
      : owner_(owner),
        flow_(flow),
        session_(session),
        side_(session.side_index(direction)),
        now_(now) {}

  [[nodiscard]] Direction direction() const { return session_.direction_of(side_); }

  bool on_stream_data(Bytes data) override {
    if (owner_.host_.wants_stream(flow_)) owner_.host_.on_stream_data(direction(), data);
    // Client and server may be exchanged by this: direction() then follows.
    Direction spoken = direction();
    const bool parsed = session_.on_data(flow_, spoken, data, now_, owner_.sink_);
    const bool looked_at =
        owner_.host_.wants_stream(flow_) && owner_.host_.on_stream_parsed(direction());
    return parsed || looked_at;
  }
  bool on_stream_gap(std::uint64_t missing) override {
    flow_.tcp[index_of(direction())].gap = true;
    owner_.host_.on_stream_event(direction(), "stream.reassembly_seq_gap");
    const bool parsed = session_.on_gap(flow_, direction(), missing, owner_.sink_);
    if (owner_.host_.wants_stream(flow_)) owner_.host_.on_stream_hole(direction(), missing);
    return parsed || owner_.host_.wants_stream(flow_);
  }
  void on_stream_overlap() override {
    owner_.host_.on_stream_event(direction(), "stream.reassembly_overlap_different_data");
  }

 private:
  TcpSessions& owner_;
  flow::Flow& flow_;
  AppSession& session_;
  std::size_t side_;
  TimestampNs now_;
};

TcpSessions::TcpSessions(TcpOptions options, TcpHost& host, protocols::TransactionSink& sink,
                         SessionMemory& memory)
    : options_(std::move(options)),
      host_(host),
      sink_(sink),
      memory_(memory),
      pool_(options_.reassembly_bytes) {}

stream::OverlapPolicy TcpSessions::policy_of(const flow::Flow& flow, Direction direction) const {
  const bool to_server = direction == Direction::kToServer;
  const Address& receiver = to_server ? flow.key.destination : flow.key.source;
  return options_.host_policies.find(receiver, flow.key.ip_version)
      .value_or(options_.overlap_policy);
}

bool TcpSessions::on_segment(flow::Flow& flow, Direction direction, const decode::Packet& packet,
                             TimestampNs now) {
  if (!packet.checksum_valid) return false;  // the receiver drops it too
  const std::uint8_t flags = packet.tcp.flags;
  const bool is_reset = (flags & kRst) != 0;
  if (options_.midstream && flow.tcp_state == flow::TcpState::kNone &&
      (flags & (kAck | kSyn | kRst | kFin)) == kAck)
    flow.tcp_state = flow::TcpState::kEstablished;
  if (options_.async_oneside && goes_on_alone(flow, direction, packet.tcp))
    flow.tcp_state = flow::TcpState::kEstablished;
  const bool exact = is_reset && stream::takes_exact_resets_only(policy_of(flow, direction));
  const flow::TcpVerdict verdict =
      flow::track_tcp(flow, direction, packet.tcp, packet.payload_length, exact);
  for (const flow::StreamEvent event : verdict.events) {
    if (event != flow::StreamEvent::kNone)
      host_.on_stream_event(direction, flow::stream_event_name(event));
  }
  const bool streamed = verdict.accepted && !is_reset;
  if (!flow.inspect || !verdict.accepted) return streamed;
  if (!is_reset) deliver(flow, direction, packet, now);
  if (flow.attachment == nullptr) return false;
  auto& session = static_cast<AppSession&>(*flow.attachment);
  const bool reset = is_reset && flow.tcp_state == flow::TcpState::kClosed;
  const bool both_ended = session.stream(Direction::kToServer).at_end() &&
                          session.stream(Direction::kToClient).at_end();
  if (reset || both_ended || !wants_more(flow, session)) close(flow, now);
  return streamed;
}

// Without its handshake a stream has no known start, and whoever sends it may not be heard by
// anybody: such connections are counted, not parsed, except as configured.
bool TcpSessions::may_parse(flow::Flow& flow, Direction direction,
                            const decode::Packet& packet) const {
  if (flow::connected(flow) || options_.midstream || flow.picked_up) return true;
  if (options_.async_oneside && (packet.tcp.flags & kSyn) == 0)
    return flow.tcp[index_of(direction)].syn_seen &&
           flow.tcp[index_of(opposite(direction))].flags == 0;
  flow.picked_up = options_.midstream_tls && !flow.tcp[0].syn_seen && !flow.tcp[1].syn_seen &&
                   begins_client_hello(packet.payload);
  return flow.picked_up;
}

void TcpSessions::deliver(flow::Flow& flow, Direction direction, const decode::Packet& packet,
                          TimestampNs now) {
  const std::uint8_t flags = packet.tcp.flags;
  const flow::TcpSide& side = flow.tcp[index_of(direction)];
  if (packet.payload.empty() && flow.attachment == nullptr) return;
  const bool confirmed = may_parse(flow, direction, packet);
  if (!confirmed && !side.syn_seen) return;
  AppSession* const opened = AppSession::of(flow, options_.disabled, memory_);
  if (opened == nullptr) return;
  AppSession& session = *opened;
  const std::uint32_t sequence = packet.tcp.sequence + ((flags & kSyn) != 0 ? 1U : 0U);
  stream::Reassembler& mine = session.stream(direction);
  stream::Reassembler& theirs = session.stream(opposite(direction));
  if (!mine.started() && wants_more(flow, session)) start_side(flow, session, direction, sequence);
  SideConsumer consumer(*this, flow, session, direction, now);
  if (confirmed) {
    mine.open();
    theirs.open();
    const bool alone = options_.async_oneside && flow.tcp[index_of(opposite(direction))].flags == 0;
    if (alone) {
      // Nobody will acknowledge anything: what comes next in order has to do.
      mine.set_immediate();
      if (!mine.acknowledge(sequence, now, consumer)) return;
    }
  }
  if ((flags & kAck) != 0) {
    if (!theirs.started() && flow.picked_up && session.wants_more())
      start_side(flow, session, opposite(consumer.direction()), packet.tcp.acknowledgment);
    SideConsumer peer(*this, flow, session, opposite(consumer.direction()), now);
    if (theirs.started() && !theirs.acknowledge(packet.tcp.acknowledgment, now, peer)) return;
  }
  if (!packet.payload.empty() && !mine.insert(sequence, packet.payload, now, consumer)) return;
  if (mine.started() &&
      static_cast<std::int32_t>(sequence - mine.next()) > stream::kRegionGapBytes) {
    std::uint8_t& most = flow.tcp[index_of(consumer.direction())].regions;
    most = std::max(most, mine.regions());
  }
  if ((flags & kFin) != 0) mine.set_end(sequence + packet.payload_length);
}

void TcpSessions::start_side(flow::Flow& flow, AppSession& session, Direction direction,
                             std::uint32_t sequence) {
  const flow::TcpSide& side = flow.tcp[index_of(direction)];
  const flow::TcpSide& peer = flow.tcp[index_of(opposite(direction))];
  stream::Reassembler& stream = session.stream(direction);
  stream.start(side.syn_seen ? side.initial_sequence + 1 : sequence, policy_of(flow, direction),
               pool_, counters_);
  if (flow::connected(flow) || flow.picked_up || options_.midstream) stream.open();
  if ((peer.flags & kAck) != 0) stream.note_acknowledged(peer.acknowledged);
}

bool TcpSessions::wants_more(const flow::Flow& flow, const AppSession& session) const {
  return session.wants_more() || host_.wants_stream(flow);
}

void TcpSessions::close(flow::Flow& flow, TimestampNs now) {
  auto& session = static_cast<AppSession&>(*flow.attachment);
  for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
    stream::Reassembler& stream = session.stream(direction);
    if (!wants_more(flow, session) || stream.held_bytes() == 0) continue;
    SideConsumer consumer(*this, flow, session, direction, now);
    (void)stream.flush(consumer);
  }
  session.close(flow, sink_);
  flow.inspect = false;
  flow.attachment.reset();
}

}  // namespace netmoth::pipeline
