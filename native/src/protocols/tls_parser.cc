// The record layer of TLS. See tls_parser.h.
#include "protocols/tls_parser.h"

#include <algorithm>

#include "base/reader.h"
#include "protocols/tls_hello.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kMessageHeader = 4;

// What is wrong with a record's header; nothing where it is sound.
std::optional<TlsEvent> header_fault(std::span<const std::uint8_t, 5> header) {
  const std::size_t length = static_cast<std::size_t>(header[3]) << 8 | header[4];
  if (header[0] < tls_record::kChangeCipherSpec || header[0] > tls_record::kHeartbeat)
    return TlsEvent::kInvalidRecordType;
  if (header[1] != 3 || header[2] > 4) return TlsEvent::kInvalidRecordVersion;
  if (length > kMaxTlsRecord) return TlsEvent::kInvalidRecordLength;
  return std::nullopt;
}

std::size_t message_length(Bytes header) {
  base::Reader reader(header);
  reader.skip(1);
  return reader.u24();
}

}  // namespace

// The rest of a message that cannot be read: too long, or of no known type.
void TlsParser::pass_over(Stream& stream, Direction direction, std::size_t octets,
                          TransactionSink& sink) {
  stream.message_left = octets;
  stream.message = {};
  conversation_.raise(TlsEvent::kInvalidHandshakeMessage, direction, sink);
}

// Takes what a message kept from earlier records lacks off the front of `data`.
Bytes TlsParser::continue_message(Direction direction, Bytes data, TransactionSink& sink) {
  Stream& stream = this->stream(direction);
  std::size_t wanted = kMessageHeader;
  if (stream.message.size() >= kMessageHeader) wanted += message_length(stream.message);
  const std::size_t taken = std::min(wanted - stream.message.size(), data.size());
  stream.message.insert(stream.message.end(), data.begin(),
                        data.begin() + static_cast<std::ptrdiff_t>(taken));
  data = data.subspan(taken);
  if (stream.message.size() < kMessageHeader) return data;
  const std::size_t length = message_length(stream.message);
  if (length > kMaxHandshakeMessage || stream.message[0] > tls_message::kMaxKnown) {
    pass_over(stream, direction, length - (stream.message.size() - kMessageHeader), sink);
  } else if (stream.message.size() == kMessageHeader + length) {
    // Moved out: the report that a message may bring about must find nothing half read.
    const std::vector<std::uint8_t> message = std::move(stream.message);
    stream.message = {};
    conversation_.on_message(direction, message[0], Bytes(message).subspan(kMessageHeader), sink);
  }
  return data;
}

// `data` continues the handshake stream of that direction: whole messages are read in place, the
// rest is kept.
void TlsParser::on_handshake_bytes(Direction direction, Bytes data, TransactionSink& sink) {
  Stream& stream = this->stream(direction);
  while (!data.empty() && !conversation_.reported()) {
    if (stream.message_left > 0) {
      const std::size_t passed = std::min<std::uint64_t>(stream.message_left, data.size());
      stream.message_left -= passed;
      data = data.subspan(passed);
      continue;
    }
    if (!stream.message.empty() || data.size() < kMessageHeader) {
      data = continue_message(direction, data, sink);
      continue;
    }
    if (data[0] > tls_message::kMaxKnown) {
      // Encrypted without ChangeCipherSpec having been seen, or nonsense.
      stream.encrypted = true;
      return;
    }
    const std::size_t length = message_length(data);
    if (length > kMaxHandshakeMessage) {
      pass_over(stream, direction, kMessageHeader + length, sink);
    } else if (length > data.size() - kMessageHeader) {
      stream.message.assign(data.begin(), data.end());
      return;
    } else {
      conversation_.on_message(direction, data[0], data.subspan(kMessageHeader, length), sink);
      data = data.subspan(kMessageHeader + length);
    }
  }
}

