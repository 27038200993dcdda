// Streams of HTTP/2: what frames say of them, their bodies, and their end. See http2_parser.h.
#include <algorithm>

#include "base/reader.h"
#include "protocols/http2_frame.h"
#include "protocols/http2_parser.h"

namespace netmoth::protocols {

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
void Http2Parser::fill_transaction(const Http2Stream& stream) {
  const Http2Side& request = stream.sides[0];
  const Http2Side& response = stream.sides[1];
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
      if (field.name == "content-range") t.content_range = field.value;
      if (field.name == ":status") {
        const auto status = decimal_number(field.value);
        t.status = status && *status <= 999 ? static_cast<int>(*status) : 0;
      }
    }
  }
  if (t.hostname.empty()) t.hostname = authority;
  t.http2 = &stream;
}

void Http2Parser::report(const Http2Stream& stream, TransactionSink& sink) {
  if (!stream.sides[0].tells() && !stream.sides[1].tells()) return;
  fill_transaction(stream);
  sink.on_record(Direction::kToServer, transaction_);
  transaction_.http2 = nullptr;
}

// Parts of a form end, and are told, in the middle of a body.
class Http2Parser::PartsTransaction final : public HttpBody::TransactionMaker {
 public:
  PartsTransaction(Http2Parser& parser, const Http2Stream& stream)
      : parser_(parser), stream_(stream) {}
  const HttpTransaction& make() override {
    parser_.fill_transaction(stream_);
    return parser_.transaction_;
  }

 private:
  Http2Parser& parser_;
  const Http2Stream& stream_;
};

// A body begins with the first octets that come of it.
void Http2Parser::body_data(Direction direction, Http2Stream& stream, Bytes data,
                            TransactionSink& sink) {
  Http2Side& side = stream.sides[index_of(direction)];
  side.body_octets += data.size();
  const ContentSettings& wanted = sink.content();
  if (!wanted.any() || data.empty()) return;
  if (side.body == nullptr) {
    fill_transaction(stream);
    HttpContentFields fields;
    for (const HeaderField& field : side.headers) {
      if (field.name == "content-encoding") fields.encoding = field.value;
      if (field.name == "content-type") fields.type = field.value;
      if (field.name == "content-disposition") fields.disposition = field.value;
    }
    side.body = std::make_unique<HttpBody>(*wanted.memory);
    side.body->begin({AppProto::kHttp2, direction, fields, {}}, {&transaction_, sink});
  }
  PartsTransaction parts(*this, stream);
  side.body->data(data, {nullptr, sink, &parts});
  transaction_.http2 = nullptr;
}

void Http2Parser::end_body(Direction direction, Http2Stream& stream, TransactionSink& sink) {
  Http2Side& side = stream.sides[index_of(direction)];
  if (side.body == nullptr || !side.body->is_open()) return;
  fill_transaction(stream);
  side.body->end(side.ended, {&transaction_, sink});
  transaction_.http2 = nullptr;
}

void Http2Parser::report_at(std::size_t index, TransactionSink& sink) {
  const std::unique_ptr<Http2Stream> stream = std::move(streams_[index]);
  streams_.erase(streams_.begin() + static_cast<std::ptrdiff_t>(index));
  for (const Http2Side& side : stream->sides)
    kept_octets_ -= side.header_octets;
  end_body(Direction::kToServer, *stream, sink);
  end_body(Direction::kToClient, *stream, sink);
  report(*stream, sink);
}

// RFC 7540 §3.2: the request of HTTP/1.1 is that of stream 1, which only its answer keeps open.
void Http2Parser::take_upgrade(const HttpTransaction& asked) {
  auto stream = std::make_unique<Http2Stream>();
  stream->id = 1;
  stream->tx_id = next_tx_id_++;
  Http2Side& request = stream->sides[0];
  request.has_headers = request.ended = true;
  for (const auto& [name, value] :
       {std::pair<std::string_view, const std::string&>{":method", asked.method},
        {":path", asked.url},
        {":authority", asked.hostname},
        {"user-agent", asked.user_agent}}) {
    if (value.empty()) continue;
    request.headers.push_back({std::string(name), value});
    request.header_octets += request.headers.back().size();
  }
  kept_octets_ += request.header_octets;
  sides_[index_of(Direction::kToServer)].youngest = 1;
  streams_.push_back(std::move(stream));
}

void Http2Parser::end_side(Direction direction, std::uint32_t id, TransactionSink& sink) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    Http2Stream& stream = *streams_[i];
    if (stream.id != id) continue;
    stream.sides[index_of(direction)].ended = true;
    end_body(direction, stream, sink);
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

void Http2Parser::take_silent_frame(Direction direction, Bytes payload, TransactionSink& sink) {
  const Frame& frame = sides_[index_of(direction)].frame;
  const auto note = [&](Http2Side& told) {
    note_frame(told, frame.type);
    if (frame.type == http2::kWindowUpdate && told.windows.size() < kMaxHttp2Windows)
      told.windows.push_back(base::Reader(payload).u32() & 0x7fffffffU);
  };
  if (frame.stream != 0) {
    Http2Stream* const stream = find_stream(frame.stream);
    if (stream != nullptr) note(stream->sides[index_of(direction)]);
    return;
  }
  // Each frame of stream 0 is a transaction, as in Suricata.
  const std::uint64_t tx_id = next_tx_id_++;
  if (!sink.content().inspect) return;
  Http2Stream told;
  told.tx_id = tx_id;
  note(told.sides[index_of(direction)]);
  fill_transaction(told);
  sink.on_inspected(Direction::kToServer, transaction_);
  transaction_.http2 = nullptr;
}

void Http2Parser::take_settings(Direction direction, Bytes payload, TransactionSink& sink) {
  Http2Stream frame;  // stream 0: an event for each frame that tells something
  frame.tx_id = next_tx_id_++;
  Http2Side& side = frame.sides[index_of(direction)];
  note_frame(side, http2::kSettings);
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

}  // namespace netmoth::protocols
