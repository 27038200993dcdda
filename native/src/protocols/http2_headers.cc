// Header blocks of HTTP/2. See http2_parser.h.
#include <algorithm>

#include "base/reader.h"
#include "protocols/http2_frame.h"
#include "protocols/http2_parser.h"

namespace netmoth::protocols {

using namespace http2;

namespace {

std::string_view event_of(HpackStatus status) {
  switch (status) {
    case HpackStatus::kOverflow:
      return "header_integer_overflow";
    case HpackStatus::kTooLarge:
      return "reassembly_limit_reached";
    default:
      return "invalid_header";
  }
}

}  // namespace

void Http2Parser::take_field(Http2Stream& stream, Direction direction, const HeaderField& field,
                             TransactionSink& sink) {
  if (field.name == "content-length") {
    stream.content_length = decimal_number(field.value);
  } else if (field.name == ":authority") {
    Http2Side& side = stream.sides[index_of(direction)];
    if (!side.authority) side.authority = side.headers.size();
    if (field.value.find('@') != std::string::npos)
      sink.on_anomaly(AppProto::kHttp2, "userinfo_in_uri", direction);
  } else if (field.name == "host") {
    Http2Side& side = stream.sides[index_of(direction)];
    if (side.mismatch_told || !side.authority) return;
    side.mismatch_told = side.headers[*side.authority].value != field.value;
    if (side.mismatch_told) sink.on_anomaly(AppProto::kHttp2, "authority_host_mismatch", direction);
  }
}

// A whole header block.
bool Http2Parser::end_block(Direction direction, Bytes block, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  const std::uint32_t id = side.block_stream;
  side.block_stream = 0;
  std::vector<HeaderField> fields;
  if (const auto status = side.hpack.decode(block, fields); status != HpackStatus::kOk) {
    sink.on_anomaly(AppProto::kHttp2, event_of(status), direction);
    return false;
  }
  Http2Stream& stream = stream_of(direction, id, sink);
  // What is promised is a request, though the server says it.
  const Direction teller = side.block_promise ? Direction::kToServer : direction;
  Http2Side& told = stream.sides[index_of(teller)];
  told.has_headers = true;
  for (const std::uint32_t octets : side.hpack.size_updates()) {
    if (told.size_updates.size() < kMaxHttp2SizeUpdates) told.size_updates.push_back(octets);
  }
  for (HeaderField& field : fields) {
    if (told.header_octets + field.size() > kMaxHeaderList) {
      sink.on_anomaly(AppProto::kHttp2, "reassembly_limit_reached", direction);
      break;
    }
    take_field(stream, teller, field, sink);
    told.header_octets += field.size();
    kept_octets_ += field.size();
    told.headers.push_back(std::move(field));
  }
  if (side.block_promise) told.ended = true;
  while (kept_octets_ > kMaxHttp2Kept && streams_.size() > 1) {
    sink.on_anomaly(AppProto::kHttp2, "too_many_streams", direction);
    report_at(0, sink);
  }
  return true;
}

bool Http2Parser::add_to_block(Direction direction, Bytes fragment, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  const bool last = (side.frame.flags & kEndHeaders) != 0;
  if (last && side.block.empty()) return end_block(direction, fragment, sink);
  if (side.block.size() + fragment.size() > kMaxHeaderBlock) {
    sink.on_anomaly(AppProto::kHttp2, "reassembly_limit_reached", direction);
    return false;
  }
  side.block.append(as_text(fragment));
  if (!last) return true;
  const bool good = end_block(direction, as_bytes(side.block), sink);
  side.block.clear();
  return good;
}

// HEADERS, PUSH_PROMISE and CONTINUATION; false where the connection cannot be followed any more.
bool Http2Parser::take_headers(Direction direction, Bytes payload, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  const Frame frame = side.frame;
  if (frame.type == kContinuation) {
    if (side.block_stream != frame.stream || frame.stream == 0) {
      sink.on_anomaly(AppProto::kHttp2, "invalid_frame_data", direction);
      return false;
    }
    if (++side.continuations > kMaxContinuations) {
      sink.on_anomaly(AppProto::kHttp2, "too_many_frames", direction);
      return false;
    }
    if (Http2Stream* const stream = find_stream(frame.stream); stream != nullptr)
      note_frame(stream->sides[index_of(direction)], frame.type);
    return add_to_block(direction, payload, sink);
  }
  base::Reader in(payload);
  const std::size_t padding = (frame.flags & kPadded) != 0 ? in.u8() : 0;
  Bytes priority;
  std::uint32_t id = frame.stream;
  if (frame.type == kPushPromise) {
    id = in.u32() & 0x7fffffffu;
  } else if ((frame.flags & kWithPriority) != 0) {
    priority = in.bytes(5);
  }
  if (!in.ok() || padding > in.remaining() || id == 0) {
    sink.on_anomaly(AppProto::kHttp2, "invalid_frame_data", direction);
    return false;
  }
  side.block_stream = id;
  side.block_promise = frame.type == kPushPromise;
  side.continuations = 0;
  side.block.clear();
  Http2Stream& stream = stream_of(direction, id, sink);
  note_frame(stream.sides[index_of(direction)], frame.type);
  if (!priority.empty()) take_priority(stream.sides[index_of(direction)], priority);
  // END_STREAM stands on HEADERS though the block may go on; it counts at the block's end.
  if (frame.type == kHeaders && (frame.flags & kEndStream) != 0) {
    stream.sides[index_of(direction)].ended = true;
  }
  return add_to_block(direction, in.bytes(in.remaining() - padding), sink);
}

}  // namespace netmoth::protocols