void TlsParser::on_record_start(Direction direction, TransactionSink& sink) {
  Stream& stream = this->stream(direction);
  stream.records_seen = true;
  stream.head_length = 0;
  if (stream.record_type == tls_record::kChangeCipherSpec) {
    // Before the server's choice it is TLS 1.3's disguise (RFC 8446 D.4) and changes nothing.
    if (!conversation_.has_server_hello()) return;
    stream.encrypted = true;
    conversation_.on_change_cipher(direction, !this->stream(opposite(direction)).encrypted, sink);
  } else if (stream.record_type == tls_record::kApplicationData) {
    stream.encrypted = true;
    conversation_.on_application_data(sink);
  } else if (stream.record_length == 0) {
    // RFC 8446 §5.1: only application data may be empty.
    conversation_.raise(TlsEvent::kInvalidSslRecord, direction, sink);
  }
}

// The whole head of an alert or a heartbeat is there.
void TlsParser::on_short_record(Direction direction, TransactionSink& sink) {
  constexpr std::uint8_t kFatal = 2;
  constexpr std::size_t kAlertLength = 2;
  Stream& stream = this->stream(direction);
  const Bytes head = Bytes(stream.head).first(stream.head_length);
  if (stream.record_type == tls_record::kHeartbeat) {
    const auto event =
        heartbeats_.on_record(direction, stream.encrypted, head, stream.record_length);
    if (event) conversation_.raise(*event, direction, sink);
    return;
  }
  if (stream.encrypted) return;
  if (stream.record_length < kAlertLength)
    conversation_.raise(TlsEvent::kInvalidAlertMessage, direction, sink);
  // Nothing follows a fatal alert: tell what there is.
  if (stream.record_length == kAlertLength && head[0] == kFatal) conversation_.on_close(sink);
}

void TlsParser::on_record_bytes(Direction direction, Bytes data, TransactionSink& sink) {
  Stream& stream = this->stream(direction);
  if (stream.record_type == tls_record::kHandshake && !stream.encrypted)
    return on_handshake_bytes(direction, data, sink);
  if (stream.record_type != tls_record::kAlert && stream.record_type != tls_record::kHeartbeat)
    return;
  const std::size_t wanted = std::min<std::size_t>(kHeadLength, stream.record_length);
  if (stream.head_length == wanted) return;
  const std::size_t taken = std::min(wanted - stream.head_length, data.size());
  std::copy_n(data.begin(), taken, stream.head.begin() + stream.head_length);
  stream.head_length = static_cast<std::uint8_t>(stream.head_length + taken);
  if (stream.head_length == wanted) on_short_record(direction, sink);
}

Verdict TlsParser::on_ssl2_record(Direction direction, Bytes record, TransactionSink& sink) {
  constexpr std::uint8_t kError = 0;
  constexpr std::uint8_t kServerHello = 4;
  ClientHello hello;
  if (parse_ssl2_client_hello(record, hello)) {
    conversation_.on_client_hello(direction, hello);
    ssl2_ = (hello.legacy_version >> 8) != 3;  // else TLS follows
    stream(direction).records_seen = true;
    return Verdict::kMore;
  }
  base::Reader reader(record);
  const std::uint8_t type = reader.u8();
  if (!record.empty() && type == kServerHello) {
    reader.skip(4);  // whether the session is resumed, certificate type, version
    const std::size_t certificate = reader.u16();
    reader.skip(4);  // lengths of ciphers and connection id
    conversation_.on_ssl2_server_hello(direction, reader.bytes(certificate), sink);
    return Verdict::kDone;
  }
  if (!conversation_.has_client_hello()) return Verdict::kNotMine;
  conversation_.raise(
      type == kError ? TlsEvent::kErrorMessageEncountered : TlsEvent::kInvalidSslv2Header,
      direction, sink);
  conversation_.report(sink);
  return Verdict::kDone;
}

// SSL 2.0 frames: a two-octet length with the top bit set. Only the hellos are read.
Verdict TlsParser::on_ssl2(Direction direction, Bytes data, TransactionSink& sink) {
  Stream& stream = this->stream(direction);
  stream.message.insert(stream.message.end(), data.begin(), data.end());
  if (stream.message.size() < 2) return Verdict::kMore;
  const std::size_t length = static_cast<std::size_t>(stream.message[0] & 0x7f) << 8 |
                             static_cast<std::size_t>(stream.message[1]);
  if (length > kMaxTlsRecord) return refuse(direction, TlsEvent::kInvalidSslv2Header, sink);
  if (stream.message.size() < 2 + length) return Verdict::kMore;
  const std::vector<std::uint8_t> all = std::move(stream.message);
  stream.message = {};
  const Verdict verdict = on_ssl2_record(direction, Bytes(all).subspan(2, length), sink);
  const Bytes rest = Bytes(all).subspan(2 + length);
  return verdict != Verdict::kMore || rest.empty() || ssl2_ ? verdict
                                                            : on_data(direction, rest, 0, sink);
}

