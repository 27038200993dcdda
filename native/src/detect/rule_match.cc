// Whether one rule matches what is looked at: head, flow, fields, memory, contents, in this order,
// which is that of their cost. See detector.h.
#include <algorithm>
#include <cassert>

#include "detect/look.h"

namespace netmoth::detect {

Ends ends_of(const Subject& subject, Direction direction, bool packet) {
  if (packet && subject.packet != nullptr) {
    const decode::Packet& p = *subject.packet;
    return {&p.source, &p.destination, p.source_port, p.destination_port, p.ip_version, p.protocol};
  }
  assert(subject.flow != nullptr);
  const flow::FlowKey& key = subject.flow->key;
  if (direction == Direction::kToServer)
    return {&key.source,          &key.destination, key.source_port,
            key.destination_port, key.ip_version,   key.protocol};
  return {&key.destination, &key.source,    key.destination_port,
          key.source_port,  key.ip_version, key.protocol};
}

namespace {

bool has_ports(std::uint8_t protocol) {
  return protocol == ip_proto::kTcp || protocol == ip_proto::kUdp || protocol == ip_proto::kSctp;
}

bool head_fits(const Head& head, const Ends& ends, const flow::Flow* flow) {
  if (head.ip_version != 0 && head.ip_version != ends.ip_version) return false;
  if (ends.ip_version == 0) return head.without_ip;
  if (!head.transports.empty() &&
      std::ranges::find(head.transports, ends.protocol) == head.transports.end())
    return false;
  if (head.applications != 0) {
    if (flow == nullptr) return false;
    if ((head.applications >> flow->app_proto & 1U) == 0) return false;
  }
  if (has_ports(ends.protocol)) {
    if (!head.source_ports->has(ends.source_port) ||
        !head.destination_ports->has(ends.destination_port))
      return false;
  } else if (!head.source_ports->any || !head.destination_ports->any) {
    return false;
  }
  return head.source->has(*ends.source, ends.ip_version) &&
         head.destination->has(*ends.destination, ends.ip_version);
}

// Contents of a stream or transaction are those of an established flow, whatever was captured.
bool is_established(const flow::Flow* flow, bool of_packet) {
  if (flow == nullptr) return false;
  if (!of_packet) return true;
  if (flow->key.protocol == ip_proto::kTcp)
    return flow->picked_up || flow->tcp_state >= flow::TcpState::kEstablished;
  return flow->packets[0] > 0 && flow->packets[1] > 0;
}

bool flow_fits(const FlowTest& test, const Subject& subject, bool stream, bool of_packet) {
  if (test.only_stream && !stream) return false;
  if (test.no_stream && stream) return false;
  if (subject.packet != nullptr) {
    const bool fragments = subject.packet->origin == decode::PacketOrigin::kDefragmented;
    if (test.only_fragments && !fragments) return false;
    if (test.no_fragments && fragments) return false;
  }
  if (!test.established && !test.not_established) return true;
  return test.established == is_established(subject.flow, of_packet);
}

// Captured values are there once contents have matched; bits of hosts may have to be waited for.
bool comes_last(const StateOperation& condition) {
  using Memory = StateOperation::Memory;
  switch (condition.memory) {
    case Memory::kFlowvar:
    case Memory::kPktvar:
    case Memory::kXbits:
    case Memory::kHostbits:
      return true;
    case Memory::kFlowbits:
    case Memory::kFlowint:
      return false;
  }
  return false;
}

// Whose files a rule is about: those of the first buffer that is on one side, else of what is
// looked at.
Direction side_of_files(const Rule& rule, Direction looked_at) {
  for (const Inspection& inspection : rule.inspections) {
    if (!inspection.of_file || inspection.side == Side::kAny) continue;
    return inspection.side == Side::kToServer ? Direction::kToServer : Direction::kToClient;
  }
  return looked_at;
}

}  // namespace

bool Detector::matches(const Rule& rule, Look& look) {
  const bool fits = std::ranges::any_of(rule.heads, [&](const Head& head) {
    return head_fits(head, look.between, look.subject.flow);
  });
  if (!fits) return false;
  if (!flow_fits(rule.flow, look.subject, look.in_stream, look.of_packet())) return false;
  if (rule.joins_files && look.tx != nullptr) return matches_one_file(rule, look);
  return matches_contents(rule, look);
}

// What is asked of files is asked of each by itself.
bool Detector::matches_one_file(const Rule& rule, Look& look) {
  const TxView& whole = *look.tx;
  const Direction side = side_of_files(rule, look.direction);
  std::size_t count = 0;
  whole.for_each_file(side, [&](const KeptFile&) { ++count; });
  if (count < 2) return matches_contents(rule, look);
  TxView one = whole;
  look.tx = &one;
  bool matched = false;
  whole.for_each_file(side, [&](const KeptFile& file) {
    if (matched) return;
    one.only_file = &file;
    ++tx_stamp_;  // what was collected of another file does not count
    matched = matches_contents(rule, look);
  });
  ++tx_stamp_;
  look.tx = &whole;
  return matched;
}

bool Detector::matches_contents(const Rule& rule, Look& look) {
  FieldContext context{look.subject.packet, look.subject.flow, look.direction, look.tx, {}};
  const std::span<const std::string_view> event(&look.event, look.event.empty() ? 0 : 1);
  context.events = {event, event, event};
  context.now = look.subject.now;
  context.between = &look.between;
  for (const FieldTest& test : rule.tests) {
    if (!passes(test, context)) return false;
  }
  for (const StateOperation& condition : rule.conditions) {
    if (!comes_last(condition) && !holds(condition, look)) return false;
  }
  if (!matches_inspections(rule, look)) return false;
  return std::ranges::all_of(rule.conditions, [&](const StateOperation& condition) {
    return !comes_last(condition) || holds(condition, look);
  });
}

bool Detector::matches_inspections(const Rule& rule, Look& look) {
  moment_ = look.subject.now;
  look.over_border = false;
  return matches_all(rule, look, look.payload) || matches_over_border(rule, look);
}

bool Detector::matches_all(const Rule& rule, Look& look, const BufferView& payload) {
  match_.captured.clear();
  match_.base64.clear();
  match_.furthest = 0;
  for (const Inspection& inspection : rule.inspections) {
    bool matched = false;
    switch (inspection.scope) {
      case BufferScope::kPayload:
        matched = inspector_.matches(inspection.matchers, payload, match_);
        break;
      case BufferScope::kPacket: {
        if (look.subject.packet == nullptr) return false;
        const Bytes header = packet_buffers()[inspection.row].view(*look.subject.packet);
        matched = !header.empty() && inspector_.matches(inspection.matchers, {header, 0}, match_);
        break;
      }
      case BufferScope::kBase64: {
        const std::vector<std::uint8_t> decoded = match_.base64;
        matched = !decoded.empty() && inspector_.matches(inspection.matchers, {decoded, 0}, match_);
        break;
      }
      case BufferScope::kTransaction:
        matched = look.tx != nullptr && matches_tx_inspection(inspection, look, match_);
        break;
    }
    if (!matched) return false;
  }
  return true;
}

bool Detector::matches_tx_inspection(const Inspection& inspection, Look& look, MatchState& state) {
  const std::span<const Bytes> values = values_of(*look.tx, inspection, look.direction);
  if (values.empty()) {
    return std::ranges::any_of(inspection.matchers, [](const Matcher& matcher) {
      return std::holds_alternative<Absent>(matcher);
    });
  }
  return std::ranges::any_of(values, [&](Bytes value) {
    return inspector_.matches(inspection.matchers, {value, 0}, state);
  });
}

}  // namespace netmoth::detect
