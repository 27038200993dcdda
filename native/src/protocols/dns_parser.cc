// Frames DNS messages out of datagrams and streams. See dns_parser.h.
#include "protocols/dns_parser.h"

#include "base/reader.h"
#include "protocols/dns_message.h"
#include "protocols/dns_probe.h"
#include "protocols/frame.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kLengthPrefix = 2;

// One per worker thread: a message lives only during on_message(), its vectors keep their memory.
DnsMessage& scratch_message() {
  thread_local DnsMessage message;
  return message;
}

std::string_view fault_event(const DnsMessage& message) {
  if (message.pointer_loop) return "infinite_loop";
  if (message.too_many_labels) return "too_many_labels";
  if (message.name_truncated) return "name_too_long";
  switch (message.fault) {
    case DnsFault::kNone:
      break;
    case DnsFault::kAdditionals:
      return "invalid_additionals";
    case DnsFault::kAuthorities:
      return "invalid_authorities";
    case DnsFault::kAnswers:
    case DnsFault::kQuestions:
    case DnsFault::kHeader:
      return "malformed_data";
  }
  constexpr std::uint16_t kReservedBit = 0x0040;
  if ((message.flags & kReservedBit) != 0) return "z_flag_set";
  return message.opcode() >= 7 ? std::string_view("invalid_opcode") : std::string_view();
}

}  // namespace

// Questions wait for answers from the other side; what mDNS and LLMNR send to a group is answered
// in other flows.
void DnsParser::match(Direction direction, DnsMessage& message, TransactionSink& sink) {
  if (proto_ != AppProto::kDns) return;
  const bool to_client = direction == Direction::kToClient;
  if (message.is_response()) {
    pending_.match(message, now_);
    if (!to_client) sink.on_anomaly(proto_, "not_request", direction);
    return;
  }
  if (to_client) sink.on_anomaly(proto_, "not_response", direction);
  if (pending_.add(message, now_) || flooded_) return;
  flooded_ = true;
  sink.on_anomaly(proto_, "flooded", direction);
}

void DnsParser::on_message(Direction direction, Bytes wire, TransactionSink& sink) {
  DnsMessage& message = scratch_message();
  parse_dns(wire, message);
  if (const auto event = fault_event(message); !event.empty()) {
    sink.on_anomaly(proto_, event, direction);
  }
  if (message.fault == DnsFault::kHeader) return;
  // A broken question section tells nothing; broken records leave the question worth telling.
  if (message.fault == DnsFault::kQuestions && message.questions.empty()) return;
  match(direction, message, sink);
  message.tx_id = next_tx_id_++;
  message.kind = proto_ == AppProto::kDns ? RecordKind::kDns : RecordKind::kMdns;
  sink.on_record(direction, message);
}

// Hands over every whole message at the start of `data`; returns what is left.
Bytes DnsParser::take_messages(Direction direction, Bytes data, TransactionSink& sink) {
  while (data.size() >= kLengthPrefix) {
    const std::size_t length = base::Reader(data).u16();
    if (data.size() - kLengthPrefix < length) break;
    if (sink.content().frames)
      tell_frame("dns.pdu", direction, data.first(kLengthPrefix + length), sink);
    if (length > 0) on_message(direction, data.subspan(kLengthPrefix, length), sink);
    data = data.subspan(kLengthPrefix + length);
  }
  return data;
}

Verdict DnsParser::on_data(Direction direction, Bytes data, TimestampNs time,
                           TransactionSink& sink) {
  now_ = time;
  if (transport_ == Transport::kUdp) {
    if (sink.content().frames) tell_frame("dns.pdu", direction, data, sink);
    on_message(direction, data, sink);
    return Verdict::kMore;
  }
  Stream& stream = streams_[index_of(direction)];
  if (stream.lost) {
    if (looks_like_dns_stream(data).certainty == Certainty::kNo) return Verdict::kMore;
    stream.lost = false;
  }
  if (stream.partial.empty()) {
    const Bytes left = take_messages(direction, data, sink);
    stream.partial.assign(left.begin(), left.end());
    return Verdict::kMore;
  }
  // Complete the kept message first with no more than it needs, then go on without copying.
  while (!stream.partial.empty() && !data.empty()) {
    std::size_t wanted = kLengthPrefix;
    if (stream.partial.size() >= kLengthPrefix) wanted += base::Reader(stream.partial).u16();
    const std::size_t taken = std::min(wanted - stream.partial.size(), data.size());
    stream.partial.insert(stream.partial.end(), data.begin(),
                          data.begin() + static_cast<std::ptrdiff_t>(taken));
    data = data.subspan(taken);
    if (stream.partial.size() < kLengthPrefix) continue;
    if (take_messages(direction, stream.partial, sink).empty()) stream.partial.clear();
  }
  const Bytes left = take_messages(direction, data, sink);
  if (!left.empty()) stream.partial.assign(left.begin(), left.end());
  return Verdict::kMore;
}

Verdict DnsParser::on_gap(Direction direction, std::uint64_t, TransactionSink&) {
  Stream& stream = streams_[index_of(direction)];
  stream.partial.clear();
  stream.lost = true;
  return Verdict::kMore;
}

void DnsParser::on_close(TransactionSink&) {}

}  // namespace netmoth::protocols