// These octets are no TLS.
Verdict TlsParser::refuse(Direction direction, TlsEvent event, TransactionSink& sink) {
  if (conversation_.reported()) return Verdict::kDone;
  if (!stream(direction).records_seen && !conversation_.has_client_hello())
    return Verdict::kNotMine;
  conversation_.raise(event, direction, sink);
  conversation_.report(sink);
  return Verdict::kDone;
}

void TlsParser::tell_record(Direction direction, Stream& stream, TransactionSink& sink) {
  const Bytes record = stream.frame.octets();
  const std::size_t header = std::min(stream.header.size(), record.size());
  tell_frame("tls.pdu", direction, record, sink);
  tell_frame("tls.hdr", direction, record.first(header), sink);
  if (record.size() > header) tell_frame("tls.data", direction, record.subspan(header), sink);
  if (stream.record_type == tls_record::kAlert) tell_frame("tls.alert", direction, record, sink);
  if (stream.record_type == tls_record::kHeartbeat)
    tell_frame("tls.heartbeat", direction, record, sink);
  stream.frame.forget();
}

Verdict TlsParser::on_data(Direction direction, Bytes data, TimestampNs time,
                           TransactionSink& sink) {
  frames_ = sink.content().frames;
  if (finished()) return Verdict::kDone;
  if (time != 0) conversation_.set_time(time);
  if (conversation_.reported()) watched_ += data.size();
  Stream& stream = this->stream(direction);
  const bool ssl2_start = !stream.records_seen && stream.header_length == 0 && !data.empty() &&
                          ((data[0] & 0x80) != 0 || !stream.message.empty());
  if (!stream.lost && (ssl2_ || ssl2_start)) return on_ssl2(direction, data, sink);
  while (!data.empty() && !finished()) {
    if (stream.record_left > 0) {
      const std::size_t taken = std::min<std::size_t>(stream.record_left, data.size());
      stream.record_left -= static_cast<std::uint32_t>(taken);
      if (frames_) stream.frame.add(data.first(taken));
      if (frames_ && stream.record_left == 0) tell_record(direction, stream, sink);
      on_record_bytes(direction, data.first(taken), sink);
      data = data.subspan(taken);
      continue;
    }
    while (stream.header_length < stream.header.size() && !data.empty()) {
      stream.header[stream.header_length++] = data[0];
      data = data.subspan(1);
    }
    if (stream.header_length < stream.header.size()) break;
    stream.header_length = 0;
    if (const auto fault = header_fault(stream.header)) {
      if (stream.lost) return Verdict::kMore;  // look again at the next segment
      return refuse(direction, *fault, sink);
    }
    stream.lost = false;
    stream.record_type = stream.header[0];
    stream.record_length = static_cast<std::uint32_t>(stream.header[3]) << 8 | stream.header[4];
    stream.record_left = stream.record_length;
    if (frames_) stream.frame.add(Bytes(stream.header));
    if (frames_ && stream.record_length == 0) tell_record(direction, stream, sink);
    on_record_start(direction, sink);
  }
  return finished() ? Verdict::kDone : Verdict::kMore;
}

Verdict TlsParser::on_gap(Direction direction, std::uint64_t missing, TransactionSink&) {
  if (finished()) return Verdict::kDone;
  Stream& stream = this->stream(direction);
  stream.message = {};
  stream.message_left = 0;
  stream.frame.forget();
  stream.records_seen = true;
  if (stream.header_length == 0 && missing <= stream.record_left) {
    stream.record_left -= static_cast<std::uint32_t>(missing);
    // What is left of this record belongs to a message that cannot be read any more.
    stream.message_left = stream.record_left;
    return Verdict::kMore;
  }
  stream.header_length = 0;
  stream.record_left = 0;
  stream.lost = true;
  return Verdict::kMore;
}

}  // namespace netmoth::protocols
