// Which flows a worker is done with, so that their packets may stay in the kernel. See worker.h and
// shunted_flows.h.
//
// Invariant: nothing that a parser or a rule still wants to see is shunted. What the engine looks
// at in every packet without either (numbers of TCP, checksums) is given up for such a flow.
#include "decode/layers.h"
#include "flow/tcp_track.h"
#include "pipeline/worker.h"

namespace netmoth::pipeline {

bool Worker::is_done_with(const flow::Flow& flow) const {
  const bool rules = detector_.rules() != nullptr;
  if (!flow.inspect && (!rules || detector_.is_done_with(flow))) return true;
  // Rules keep a stream alive that no parser reads any more; under pressure not beyond their depth.
  if (overload_ == Overload::kNone || !rules || !detector_.is_past_depth(flow)) return false;
  const auto* const session = static_cast<const AppSession*>(flow.attachment.get());
  return session == nullptr || !session->wants_more();
}

// What the kernel takes for the same conversation, and nothing else does.
bool Worker::can_be_shunted(const flow::Flow& flow) const {
  const flow::FlowKey& key = flow.key;
  if (outermost_ != nullptr || key.one_way || key.vlan.count != 0 || flow.reply_vlan.count != 0)
    return false;
  if (key.protocol == ip_proto::kUdp)
    return !decode::is_udp_tunnel_port(key.source_port) &&
           !decode::is_udp_tunnel_port(key.destination_port);
  return key.protocol == ip_proto::kTcp && (flow.tcp_state == flow::TcpState::kEstablished ||
                                            flow.tcp_state == flow::TcpState::kNone);
}

void Worker::shunt_if_done(flow::Flow& flow) {
  if (flow.bypassed || !is_done_with(flow) || !can_be_shunted(flow)) return;
  (void)shunted_.add(flow);
}

// A packet of a flow that was shunted: one that always passes, or one that was on its way. What
// came between is not known, so its numbers are believed.
void Worker::resume(flow::Flow& flow, Direction direction, const decode::Packet& packet) {
  if (flow.key.protocol == ip_proto::kTcp) flow::believe_numbers(flow, direction, packet.tcp);
}

}  // namespace netmoth::pipeline
