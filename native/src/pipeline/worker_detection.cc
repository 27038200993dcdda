// What a worker hands to its detector, and where alerts go. See worker.h.
#include "pipeline/worker.h"

namespace netmoth::pipeline {
namespace {

// What rules look at beside what events tell.
void add_wanted(const detect::RuleSet& rules, protocols::ContentSettings& content) {
  content.files = content.files || rules.wants_files();
  content.inspect_files = rules.wants_files() && rules.wants_bodies();
  content.frames = rules.wants_frames();
  const base::DigestKinds wanted = rules.wants_digests();
  content.digests.md5 |= wanted.md5;
  content.digests.sha1 |= wanted.sha1;
  content.digests.sha256 |= wanted.sha256;
}

}  // namespace

void Worker::exchange(WorkerSignatures& next) {
  detector_.exchange(next.rules, next.scratch, now_);
  indicators_.exchange(next.indicators);
  want_contents();
  // The set before wanted no more of them; this one may.
  shunted_.hand_back_all(table_, now_);
}

// What parsers hand on, by the configuration and by what is matched with.
void Worker::want_contents() {
  const detect::RuleSet* const rules = detector_.rules();
  content_.files = config_.file_events;
  content_.digests = config_.file_digests;
  content_.inspect = rules != nullptr;
  content_.inspect_files = content_.frames = false;
  indicators_.add_wanted(content_);
  if (rules != nullptr) add_wanted(*rules, content_);
  const bool magic = config_.file_magic || (rules != nullptr && rules->wants_magic());
  content_.magic = magic ? &magic_ : nullptr;
}

detect::Subject Worker::subject(Direction direction) const {
  return {packet_, current_flow_, direction, now_};
}

// A packet that is of no flow: a fragment, or one whose headers cannot be read.
void Worker::detect_alone(const decode::Packet& packet) {
  current_flow_ = nullptr;
  detector_.begin();
  detector_.on_packet({&packet, nullptr, Direction::kToServer, now_}, false);
  tell_tagged(Direction::kToServer);
}

// An ICMP error is a packet of the flow it quotes, but none of its conversation.
void Worker::detect_error(flow::Flow& flow, Direction direction) {
  current_flow_ = &flow;
  current_direction_ = direction;
  detector_.begin();
  detector_.on_packet(subject(direction), false);
  tell_tagged(direction);
  current_flow_ = nullptr;
}

void Worker::on_inspected(Direction direction, const protocols::Record& record) {
  if (detector_.rules() != nullptr) detector_.on_record(subject(direction), record);
}

void Worker::on_request(std::uint64_t tx_id) {
  if (detector_.rules() != nullptr) detector_.on_request(*current_flow_, tx_id);
}

void Worker::detect_packet(flow::Flow& flow, bool in_stream) {
  if (flow.detection != nullptr && current_direction_ == Direction::kToServer)
    detect_requests(flow);
  detector_.on_packet(subject(current_direction_), in_stream);
}

// The limit of alerts is each event's own: which packets of a frame this worker has had besides
// depends on how many workers there are.
void Worker::detect_decode_event(flow::Flow* flow, std::string_view name) {
  current_flow_ = flow;
  const std::size_t told_before = detector_.exchange_told(0);
  detector_.on_event(subject(Direction::kToServer), name);
  (void)detector_.exchange_told(told_before);
  current_flow_ = nullptr;
}

// Requests are looked at with the client's next packet, as Suricata does, or at the flow's end.
void Worker::detect_requests(flow::Flow& flow) {
  if (flow.attachment == nullptr) return;
  const auto& session = static_cast<const AppSession&>(*flow.attachment);
  while (const auto tx_id = detector_.next_request(flow)) {
    const protocols::Record* const record = session.waiting_transaction(*tx_id);
    if (record != nullptr) detector_.look_at_request(subject(Direction::kToServer), *record);
  }
}

void Worker::on_content(protocols::AppProto /*proto*/, const protocols::ContentPiece& piece) {
  detector_.on_content(subject(piece.direction), piece);
}

void Worker::on_stream_data(Direction direction, Bytes data) {
  detector_.on_stream(subject(direction), data);
}

bool Worker::on_stream_parsed(Direction direction) {
  return detector_.on_stream_parsed(subject(direction));
}

void Worker::on_stream_hole(Direction direction, std::uint64_t missing) {
  detector_.on_stream_hole(subject(direction), missing);
}

bool Worker::wants_stream(const flow::Flow& flow) const {
  return detector_.wants_stream(flow);
}

// The packet was looked at.
void Worker::tell_tagged(Direction direction) {
  if (!detector_.tags_packet(subject(direction)) || !config_.eve.alert.tagged_packets) return;
  writer_.tagged_packet(context(direction));
}

void Worker::on_alert(const detect::Alert& alert) {
  const base::HeapAside aside;
  output::EventContext told = context(alert.direction);
  writer_.rule_alert(told, alert);
}

}  // namespace netmoth::pipeline
