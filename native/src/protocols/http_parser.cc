// The message framing of HTTP/1.x. See http_parser.h.
#include "protocols/http_parser.h"

#include <algorithm>
#include <charconv>

#include "protocols/probe_looks.h"

namespace netmoth::protocols {

void HttpTransaction::reset() {
  tx_id = request_length = response_length = 0;
  has_request = has_response = response_complete = false;
  port = 0;
  status = 0;
  for (std::string* text :
       {&method, &url, &hostname, &protocol, &user_agent, &referer, &forwarded_for,
        &response_protocol, &status_text, &content_type, &location, &content_range}) {
    text->clear();
  }
}

HttpTransaction& HttpParser::add_transaction(TransactionSink& sink) {
  if (waiting_ == kMaxPipelined) {
    sink.on_anomaly(AppProto::kHttp, "unable_to_match_response_to_request", Direction::kToServer);
    report_oldest(sink);
  }
  if (waiting_ == slots_.size()) slots_.emplace_back();
  HttpTransaction& transaction = slots_[waiting_++];
  transaction.reset();
  transaction.tx_id = next_tx_id_++;
  for (Side& side : sides_)
    side.value = nullptr;  // slots may have moved
  return transaction;
}

HttpTransaction* HttpParser::request_now() {
  return waiting_ == 0 ? nullptr : &slots_[waiting_ - 1];
}

HttpTransaction& HttpParser::response_now() {
  return slots_[0];
}

void HttpParser::report_oldest(TransactionSink& sink) {
  if (waiting_ == 0) return;
  sink.on_record(Direction::kToServer, slots_[0]);
  for (Side& side : sides_)
    side.value = nullptr;
  std::rotate(slots_.begin(), slots_.begin() + 1,
              slots_.begin() + static_cast<std::ptrdiff_t>(waiting_));
  --waiting_;
}

void HttpParser::count_body(Direction direction, std::uint64_t octets) {
  if (direction == Direction::kToClient) {
    if (waiting_ > 0) response_now().response_length += octets;
  } else if (HttpTransaction* t = request_now(); t != nullptr) {
    t->request_length += octets;
  }
}

void HttpParser::message_complete(Direction direction, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  side.state = State::kStart;
  side.value = nullptr;
  side.framing.clear();
  if (direction == Direction::kToServer) {
    request_open_ = false;
    return;
  }
  if (waiting_ == 0) return;
  // An answer may come before its request's body is through (417, early errors).
  if (waiting_ == 1 && request_open_) sides_[index_of(Direction::kToServer)].value = nullptr;
  response_now().response_complete = true;
  report_oldest(sink);
}

HttpParser::Next HttpParser::start_line(Direction direction, std::string_view line,
                                        TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  if (direction == Direction::kToServer) {
    HttpTransaction& t = add_transaction(sink);
    if (!read_request_line(line, t)) {
      --waiting_;
      --next_tx_id_;
      return Next::kNotHttp;
    }
    request_open_ = true;
    side.state = State::kFields;
    side.fields = 0;
    side.framing.clear();
    // HTTP/0.9 has no fields; where more follows, the version is missing only.
    if (t.protocol.empty() && !more_follows_) return head_complete(direction, sink);
    return Next::kGoOn;
  }
  if (line.substr(0, 5) != "HTTP/") {
    if (waiting_ == 0) return Next::kNotHttp;
    // HTTP/0.9, or a server that answers with a body alone.
    side.state = State::kBodyToEnd;
    count_body(direction, line.size() + 1);
    return Next::kGoOn;
  }
  if (waiting_ == 0) {
    (void)add_transaction(sink);
    if (anything_seen_) {
      sink.on_anomaly(AppProto::kHttp, "unable_to_match_response_to_request", direction);
    }
  }
  (void)read_status_line(line, response_now());
  side.state = State::kFields;
  side.fields = 0;
  side.framing.clear();
  return Next::kGoOn;
}

void HttpParser::field_line(Direction direction, std::string_view line, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  if (line.front() == ' ' || line.front() == '\t') {
    if (side.value != nullptr && side.value->size() + line.size() <= kMaxHttpLine) {
      side.value->push_back(' ');
      side.value->append(trimmed(line));
    }
    return;
  }
  side.value = nullptr;
  if (++side.fields > kMaxHttpFields || waiting_ == 0) return;
  const bool request = direction == Direction::kToServer;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    sink.on_anomaly(AppProto::kHttp,
                    request ? "request_field_missing_colon" : "response_field_missing_colon",
                    direction);
    return;
  }
  const std::string_view name = trimmed(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  std::string* place = request ? request_field(name, *request_now(), side.framing)
                               : response_field(name, response_now(), side.framing);
  if (place == nullptr) return;
  side.value = place;
  if (place->empty()) {
    place->assign(value);
  } else if (place != &side.framing.content_length && place != &request_now()->hostname &&
             place->size() + value.size() <= kMaxHttpLine) {
    place->append(", ").append(value);  // RFC 9110 §5.3
  }
}

HttpParser::Next HttpParser::response_head_complete(TransactionSink& sink) {
  Side& side = sides_[index_of(Direction::kToClient)];
  HttpTransaction& t = response_now();
  if (t.status >= 100 && t.status < 200 && t.status != 101) {
    // Interim: the answer proper follows.
    side.state = State::kStart;
    t.has_response = false;
    t.status = 0;
    t.content_type.clear();
    t.location.clear();
    return Next::kGoOn;
  }
  if (t.status == 101) {
    const bool tls =
        equal_ignoring_case(std::string_view(side.framing.upgrade).substr(0, 4), "tls/");
    message_complete(Direction::kToClient, sink);
    return tls ? Next::kTunnelTls : Next::kTunnel;
  }
  if (t.method == "CONNECT" && t.status >= 200 && t.status < 300) {
    message_complete(Direction::kToClient, sink);
    return Next::kTunnelTls;
  }
  const bool bodiless = t.method == "HEAD" || t.status == 204 || t.status == 304;
  if (bodiless) {
    message_complete(Direction::kToClient, sink);
  } else if (side.framing.chunked()) {
    side.state = State::kChunkSize;
  } else if (side.framing.length(side.left)) {
    side.state = State::kBody;
    if (side.left == 0) message_complete(Direction::kToClient, sink);
  } else {
    side.state = State::kBodyToEnd;
  }
  return Next::kGoOn;
}

HttpParser::Next HttpParser::head_complete(Direction direction, TransactionSink& sink) {
  anything_seen_ = true;
  Side& side = sides_[index_of(direction)];
  side.value = nullptr;
  if (waiting_ == 0) {  // the answer came and went before the request's head was through
    side.state = State::kStart;
    return Next::kGoOn;
  }
  if (direction == Direction::kToClient) return response_head_complete(sink);
  settle_host(*request_now());
  if (side.framing.chunked()) {
    side.state = State::kChunkSize;
  } else if (side.framing.length(side.left) && side.left > 0) {
    side.state = State::kBody;
  } else {
    if (!side.framing.content_length.empty() && !side.framing.length(side.left)) {
      sink.on_anomaly(AppProto::kHttp, "invalid_content_length_field_in_request", direction);
    }
    message_complete(direction, sink);
  }
  return Next::kGoOn;
}

void HttpParser::chunk_size_line(Direction direction, std::string_view line,
                                 TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  line = trimmed(line);
  if (line.empty()) return;
  const auto end = std::from_chars(line.data(), line.data() + line.size(), side.left, 16);
  if (end.ec != std::errc()) {
    sink.on_anomaly(AppProto::kHttp,
                    direction == Direction::kToServer ? "invalid_request_chunk_len"
                                                      : "invalid_response_chunk_len",
                    direction);
    side.state = State::kBodyToEnd;
    return;
  }
  side.state = side.left == 0 ? State::kTrailers : State::kChunk;
}

// One whole line without its line feed.
HttpParser::Next HttpParser::take_line(Direction direction, std::string_view line,
                                       TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  switch (side.state) {
    case State::kStart:
      return line.empty() ? Next::kGoOn : start_line(direction, line, sink);
    case State::kFields:
      if (line.empty()) return head_complete(direction, sink);
      field_line(direction, line, sink);
      return Next::kGoOn;
    case State::kChunkSize:
      chunk_size_line(direction, line, sink);
      return Next::kGoOn;
    case State::kChunkEnd:
      side.state = State::kChunkSize;
      return Next::kGoOn;
    case State::kTrailers:
      if (line.empty()) message_complete(direction, sink);
      return Next::kGoOn;
    case State::kBody:
    case State::kBodyToEnd:
    case State::kChunk:
    case State::kLost:
      return Next::kGoOn;
  }
  return Next::kGoOn;
}

// Takes one step: a piece of body or a line. `data` moves on.
HttpParser::Next HttpParser::consume(Direction direction, Bytes& data, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  if (side.state == State::kBodyToEnd) {
    count_body(direction, data.size());
    data = {};
    return Next::kGoOn;
  }
  if (side.state == State::kBody || side.state == State::kChunk) {
    const std::size_t taken = std::min<std::uint64_t>(side.left, data.size());
    count_body(direction, taken);
    side.left -= taken;
    data = data.subspan(taken);
    if (side.left > 0) return Next::kGoOn;
    if (side.state == State::kChunk) {
      side.state = State::kChunkEnd;
    } else {
      message_complete(direction, sink);
    }
    return Next::kGoOn;
  }
  const std::string_view text = as_text(data);
  if (side.state == State::kStart && direction == Direction::kToClient && waiting_ > 0 &&
      side.line.empty() && text.front() != 'H' && text.front() != '\r' && text.front() != '\n') {
    side.state = State::kBodyToEnd;  // HTTP/0.9: a body alone
    return Next::kGoOn;
  }
  const std::size_t end = text.find('\n');
  if (side.line.empty() && end != std::string_view::npos) {
    data = data.subspan(end + 1);
    more_follows_ = !data.empty();
    return take_line(direction, text.substr(0, std::min(end, kMaxHttpLine)), sink);
  }
  const std::size_t piece = std::min(end, text.size());
  const std::size_t room = kMaxHttpLine - side.line.size();
  side.line.append(text.substr(0, std::min(piece, room)));
  if (piece > room && !side.line_cut) {
    side.line_cut = true;
    sink.on_anomaly(
        AppProto::kHttp,
        direction == Direction::kToServer ? "request_field_too_long" : "response_field_too_long",
        direction);
  }
  if (end == std::string_view::npos) {
    data = {};
    return Next::kGoOn;
  }
  data = data.subspan(end + 1);
  more_follows_ = !data.empty() || side.line_cut;
  // The buffer is handed over by value: handling the line may change the side.
  std::string line;
  line.swap(side.line);
  side.line_cut = false;
  const Next next = take_line(direction, line, sink);
  line.clear();
  side.line.swap(line);  // keeps its memory
  return next;
}

// A request line without an end is taken as it is once the server answers or the connection ends.
void HttpParser::end_request_line(TransactionSink& sink) {
  Side& side = sides_[index_of(Direction::kToServer)];
  if (side.state != State::kStart || side.line.empty() || waiting_ > 0) return;
  std::string line;
  line.swap(side.line);
  more_follows_ = false;
  (void)take_line(Direction::kToServer, line, sink);
}

// After a gap: true where `data` starts with a message head again.
bool HttpParser::find_again(Direction direction, Bytes data, TransactionSink& sink) {
  const Look look = look_http(data);
  const bool wanted_server = direction == Direction::kToClient;
  if (look.certainty != Certainty::kCertain ||
      (look.side == protocols::Side::kServer) != wanted_server) {
    return false;
  }
  Side& side = sides_[index_of(direction)];
  if (wanted_server && waiting_ > 0 && response_now().has_response) report_oldest(sink);
  side.state = State::kStart;
  side.value = nullptr;
  return true;
}

Verdict HttpParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  if (sides_[index_of(direction)].state == State::kLost && !find_again(direction, data, sink)) {
    return Verdict::kMore;
  }
  if (direction == Direction::kToClient) end_request_line(sink);
  while (!data.empty()) {
    switch (consume(direction, data, sink)) {
      case Next::kGoOn:
        break;
      case Next::kNotHttp:
        if (!anything_seen_) return Verdict::kNotMine;
        on_close(sink);
        return Verdict::kDone;
      case Next::kTunnel:
        on_close(sink);
        return Verdict::kDone;
      case Next::kTunnelTls:
        on_close(sink);
        return Verdict::kSwitchTls;
    }
  }
  return Verdict::kMore;
}

Verdict HttpParser::on_gap(Direction direction, std::uint64_t missing, TransactionSink&) {
  Side& side = sides_[index_of(direction)];
  const bool in_body = side.state == State::kBody || side.state == State::kChunk;
  if (side.state == State::kBodyToEnd) return Verdict::kMore;
  if (in_body && missing < side.left) {
    side.left -= missing;
    return Verdict::kMore;
  }
  side.state = State::kLost;
  side.line.clear();
  side.line_cut = false;
  side.value = nullptr;
  return Verdict::kMore;
}

void HttpParser::on_close(TransactionSink& sink) {
  end_request_line(sink);
  for (Side& side : sides_)
    side.value = nullptr;
  if (waiting_ > 0 && sides_[index_of(Direction::kToClient)].state == State::kBodyToEnd) {
    response_now().response_complete = true;
  }
  if (request_open_ && waiting_ > 0) settle_host(*request_now());
  request_open_ = false;
  while (waiting_ > 0)
    report_oldest(sink);
}

}  // namespace netmoth::protocols
