// See dtls_parser.h.
#include "protocols/dtls_parser.h"

#include <algorithm>

#include "base/reader.h"

namespace netmoth::protocols {
namespace {

constexpr std::uint16_t kOpenSslBeforeTheRfc = 0x0100;

bool is_dtls_version(std::uint16_t version) {
  return (version >> 8) == 0xfe || version == kOpenSslBeforeTheRfc;
}

}  // namespace

// Messages are handed over in their order; one that lost a fragment for good gives way when too
// many others wait behind it.
void DtlsParser::deliver(Direction direction, TransactionSink& sink) {
  Stream& stream = streams_[index_of(direction)];
  while (!stream.waiting.empty() && !conversation_.reported()) {
    Message& first = stream.waiting.front();
    if (stream.waiting.size() > kMaxDtlsMessages) {
      stream.next = static_cast<std::uint16_t>(first.sequence + 1);
      conversation_.raise(TlsEvent::kInvalidHandshakeMessage, direction, sink);
      stream.waiting.erase(stream.waiting.begin());
      if (!stream.waiting.empty()) stream.next = stream.waiting.front().sequence;
      continue;
    }
    const Bytes octets = first.octets.contiguous();
    if (first.sequence != stream.next || octets.size() < first.length) return;
    conversation_.on_message(direction, first.type, octets.first(first.length), sink);
    stream.next = static_cast<std::uint16_t>(first.sequence + 1);
    stream.waiting.erase(stream.waiting.begin());
  }
}

void DtlsParser::keep_fragment(Stream& stream, Message&& begun, std::size_t offset,
                               Bytes fragment) {
  auto at = std::ranges::lower_bound(stream.waiting, begun.sequence, {}, &Message::sequence);
  if (at == stream.waiting.end() || at->sequence != begun.sequence)
    at = stream.waiting.insert(at, std::move(begun));
  if (at->length >= offset + fragment.size()) (void)at->octets.add(offset, fragment);
}

// RFC 6347 §4.2.2: twelve octets of header before each fragment.
void DtlsParser::on_fragments(Direction direction, Bytes body, TransactionSink& sink) {
  Stream& stream = streams_[index_of(direction)];
  base::Reader reader(body);
  while (!reader.at_end() && !conversation_.reported()) {
    Message message;
    message.type = reader.u8();
    message.length = reader.u24();
    message.sequence = reader.u16();
    const std::size_t offset = reader.u24();
    const std::size_t length = reader.u24();
    if (!reader.ok() || offset + length > message.length || length > reader.remaining() ||
        message.length > kMaxDtlsMessage || message.type > tls_message::kMaxKnown) {
      conversation_.raise(TlsEvent::kInvalidHandshakeMessage, direction, sink);
      return;
    }
    const Bytes fragment = reader.bytes(length);
    const bool begins = message.type == tls_message::kClientHello ||
                        message.type == tls_message::kServerHello ||
                        message.type == tls_message::kHelloVerifyRequest;
    if (!stream.next && begins) stream.next = message.sequence;
    if (!stream.next || message.sequence < *stream.next) continue;  // sent again
    if (message.sequence == *stream.next && fragment.size() == message.length &&
        stream.waiting.empty()) {
      conversation_.on_message(direction, message.type, fragment, sink);
      stream.next = static_cast<std::uint16_t>(message.sequence + 1);
      continue;
    }
    keep_fragment(stream, std::move(message), offset, fragment);
    deliver(direction, sink);
  }
}

void DtlsParser::on_record(Direction direction, std::uint8_t type, std::uint16_t epoch, Bytes body,
                           TransactionSink& sink) {
  constexpr std::uint8_t kFatal = 2;
  constexpr std::size_t kAlertLength = 2;
  Stream& stream = streams_[index_of(direction)];
  if (type == tls_record::kHandshake && epoch == 0) return on_fragments(direction, body, sink);
  if (type == tls_record::kChangeCipherSpec && conversation_.has_server_hello()) {
    stream.encrypted = true;
    conversation_.on_change_cipher(direction, !streams_[index_of(opposite(direction))].encrypted,
                                   sink);
  } else if (epoch > 0) {
    conversation_.on_application_data(sink);
  } else if (type == tls_record::kAlert) {
    if (body.size() < kAlertLength)
      conversation_.raise(TlsEvent::kInvalidAlertMessage, direction, sink);
    if (body.size() == kAlertLength && body[0] == kFatal) conversation_.on_close(sink);
  }
}

Verdict DtlsParser::on_data(Direction direction, Bytes data, TimestampNs time,
                            TransactionSink& sink) {
  if (time != 0) conversation_.set_time(time);
  ++datagrams_;
  base::Reader reader(data);
  while (!reader.at_end() && !conversation_.reported()) {
    const std::uint8_t type = reader.u8();
    const std::uint16_t version = reader.u16();
    const std::uint16_t epoch = reader.u16();
    reader.skip(6);  // sequence number
    const std::size_t length = reader.u16();
    const bool record =
        type >= tls_record::kChangeCipherSpec && type < 0x40 && is_dtls_version(version);
    if (!reader.ok() || !record) break;  // another protocol, or DTLS 1.3's short encrypted records
    if (length > reader.remaining()) {
      conversation_.raise(TlsEvent::kInvalidRecordLength, direction, sink);
      break;
    }
    on_record(direction, type, epoch, reader.bytes(length), sink);
  }
  if (conversation_.reported()) return Verdict::kDone;
  if (datagrams_ < kMaxDtlsDatagrams) return Verdict::kMore;
  on_close(sink);
  return Verdict::kDone;
}

}  // namespace netmoth::protocols
