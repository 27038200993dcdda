// Packets and transactions: what is looked for in each. Streams: detector_streams.cc. See
// detector.h.
#include "detect/detector.h"

#include <algorithm>

#include "base/reader.h"
#include "detect/look.h"
#include "detect/transaction.h"

namespace netmoth::detect {
namespace {

using protocols::RecordKind;

bool is_tcp(const flow::Flow* flow) {
  return flow != nullptr && flow->key.protocol == ip_proto::kTcp;
}

// RFC 7413 §4.1.1: the option, with a cookie or asking for one.
bool has_fast_open(Bytes header) {
  constexpr std::uint8_t kFastOpen = 34;
  constexpr std::uint8_t kExperiment = 254;  // RFC 6994, with this magic number
  constexpr std::uint16_t kFastOpenMagic = 0xf989;
  base::Reader reader(header);
  reader.skip(12);
  const std::size_t end = (reader.u8() >> 4) * std::size_t{4};
  reader.seek(20);
  while (reader.ok() && reader.position() < end) {
    const std::uint8_t kind = reader.u8();
    if (kind == 0) return false;
    if (kind == 1) continue;
    if (kind == kFastOpen) return true;
    const std::size_t length = reader.u8();
    if (length < 2) return false;
    const Bytes value = reader.bytes(length - 2);
    if (kind == kExperiment && base::Reader(value).u16() == kFastOpenMagic) return true;
  }
  return false;
}

// Both sides are about to have said all: what is held is looked at whatever its size, as in
// Suricata.
bool is_closing(const flow::Flow& flow) {
  switch (flow.tcp_state) {
    case flow::TcpState::kCloseWait:
    case flow::TcpState::kLastAck:
    case flow::TcpState::kClosing:
    case flow::TcpState::kClosed:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Patterns that were found, as rules to be checked: each once a look, in the set's order.
class Detector::Candidates final : public PatternListener {
 public:
  Candidates(Detector& owner, const PatternGroup& group) : owner_(owner), group_(&group) {}
  void use(const PatternGroup& group) { group_ = &group; }
  void on_pattern(std::size_t pattern) override {
    for (const std::uint32_t rule : group_->rules_of(pattern))
      add(rule);
  }
  void add(std::uint32_t rule) {
    if (owner_.stamps_[rule] == owner_.stamp_) return;
    owner_.stamps_[rule] = owner_.stamp_;
    owner_.found_.push_back(rule);
  }

 private:
  Detector& owner_;
  const PatternGroup* group_;
};

FlowState& Detector::state_of(flow::Flow& flow) {
  if (flow.detection == nullptr) flow.detection = std::make_unique<FlowState>(pool_);
  return static_cast<FlowState&>(*flow.detection);
}

void Detector::begin() {
  alerted_.clear();
  packet_variables_.clear();
  told_ = 0;
  packet_passed_ = false;
}

// Rules on addresses alone are tested once a flow and direction. An error that quotes the flow may
// come from anybody, so it does not count as a packet of its end.
bool Detector::tests_addresses(const Subject& subject) {
  if (subject.flow == nullptr) return true;
  const unsigned bit = 1U << (index_of(subject.direction) + (subject.packet->has_quoted ? 2U : 0U));
  if ((subject.flow->addresses_tested & bit) != 0) return false;
  subject.flow->addresses_tested |= static_cast<std::uint8_t>(bit);
  return true;
}

void Detector::on_packet(const Subject& subject, bool in_stream) {
  if (set_ == nullptr) return;
  const bool is_segment = subject.packet->protocol == ip_proto::kTcp;
  if (is_segment && is_tcp(subject.flow) && subject.flow->detection != nullptr &&
      is_closing(*subject.flow))
    flush_stream(subject, subject.direction);
  const decode::Packet& packet = *subject.packet;
  Look look(subject, {packet.payload, 0}, Layer::kDatagram);
  look.settle();
  found_.clear();
  const RuleIndex& by_ports = set_->packet_rules(subject.direction);
  by_ports.for_each(look.between, application_of(subject), [&](std::size_t set) {
    found_.insert(found_.end(), by_ports.sets()[set].begin(), by_ports.sets()[set].end());
  });
  if (tests_addresses(subject)) set_->address_rules(subject.direction).append(packet, found_);
  if (!found_.empty()) {
    std::ranges::sort(found_);
    check(found_, look);
  }
  if (packet.payload.empty()) return;
  if (!is_segment) return inspect_payload(subject, Layer::kDatagram, packet.payload);
  if (subject.flow != nullptr && is_encrypted(*subject.flow)) return;
  inspect_payload(subject, Layer::kPacket, packet.payload);
  // Data of a SYN is part of the stream where both sides do Fast Open alone.
  const bool of_stream = in_stream && ((packet.tcp.flags & decode::tcp_flag::kSyn) == 0 ||
                                       has_fast_open(packet.transport));
  if (!of_stream) inspect_payload(subject, Layer::kStream, packet.payload);
}

void Detector::inspect_payload(const Subject& subject, Layer layer, Bytes payload) {
  Look look(subject, {payload, 0}, layer);
  find_candidates(look, payload);
  if (!found_.empty()) check(found_, look);
}

// The rules on payloads of the look's layer that may match in `data`, into found_.
void Detector::find_candidates(Look& look, Bytes data) {
  found_.clear();
  const PayloadGroups& groups = set_->payload(look.layer, look.direction);
  if (groups.empty()) return;
  look.settle();
  ++stamp_;
  groups.for_each(look.between, application_of(look.subject), [&](const PatternGroup& group) {
    Candidates candidates(*this, group);
    if (group.matcher != nullptr) group.matcher->scan(data, scratch_, candidates);
    for (const std::uint32_t rule : group.unfiltered)
      candidates.add(rule);
  });
  std::ranges::sort(found_);
}

void Detector::on_request(flow::Flow& flow, std::uint64_t tx_id) {
  state_of(flow).requests.note(tx_id);
}

std::optional<std::uint64_t> Detector::next_request(flow::Flow& flow) {
  return state_of(flow).requests.take_first();
}

void Detector::look_at_request(const Subject& subject, const protocols::Record& record) {
  const TxView tx = view_of(subject, record);
  inspect_tx(subject, tx, Direction::kToServer);
  state_of(*subject.flow).seen_requests.note(tx_id_of(record));
  flush_stream(subject, Direction::kToServer);
}

void Detector::on_record(const Subject& subject, const protocols::Record& record) {
  if (set_ == nullptr) return;
  if (record.kind == RecordKind::kFileinfo)
    return on_file(subject, static_cast<const protocols::FileInfo&>(record));
  const TxView tx = view_of(subject, record);
  auto* state = static_cast<FlowState*>(subject.flow->detection.get());
  const std::uint64_t id = tx_id_of(record);
  if (state != nullptr) (void)state->requests.take(id);
  if (is_two_sided(record.kind)) {
    if (state == nullptr || !state->seen_requests.take(id))
      inspect_tx(subject, tx, Direction::kToServer);
    inspect_tx(subject, tx, Direction::kToClient);
  } else {
    inspect_tx(subject, tx, subject.direction);
  }
  state = static_cast<FlowState*>(subject.flow->detection.get());
  if (state == nullptr) return;
  if (record.kind == RecordKind::kFrame) return;  // a part of what follows
  state->bodies.forget(id);
  state->files.forget(id);
  // A whole message was read: what its stream holds is looked at now.
  flush_stream(subject, Direction::kToServer);
  flush_stream(subject, Direction::kToClient);
  if (record.kind == RecordKind::kTls || record.kind == RecordKind::kSsh)
    state->stream_over = true;  // what follows is encrypted
}

std::span<const Bytes> Detector::values_of(const TxView& tx, const Inspection& inspection,
                                           Direction direction) {
  const BufferKey& key = set_->keys()[inspection.key];
  Direction side = direction;
  if (inspection.side == Side::kToServer) side = Direction::kToServer;
  if (inspection.side == Side::kToClient) side = Direction::kToClient;
  CachedValues& cached = cache_[inspection.key][index_of(side)];
  if (cached.stamp == tx_stamp_) return cached.values.all();
  cached.stamp = tx_stamp_;
  cached.values.clear();
  if ((key.row->kinds & kind_bit(tx.record->kind)) == 0) return {};
  key.row->collect(tx, side, cached.values);
  for (const Transform& transform : key.transforms)
    apply_transform(transform, cached.values, inspector_.scratch());
  return cached.values.all();
}

void Detector::inspect_tx(const Subject& subject, const TxView& tx, Direction direction) {
  ++stamp_;
  found_.clear();
  // Of both sides, to be looked at once both are known.
  const bool whole = direction == Direction::kToClient || !is_two_sided(tx.record->kind);
  static const PatternGroup none;
  Candidates candidates(*this, none);
  for (const std::uint16_t place : set_->keys_of(tx.record->kind)) {
    const BufferKey& key = set_->keys()[place];
    const PatternGroup& group = key.groups[index_of(direction)];
    if (group.matcher == nullptr) continue;
    candidates.use(group);
    Inspection asked;
    asked.key = place;
    asked.side = key.row->side;
    for (const Bytes value : values_of(tx, asked, direction)) {
      if (!value.empty()) group.matcher->scan(value, scratch_, candidates);
    }
  }
  for (const std::uint32_t rule : set_->tx_rules(tx.record->kind, direction))
    candidates.add(rule);
  if (!found_.empty()) {
    std::ranges::sort(found_);
    Look look(subject, payload_of(subject, direction), Layer::kStream);
    look.direction = direction;
    look.tx = &tx;
    look.settle();
    check(found_, look);
  }
  if (!whole || set_->whole_tx_rules(tx.record->kind).empty()) return;
  Look look(subject, payload_of(subject, Direction::kToServer), Layer::kStream);
  look.direction = Direction::kToServer;
  look.tx = &tx;
  look.settle();
  check(set_->whole_tx_rules(tx.record->kind), look);
}

// What of the side's stream was not looked at yet, or the datagram.
BufferView Detector::payload_of(const Subject& subject, Direction direction) {
  if (is_tcp(subject.flow)) {
    if (subject.flow->detection == nullptr) return {};
    const auto& state = static_cast<const FlowState&>(*subject.flow->detection);
    const StreamWindow& window = state.windows[index_of(direction)];
    return {window.fresh(), window.offset};
  }
  if (subject.packet == nullptr || direction != subject.direction) return {};
  return {subject.packet->payload, 0};
}

void Detector::on_event(const Subject& subject, std::string_view name) {
  if (set_ == nullptr || !set_->has_event_rules()) return;
  const auto rules = set_->event_rules(name);
  if (rules.empty()) return;
  Look look(subject, {}, Layer::kPacket);
  look.event = name;
  look.settle();
  check(rules, look);
}

void Detector::on_flow_end(const Subject& subject) {
  if (set_ == nullptr || subject.flow->detection == nullptr) return;
  flush_stream(subject, Direction::kToServer);
  flush_stream(subject, Direction::kToClient);
}

}  // namespace netmoth::detect
