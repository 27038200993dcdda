#include "pipeline/tcp_sessions.h"

#include <utility>

#include "flow/tcp_track.h"

namespace netmoth::pipeline {
namespace {

using decode::tcp_flag::kAck;
using decode::tcp_flag::kFin;
using decode::tcp_flag::kRst;
using decode::tcp_flag::kSyn;

}  // namespace

// Hands the stream of one direction to the flow's session.
class TcpSessions::SideConsumer final : public stream::StreamConsumer {
 public:
  SideConsumer(TcpSessions& owner, flow::Flow& flow, AppSession& session, Direction direction,
               TimestampNs now)
      : owner_(owner), flow_(flow), session_(session), direction_(direction), now_(now) {}

  bool on_stream_data(Bytes data) override {
    // Client and server may be exchanged by this: direction_ then follows.
    return session_.on_data(flow_, direction_, data, now_, owner_.sink_);
  }
  bool on_stream_gap(std::uint64_t missing) override {
    flow_.tcp[index_of(direction_)].gap = true;
    owner_.host_.on_stream_event(direction_, "stream.reassembly_seq_gap");
    return session_.on_gap(flow_, direction_, missing, owner_.sink_);
  }
  void on_stream_overlap() override {
    owner_.host_.on_stream_event(direction_, "stream.reassembly_overlap_different_data");
  }

 private:
  TcpSessions& owner_;
  flow::Flow& flow_;
  AppSession& session_;
  Direction direction_;
  TimestampNs now_;
};

TcpSessions::TcpSessions(TcpOptions options, TcpHost& host, protocols::TransactionSink& sink)
    : options_(std::move(options)), host_(host), sink_(sink), pool_(options_.reassembly_bytes) {}

void TcpSessions::on_segment(flow::Flow& flow, Direction direction, const decode::Packet& packet,
                             TimestampNs now) {
  if (!packet.checksum_valid) return;  // the receiver drops it too
  flow::track_tcp(flow, direction, packet.tcp, packet.payload_length);
  if (!flow.inspect) return;
  deliver(flow, direction, packet, now);
  if (flow.attachment == nullptr) return;
  auto& session = static_cast<AppSession&>(*flow.attachment);
  const bool reset = (packet.tcp.flags & kRst) != 0 && flow.tcp_state == flow::TcpState::kClosed;
  const bool both_ended = session.stream(Direction::kToServer).at_end() &&
                          session.stream(Direction::kToClient).at_end();
  if (reset || both_ended || !session.wants_more()) close(flow, now);
}

void TcpSessions::deliver(flow::Flow& flow, Direction direction, const decode::Packet& packet,
                          TimestampNs now) {
  const bool confirmed = flow::connected(flow) || options_.midstream;
  const std::uint8_t flags = packet.tcp.flags;
  if ((flags & kRst) != 0) return;
  if (packet.payload.empty() && flow.attachment == nullptr) return;
  // Without its SYN a stream has no known start: such connections are counted, not parsed.
  if (!confirmed && !flow.tcp[index_of(direction)].syn_seen) return;
  AppSession& session = AppSession::of(flow, options_.disabled);
  const std::uint32_t sequence = packet.tcp.sequence + ((flags & kSyn) != 0 ? 1U : 0U);
  stream::Reassembler& mine = session.stream(direction);
  stream::Reassembler& theirs = session.stream(opposite(direction));
  if (!mine.started() && session.wants_more()) start_side(flow, session, direction, sequence);
  if (confirmed) {
    mine.open();
    theirs.open();
  }
  if ((flags & kAck) != 0 && theirs.started()) {
    SideConsumer peer(*this, flow, session, opposite(direction), now);
    if (!theirs.acknowledge(packet.tcp.acknowledgment, now, peer)) return;
  }
  SideConsumer consumer(*this, flow, session, direction, now);
  if (!packet.payload.empty() && !mine.insert(sequence, packet.payload, now, consumer)) return;
  if ((flags & kFin) != 0) mine.set_end(sequence + packet.payload_length);
}

void TcpSessions::start_side(flow::Flow& flow, AppSession& session, Direction direction,
                             std::uint32_t sequence) {
  const flow::TcpSide& side = flow.tcp[index_of(direction)];
  const flow::TcpSide& peer = flow.tcp[index_of(opposite(direction))];
  const bool to_server = direction == Direction::kToServer;
  const Address& receiver = to_server ? flow.key.destination : flow.key.source;
  stream::Reassembler& stream = session.stream(direction);
  stream.start(side.syn_seen ? side.initial_sequence + 1 : sequence,
               options_.policies.of(receiver, flow.key.ip_version), pool_, counters_);
  if ((peer.flags & kAck) != 0) stream.note_acknowledged(peer.acknowledged);
}

void TcpSessions::close(flow::Flow& flow, TimestampNs now) {
  auto& session = static_cast<AppSession&>(*flow.attachment);
  for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
    stream::Reassembler& stream = session.stream(direction);
    if (!session.wants_more() || stream.held_bytes() == 0) continue;
    SideConsumer consumer(*this, flow, session, direction, now);
    (void)stream.flush(consumer);
  }
  session.close(flow, sink_);
  flow.inspect = false;
  flow.attachment.reset();
}

}  // namespace netmoth::pipeline
