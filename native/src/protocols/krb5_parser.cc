// Frames Kerberos messages out of datagrams and streams (RFC 4120 §7.2.2). See krb5_parser.h.
#include "protocols/krb5_parser.h"

#include "base/reader.h"
#include "protocols/krb5_message.h"
#include "protocols/probe_looks.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kLengthPrefix = 4;

}  // namespace

void Krb5Parser::on_message(Direction direction, Bytes data, TransactionSink& sink) {
  Krb5Message message;
  if (!parse_krb5(data, message) || !message.sound) {
    sink.on_anomaly(AppProto::kKrb5, "malformed_data", direction);
    return;
  }
  if (message.type == krb5_type::kAsRequest || message.type == krb5_type::kTgsRequest)
    last_request_ = message.type;
  if (!message.is_reply()) return sink.on_inspected(direction, message);
  if (message.type == krb5_type::kError) message.failed_request = last_request_;
  if (message.encrypted && krb5_weak(message.encryption))
    sink.on_anomaly(AppProto::kKrb5, "weak_encryption", direction);
  sink.on_record(direction, message);
}

Bytes Krb5Parser::take_messages(Direction direction, Stream& stream, Bytes data,
                                TransactionSink& sink) {
  while (data.size() >= kLengthPrefix) {
    const std::size_t length = base::Reader(data).u32();
    if (length > kMaxMessageBytes) {
      sink.on_anomaly(AppProto::kKrb5, "malformed_data", direction);
      stream.lost = true;
      return {};
    }
    if (data.size() - kLengthPrefix < length) break;
    if (length > 0) on_message(direction, data.subspan(kLengthPrefix, length), sink);
    data = data.subspan(kLengthPrefix + length);
  }
  return data;
}

Verdict Krb5Parser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  if (transport_ == Transport::kUdp) {
    on_message(direction, data, sink);
    return Verdict::kMore;
  }
  Stream& stream = streams_[index_of(direction)];
  if (stream.lost) {
    if (look_krb5_stream(data).certainty != Certainty::kCertain) return Verdict::kMore;
    stream.lost = false;
  }
  if (stream.partial.empty()) {
    const Bytes left = take_messages(direction, stream, data, sink);
    stream.partial.assign(left.begin(), left.end());
    return Verdict::kMore;
  }
  stream.partial.insert(stream.partial.end(), data.begin(), data.end());
  const Bytes left = take_messages(direction, stream, stream.partial, sink);
  if (left.size() != stream.partial.size())
    stream.partial = std::vector<std::uint8_t>(left.begin(), left.end());
  return Verdict::kMore;
}

Verdict Krb5Parser::on_gap(Direction direction, std::uint64_t, TransactionSink&) {
  Stream& stream = streams_[index_of(direction)];
  stream.partial = {};
  stream.lost = true;
  return Verdict::kMore;
}

}  // namespace netmoth::protocols
