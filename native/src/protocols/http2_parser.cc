// Segments into frames. See http2_parser.h.
#include "protocols/http2_parser.h"

#include <algorithm>

#include "base/reader.h"
#include "protocols/http2_frame.h"

namespace netmoth::protocols {

using namespace http2;

namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kFrameHead = 9;

bool is_header_frame(std::uint8_t type) {
  return type == kHeaders || type == kPushPromise || type == kContinuation;
}

}  // namespace

bool Http2Parser::take_payload(Direction direction, Bytes payload, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  const Frame frame = side.frame;
  if (side.block_stream != 0 && frame.type != kContinuation) {
    sink.on_anomaly(AppProto::kHttp2, "invalid_frame_data", direction);
    return false;
  }
  if (is_header_frame(frame.type)) {
    if (!take_headers(direction, payload, sink)) return false;
    if (side.block_stream != 0) return true;
    const std::uint32_t id = frame.stream;
    Http2Stream* stream = find_stream(id);
    if (stream != nullptr && stream->sides[index_of(direction)].ended) {
      end_side(direction, id, sink);
    }
    return true;
  }
  const bool wrong = (frame.type == kPriority && payload.size() != 5) ||
                     (frame.type == kReset && payload.size() != 4) ||
                     (frame.type == kGoAway && payload.size() < 8) ||
                     (frame.type == kPing && payload.size() != 8) ||
                     (frame.type == kWindowUpdate && payload.size() != 4);
  if (wrong) {
    sink.on_anomaly(AppProto::kHttp2, "invalid_frame_length", direction);
    return true;
  }
  base::Reader in(payload);
  switch (frame.type) {
    case kSettings:
      take_settings(direction, payload, sink);
      break;
    case kPriority:
      if (frame.stream != 0) {
        Http2Side& told = stream_of(direction, frame.stream, sink).sides[index_of(direction)];
        note_frame(told, frame.type);
        take_priority(told, payload);
      }
      break;
    case kReset:
      if (Http2Stream* stream = find_stream(frame.stream); stream != nullptr) {
        note_frame(stream->sides[index_of(direction)], frame.type);
        take_error(stream->sides[index_of(direction)], in.u32(), false);
        stream->sides[index_of(opposite(direction))].ended = true;
        end_side(direction, frame.stream, sink);
      }
      break;
    case kGoAway: {
      Http2Stream told;
      told.tx_id = next_tx_id_++;
      in.skip(4);
      note_frame(told.sides[index_of(direction)], frame.type);
      take_error(told.sides[index_of(direction)], in.u32(), true);
      report(told, sink);
      break;
    }
    case kPing:
    case kWindowUpdate:
      take_silent_frame(direction, payload, sink);
      break;
    default:
      break;
  }
  return true;
}

// Decides whether a payload is read or passed over.
void Http2Parser::begin_frame(Direction direction, Bytes head, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  base::Reader in(head);
  side.frame.length = in.u24();
  side.frame.type = in.u8();
  side.frame.flags = in.u8();
  side.frame.stream = in.u32() & 0x7fffffffu;
  side.in_frame = true;
  side.pdu.forget();
  if (sink.content().frames) side.pdu.add(head);
  if (side.frame.type == kData) {
    side.skip = side.frame.length;
    if (side.frame.stream == 0) sink.on_anomaly(AppProto::kHttp2, "data_stream_zero", direction);
    side.data_left = side.frame.length;
    side.padding_unknown = (side.frame.flags & kPadded) != 0 && side.frame.length > 0;
    if (Http2Stream* const stream = find_stream(side.frame.stream); stream != nullptr)
      note_frame(stream->sides[index_of(direction)], kData);
  } else if (side.frame.length > kMaxHeaderBlock && !is_header_frame(side.frame.type)) {
    side.skip = side.frame.length;
    sink.on_anomaly(AppProto::kHttp2, "long_frame_data", direction);
  }
}

void Http2Parser::tell_frames(Direction direction, const FrameKeeper& pdu, TransactionSink& sink) {
  const Bytes octets = pdu.octets();
  if (octets.size() < kFrameHead) return;
  tell_frame("http2.pdu", direction, octets, sink);
  tell_frame("http2.hdr", direction, octets.first(kFrameHead), sink);
  if (octets.size() > kFrameHead)
    tell_frame("http2.data", direction, octets.subspan(kFrameHead), sink);
}

