// Frames into streams. See http2_parser.h.
#include "protocols/http2_parser.h"

#include <algorithm>
#include <charconv>

#include "base/reader.h"

namespace netmoth::protocols {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kFrameHead = 9;

enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

constexpr std::uint8_t kEndStream = 0x01;
constexpr std::uint8_t kEndHeaders = 0x04;
constexpr std::uint8_t kPadded = 0x08;
constexpr std::uint8_t kWithPriority = 0x20;

bool is_header_frame(std::uint8_t type) {
  return type == kHeaders || type == kPushPromise || type == kContinuation;
}

template <typename Number>
std::optional<Number> decimal(std::string_view text) {
  Number value{};
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

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

Http2Stream* Http2Parser::find_stream(std::uint32_t id) {
  for (auto& stream : streams_) {
    if (stream->id == id) return stream.get();
  }
  return nullptr;
}

Http2Stream& Http2Parser::stream_of(Direction direction, std::uint32_t id, TransactionSink& sink) {
  if (Http2Stream* known = find_stream(id); known != nullptr) return *known;
  Side& side = sides_[index_of(direction)];
  if (id % 2 == (direction == Direction::kToServer ? 1u : 0u)) {  // one that this side opens
    if (id <= side.youngest) sink.on_anomaly(AppProto::kHttp2, "stream_id_reuse", direction);
    side.youngest = std::max(side.youngest, id);
  }
  if (streams_.size() == kMaxHttp2Streams) {
    sink.on_anomaly(AppProto::kHttp2, "too_many_streams", direction);
    report_at(0, sink);
  }
  streams_.push_back(std::make_unique<Http2Stream>());
  streams_.back()->id = id;
  streams_.back()->tx_id = next_tx_id_++;
  return *streams_.back();
}

// What both HTTP versions call by the same names is repeated in the record.
void Http2Parser::report(const Http2Stream& stream, TransactionSink& sink) {
  const Http2Side& request = stream.sides[0];
  const Http2Side& response = stream.sides[1];
  if (!request.tells() && !response.tells()) return;
  HttpTransaction& t = transaction_;
  t.reset();
  t.tx_id = stream.tx_id;
  t.has_request = request.has_headers;
  t.has_response = response.has_headers;
  t.response_complete = response.ended;
  t.request_length = request.body_octets;
  t.response_length = response.body_octets;
  std::string_view authority;
  for (const Http2Side& side : stream.sides) {
    for (const HeaderField& field : side.headers) {
      if (field.name == ":method") t.method = field.value;
      if (field.name == ":path") t.url = field.value;
      if (field.name == ":authority") authority = field.value;
      if (field.name == "host") t.hostname = field.value;
      if (field.name == "user-agent") t.user_agent = field.value;
      if (field.name == ":status") t.status = decimal<std::uint16_t>(field.value).value_or(0);
    }
  }
  if (t.hostname.empty()) t.hostname = authority;
  t.http2 = &stream;
  sink.on_record(Direction::kToServer, t);
  t.http2 = nullptr;
}

void Http2Parser::report_at(std::size_t index, TransactionSink& sink) {
  const std::unique_ptr<Http2Stream> stream = std::move(streams_[index]);
  streams_.erase(streams_.begin() + static_cast<std::ptrdiff_t>(index));
  for (const Http2Side& side : stream->sides)
    kept_octets_ -= side.header_octets;
  report(*stream, sink);
}

void Http2Parser::end_side(Direction direction, std::uint32_t id, TransactionSink& sink) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    Http2Stream& stream = *streams_[i];
    if (stream.id != id) continue;
    stream.sides[index_of(direction)].ended = true;
    if (stream.sides[0].ended && stream.sides[1].ended) report_at(i, sink);
    return;
  }
}

void Http2Parser::take_priority(Http2Side& side, Bytes payload) {
  if (!side.priority) {
    side.priority = payload[4];
  } else if (side.multiple.empty()) {
    side.multiple = "priority";
  }
}

