// Frames SIP messages out of datagrams and streams. See sip_parser.h.
#include "protocols/sip_parser.h"

#include <algorithm>
#include <utility>

#include "protocols/frame.h"
#include "protocols/probe_looks.h"

namespace netmoth::protocols {
namespace {

// Behind the first line of nothing but blanks, which is where parse_sip() ends the headers; npos
// where there is none. No line that ends before `from` is one. Each octet is looked at twice at
// most, and none behind that line.
std::size_t find_headers_end(std::string_view text, std::size_t from) {
  text = text.substr(0, SipParser::kMaxMessageBytes);
  for (std::size_t lf = text.find('\n', from); lf != std::string_view::npos;
       lf = text.find('\n', lf + 1)) {
    const std::size_t before = text.substr(0, lf).find_last_not_of(" \t\r");
    if (before == std::string_view::npos || text[before] == '\n') return lf + 1;
  }
  return std::string_view::npos;
}

// RFC 5626 §3.5.1: empty lines (and in practice zeros) keep bindings alive.
Bytes without_keepalive(Bytes data) {
  while (!data.empty() && (data[0] == '\r' || data[0] == '\n' || data[0] == 0))
    data = data.subspan(1);
  return data;
}

}  // namespace

// A message, its first line with its end, its headers and its body.
void SipParser::tell_frames(Direction direction, Bytes data, std::size_t headers,
                            const SipMessage& message, TransactionSink& sink) {
  const bool request = message.is_request;
  headers = std::min(headers, data.size());
  const std::size_t line_end = as_text(data).find('\n');
  const std::size_t line = line_end == std::string_view::npos ? headers : line_end + 1;
  tell_frame("sip.pdu", direction, data, sink);
  tell_frame(request ? "sip.request.line" : "sip.response.line", direction, data.first(line), sink);
  if (headers <= line) return;
  tell_frame(request ? "sip.request.headers" : "sip.response.headers", direction,
             data.subspan(line, headers - line), sink);
  if (headers < data.size())
    tell_frame(request ? "sip.request.body" : "sip.response.body", direction, data.subspan(headers),
               sink);
}

void SipParser::on_datagram(Direction direction, Bytes data, TransactionSink& sink) {
  data = without_keepalive(data);
  if (data.empty()) return;
  SipMessage message;
  const SipFrame frame = parse_sip(data, message);
  if (frame.verdict == SipVerdict::kInvalid)
    return sink.on_anomaly(AppProto::kSip, "invalid_data", direction);
  if (frame.verdict == SipVerdict::kCut || frame.headers + frame.body > data.size())
    sink.on_anomaly(AppProto::kSip, "incomplete_data", direction);
  if (sink.content().frames) tell_frames(direction, data, frame.headers, message, sink);
  sink.on_record(direction, message);
}

std::size_t SipParser::take_message(Direction direction, Stream& stream, Bytes data,
                                    TransactionSink& sink) {
  if (stream.wanted == 0) {
    const std::size_t headers = find_headers_end(as_text(data), stream.scanned);
    if (headers == std::string_view::npos) {
      stream.scanned = data.size();
      return 0;
    }
    SipMessage message;
    const SipFrame frame = parse_sip(data, message);
    if (frame.verdict != SipVerdict::kWhole || frame.body > kMaxMessageBytes) {
      sink.on_anomaly(AppProto::kSip, "invalid_data", direction);
      lose(stream);
      return data.size();
    }
    stream.wanted = frame.headers + frame.body;
  }
  if (data.size() < stream.wanted) return 0;
  SipMessage message;
  const SipFrame frame = parse_sip(data.first(stream.wanted), message);
  if (sink.content().frames)
    tell_frames(direction, data.first(stream.wanted), frame.headers, message, sink);
  sink.on_record(direction, message);
  stream.scanned = 0;
  return std::exchange(stream.wanted, 0);
}

Verdict SipParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  if (transport_ == Transport::kUdp) {
    on_datagram(direction, data, sink);
    return Verdict::kMore;
  }
  Stream& stream = streams_[index_of(direction)];
  if (stream.lost) {
    if (look_sip(data).certainty != Certainty::kCertain) return Verdict::kMore;
    stream.lost = false;
  }
  const bool kept = !stream.partial.empty();
  if (kept) stream.partial.insert(stream.partial.end(), data.begin(), data.end());
  Bytes left = kept ? Bytes(stream.partial) : data;
  while (!left.empty()) {
    if (stream.scanned == 0 && stream.wanted == 0) left = without_keepalive(left);
    if (left.empty()) break;
    const std::size_t taken = take_message(direction, stream, left, sink);
    if (taken == 0) break;
    left = left.subspan(taken);
  }
  if (stream.wanted == 0 && left.size() > kMaxMessageBytes) {
    sink.on_anomaly(AppProto::kSip, "invalid_data", direction);
    lose(stream);
    return Verdict::kMore;
  }
  if (!kept || left.size() != stream.partial.size())
    stream.partial = std::vector<std::uint8_t>(left.begin(), left.end());
  return Verdict::kMore;
}

void SipParser::lose(Stream& stream) {
  stream.scanned = stream.wanted = 0;
  stream.lost = true;
}

Verdict SipParser::on_gap(Direction direction, std::uint64_t, TransactionSink&) {
  Stream& stream = streams_[index_of(direction)];
  stream.partial = {};
  lose(stream);
  return Verdict::kMore;
}

void SipParser::on_close(TransactionSink& sink) {
  for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
    if (!streams_[index_of(direction)].partial.empty())
      sink.on_anomaly(AppProto::kSip, "incomplete_data", direction);
  }
}

}  // namespace netmoth::protocols