// A piece of a DATA frame's payload (RFC 9113 §6.1).
void Http2Parser::take_data(Direction direction, Bytes piece, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  if (side.padding_unknown && !piece.empty()) {
    side.padding_unknown = false;
    const std::uint64_t around = 1 + base::Reader(piece).u8();
    if (around > side.data_left) sink.on_anomaly(AppProto::kHttp2, "invalid_frame_data", direction);
    side.data_left -= std::min(around, side.data_left);
    piece = piece.subspan(1);
  }
  const Bytes data = piece.first(std::min<std::uint64_t>(side.data_left, piece.size()));
  side.data_left -= data.size();
  Http2Stream* stream = find_stream(side.frame.stream);
  if (stream != nullptr && !data.empty()) body_data(direction, *stream, data, sink);
}

bool Http2Parser::take_preface(Bytes& data) {
  Side& side = sides_[index_of(Direction::kToServer)];
  const std::size_t piece = std::min(data.size(), kPreface.size() - side.preface);
  if (as_text(data.first(piece)) != kPreface.substr(side.preface, piece)) return false;
  side.preface += piece;
  data = data.subspan(piece);
  return true;
}

Verdict Http2Parser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  if (direction == Direction::kToServer && side.preface < kPreface.size() && !take_preface(data)) {
    sink.on_anomaly(AppProto::kHttp2, "invalid_client_magic", direction);
    return Verdict::kNotMine;
  }
  while (!data.empty() || (side.in_frame && side.frame.length == 0)) {
    if (side.skip > 0) {
      const std::size_t taken = std::min<std::uint64_t>(side.skip, data.size());
      if (side.frame.type == kData) take_data(direction, data.first(taken), sink);
      if (sink.content().frames) side.pdu.add(data.first(taken));
      side.skip -= taken;
      data = data.subspan(taken);
      if (side.skip > 0) break;
    } else {
      const std::size_t wanted = side.in_frame ? side.frame.length : kFrameHead;
      if (side.in_frame && wanted > kMaxHeaderBlock) {
        sink.on_anomaly(AppProto::kHttp2, "reassembly_limit_reached", direction);
        on_close(sink);
        return Verdict::kDone;
      }
      const std::size_t taken = std::min(wanted - side.kept.size(), data.size());
      Bytes whole = data.first(taken);
      data = data.subspan(taken);
      if (!side.kept.empty() || taken < wanted) {
        side.kept.append(as_text(whole));
        if (side.kept.size() < wanted) break;
        whole = as_bytes(side.kept);
      }
      if (!side.in_frame) {
        begin_frame(direction, whole, sink);
        side.kept.clear();
        if (side.skip > 0) continue;
        if (side.frame.length > 0) continue;
        whole = {};
      }
      if (sink.content().frames) side.pdu.add(whole);
      if (side.frame.type != kData && !take_payload(direction, whole, sink)) {
        on_close(sink);
        return Verdict::kDone;
      }
      side.kept.clear();
    }
    side.in_frame = false;
    if (sink.content().frames) tell_frames(direction, side.pdu, sink);
    if (side.frame.type == kData && (side.frame.flags & kEndStream) != 0) {
      end_side(direction, side.frame.stream, sink);
    }
  }
  return Verdict::kMore;
}

Verdict Http2Parser::on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  if (side.skip > missing) {
    side.skip -= missing;
    if (side.frame.type != kData) return Verdict::kMore;
    side.data_left -= std::min(missing, side.data_left);
    side.padding_unknown = false;
    Http2Stream* stream = find_stream(side.frame.stream);
    if (stream == nullptr) return Verdict::kMore;
    Http2Side& told = stream->sides[index_of(direction)];
    told.body_octets += missing;
    if (told.body != nullptr) told.body->gap(missing, {nullptr, sink});
    return Verdict::kMore;
  }
  on_close(sink);
  return Verdict::kDone;
}

void Http2Parser::on_close(TransactionSink& sink) {
  while (!streams_.empty())
    report_at(0, sink);
}

}  // namespace netmoth::protocols
