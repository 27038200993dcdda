// What a worker hands to its detector, and where alerts go. See worker.h.
#include "pipeline/worker.h"

namespace netmoth::pipeline {

detect::Subject Worker::subject(Direction direction) const {
  return {packet_, current_flow_, direction, now_};
}

// A packet that is of no flow: a fragment, or one whose headers cannot be read.
void Worker::detect_alone(const decode::Packet& packet) {
  current_flow_ = nullptr;
  detector_.on_packet({&packet, nullptr, Direction::kToServer, now_}, false);
}

void Worker::on_request(const protocols::Record& record) {
  if (detector_.rules() != nullptr) detector_.on_request(subject(Direction::kToServer), record);
}

void Worker::on_content(protocols::AppProto /*proto*/, const protocols::ContentPiece& piece) {
  detector_.on_content(subject(piece.direction), piece);
}

bool Worker::on_stream_data(Direction direction, Bytes data) {
  return detector_.on_stream(subject(direction), data);
}

bool Worker::wants_stream(const flow::Flow& flow) const {
  return detector_.wants_stream(flow);
}

void Worker::on_alert(const detect::Alert& alert) {
  const base::HeapAside aside;
  output::EventContext told = context(alert.direction);
  writer_.rule_alert(told, alert);
}

}  // namespace netmoth::pipeline
