// How flows end: by time, in one order where rules look at what workers share, and with the
// capture. See worker.h and turn.h.
#include <utility>

#include "pipeline/worker.h"

namespace netmoth::pipeline {

void Worker::expire() {
  if (!in_order()) table_.expire(now_);
}

// Flows that were due until the last boundary before this moment (pipeline/turn.h).
void Worker::end_flows_before(TimestampNs order) {
  const TimestampNs boundary = Turn::boundary_before(order);
  if (boundary <= boundary_) return;
  boundary_ = boundary;
  passing_ = true;
  table_.expire_in_order(boundary);
  passing_ = false;
  turn_.passed(boundary);
}

void Worker::on_flow_end(flow::Flow& flow, flow::EndReason reason) {
  const flow::BypassedCounts bypassed = shunted_.forget(flow);
  flow::Flow* const flow_before = std::exchange(current_flow_, &flow);
  const std::uint64_t number_before = std::exchange(current_packet_, 0);
  const decode::Packet* const packet_before = std::exchange(packet_, nullptr);
  // A flow that was silent for its timeout ended then, however late it is noticed; one that an
  // emergency cut short ends now.
  const bool in_time = reason == flow::EndReason::kTimeout && !flow.emergency;
  const TimestampNs moment = in_time ? table_.due_at(flow) : now_;
  const TimestampNs now_before = std::exchange(now_, moment);
  ending_ = true;
  anomalies_.begin_end();
  if (detector_.rules() != nullptr) begin_end(flow, reason);
  if (flow.attachment != nullptr || flow.detection != nullptr) end_session(flow);
  writer_.flow({flow, reason, profile_of(flow), bypassed}, now_, labeller_.of_end(flow));
  if (flow.detection != nullptr) {  // the event tells what it holds
    const SessionMemory::Scope scope(session_memory_, flow);
    flow.detection.reset();
  }
  labeller_.release(flow);
  indicators_.on_flow_end(flow);
  if (flow.route != nullptr) session_memory_.give_back(kRouteOctets);
  ending_ = false;
  now_ = now_before;
  current_flow_ = flow_before;
  current_packet_ = number_before;
  packet_ = packet_before;
}

// A flow that ends because of the packet at hand (another connection on its ends) has the packet's
// turn.
void Worker::begin_end(const flow::Flow& flow, flow::EndReason reason) {
  detector_.begin();
  if (!passing_) return;
  if (reason == flow::EndReason::kTimeout)
    turn_.begin_end(table_.due_at(flow));
  else
    turn_.begin_end(now_ + flow.as_of);
}

void Worker::finish(flow::EndReason reason) {
  labeller_.publish_end();
  passing_ = in_order();
  if (passing_)
    table_.end_all_in_order(reason, now_);
  else
    table_.end_all(reason, now_);
  passing_ = false;
  turn_.finish();
  if (labeller_.has_late()) labeller_.settle_all();
}

}  // namespace netmoth::pipeline