void Http2Parser::take_error(Http2Side& side, std::uint32_t code, bool of_connection) {
  if (!side.error) {
    side.error = code;
    side.error_of_connection = of_connection;
  } else if (side.multiple.empty()) {
    side.multiple = "error_code";
  }
}

void Http2Parser::take_settings(Direction direction, Bytes payload, TransactionSink& sink) {
  Http2Stream frame;  // stream 0: an event for each frame that tells something
  frame.tx_id = next_tx_id_++;
  Http2Side& side = frame.sides[index_of(direction)];
  side.has_settings = true;
  if (payload.size() % 6 != 0) {
    sink.on_anomaly(AppProto::kHttp2, "invalid_frame_length", direction);
  }
  base::Reader in(payload);
  while (in.remaining() >= 6) {
    const Http2Setting setting{in.u16(), in.u32()};
    if (side.settings.size() < kMaxHttp2Settings) {
      side.settings.push_back(setting);
    } else if (side.settings.size() == kMaxHttp2Settings && in.remaining() < 6) {
      sink.on_anomaly(AppProto::kHttp2, "long_frame_data", direction);
    }
    // What this side allows is what the other side's blocks may use.
    if (setting.id == 1 &&
        !sides_[index_of(opposite(direction))].hpack.allow_table(setting.value) && !table_named_) {
      table_named_ = true;
      sink.on_anomaly(AppProto::kHttp2, "reassembly_limit_reached", direction);
    }
  }
  report(frame, sink);
}

void Http2Parser::take_field(Http2Stream& stream, Direction direction, const HeaderField& field,
                             TransactionSink& sink) {
  if (field.name == "content-length") {
    stream.content_length = decimal<std::uint64_t>(field.value);
  } else if (field.name == ":authority" && field.value.find('@') != std::string::npos) {
    sink.on_anomaly(AppProto::kHttp2, "userinfo_in_uri", direction);
  } else if (field.name == "host") {
    for (const HeaderField& other : stream.sides[index_of(direction)].headers) {
      if (other.name == ":authority" && other.value != field.value) {
        sink.on_anomaly(AppProto::kHttp2, "authority_host_mismatch", direction);
      }
    }
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
  if (!priority.empty()) take_priority(stream.sides[index_of(direction)], priority);
  // END_STREAM stands on HEADERS though the block may go on; it counts at the block's end.
  if (frame.type == kHeaders && (frame.flags & kEndStream) != 0) {
    stream.sides[index_of(direction)].ended = true;
  }
  return add_to_block(direction, in.bytes(in.remaining() - padding), sink);
}

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
        take_priority(stream_of(direction, frame.stream, sink).sides[index_of(direction)], payload);
      }
      break;
    case kReset:
      if (Http2Stream* stream = find_stream(frame.stream); stream != nullptr) {
        take_error(stream->sides[index_of(direction)], in.u32(), false);
        stream->sides[index_of(opposite(direction))].ended = true;
        end_side(direction, frame.stream, sink);
      }
      break;
    case kGoAway: {
      Http2Stream told;
      told.tx_id = next_tx_id_++;
      in.skip(4);
      take_error(told.sides[index_of(direction)], in.u32(), true);
      report(told, sink);
      break;
    }
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
  if (side.frame.type == kData) {
    side.skip = side.frame.length;
    if (side.frame.stream == 0) sink.on_anomaly(AppProto::kHttp2, "data_stream_zero", direction);
    if (Http2Stream* stream = find_stream(side.frame.stream); stream != nullptr) {
      stream->sides[index_of(direction)].body_octets += side.frame.length;
    }
  } else if (side.frame.length > kMaxHeaderBlock && !is_header_frame(side.frame.type)) {
    side.skip = side.frame.length;
    sink.on_anomaly(AppProto::kHttp2, "long_frame_data", direction);
  }
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
      if (side.frame.type != kData && !take_payload(direction, whole, sink)) {
        on_close(sink);
        return Verdict::kDone;
      }
      side.kept.clear();
    }
    side.in_frame = false;
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
