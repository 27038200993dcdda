// The part of a worker that opens what flows hold beside themselves, and closes it where memory
// ends.
#include "pipeline/worker.h"

namespace netmoth::pipeline {

void Worker::inspect(flow::Flow& flow, Direction direction, const decode::Packet& packet) {
  const std::uint64_t refused = session_memory_.refused();
  {
    const SessionMemory::Scope scope(session_memory_, flow);
    handle_payload(flow, direction, packet);
  }
  // Only this flow can have grown, so closing it is enough.
  const bool too_much = session_memory_.over();
  if (!too_much && session_memory_.refused() == refused) [[likely]]
    return;
  on_anomaly(static_cast<protocols::AppProto>(flow.app_proto), "session_memcap", direction);
  if (!too_much) return;
  session_memory_.count_dropped();
  const SessionMemory::Scope scope(session_memory_, flow);
  if (flow.attachment != nullptr) sessions_.close(flow, now_);
  flow.detection.reset();
}

// What the parser still has to tell, what rules still have to match, and both are freed.
void Worker::end_session(flow::Flow& flow) {
  const SessionMemory::Scope scope(session_memory_, flow);
  const std::size_t told_before = detector_.exchange_told(0);
  if (flow.detection != nullptr) detect_requests(flow);
  if (flow.attachment != nullptr) sessions_.close(flow, now_);
  if (flow.detection != nullptr) detector_.on_flow_end(subject(Direction::kToServer));
  (void)detector_.exchange_told(told_before);
}

void Worker::remember_beginning(const flow::Flow& flow, Direction direction,
                                const decode::Packet& packet) {
  const std::uint64_t packets = flow.packets[0] + flow.packets[1];
  if (packets > flow::kWatchedPackets) return;
  const std::size_t place = table_.place_of(flow);
  flow::FlowProfile& profile = packets == 1 ? profiles_->begin(place) : profiles_->at(place);
  profile.add(flow, direction, packet, outermost_ != nullptr);
}

void Worker::remember_route(flow::Flow& flow, Direction direction, const decode::Packet& packet) {
  const bool known = flow.route != nullptr;
  if (!known) {
    if (!session_memory_.admits()) return;
    session_memory_.take(kRouteOctets);
    flow.route = std::make_unique<flow::FlowRoute>();
  }
  const bool request = direction == Direction::kToServer;
  if (!known && outermost_ != nullptr) {
    flow.route->tunnel = flow::tunnel_of(*outermost_, packet);
    if (!request) flow.route->tunnel.reverse();
  }
  if (!config_.eve.ethernet || !packet.has_mac) return;
  flow.route->client_macs.add(request ? packet.source_mac : packet.destination_mac);
  flow.route->server_macs.add(request ? packet.destination_mac : packet.source_mac);
}

}  // namespace netmoth::pipeline
