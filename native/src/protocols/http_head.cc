// The heads of HTTP/1.x messages and what they say about what follows. See http_parser.h.
#include <algorithm>

#include "protocols/http2_parser.h"
#include "protocols/http_parser.h"

namespace netmoth::protocols {

HttpParser::Next HttpParser::start_line(Direction direction, std::string_view line,
                                        TransactionSink& sink) {
  Side& side = side_of(direction);
  side.fields = 0;
  side.had_colon = false;
  side.framing.clear();
  side.content.clear();
  side.body_wanted = sink.content().any();
  if (direction == Direction::kToServer) return request_line(line, sink);
  if (answered_early_) report_oldest(sink);
  if (!could_be_status_line(line)) {
    if (waiting_ == 0) return Next::kNotHttp;
    // HTTP/0.9, or a server that answers with a body alone.
    side.state = State::kBodyToEnd;
    begin_body(direction, sink);
    body_data(direction, as_bytes(line), sink);
    body_data(direction, as_bytes("\n"), sink);
    return Next::kGoOn;
  }
  if (waiting_ == 0) {
    (void)add_transaction(sink);
    if (anything_seen_) {
      sink.on_anomaly(AppProto::kHttp, "unable_to_match_response_to_request", direction);
    }
  }
  HttpTransaction& t = response_now();
  (void)read_status_line(line, t);
  if (t.status == 0) sink.on_anomaly(AppProto::kHttp, "response_invalid_status", direction);
  side.state = State::kFields;
  return Next::kGoOn;
}

HttpParser::Next HttpParser::request_line(std::string_view line, TransactionSink& sink) {
  Side& side = side_of(Direction::kToServer);
  HttpTransaction& t = add_transaction(sink);
  const bool well_formed = read_request_line(line, t);
  // What opens a connection is a request however it looks, as long as it is text; later, octets
  // that are none are something else.
  if (!well_formed && (anything_seen_ || !read_odd_request_line(line, t))) {
    --waiting_;
    --next_tx_id_;
    return Next::kNotHttp;
  }
  const auto tell = [&](std::string_view event) {
    sink.on_anomaly(AppProto::kHttp, event, Direction::kToServer);
  };
  if (!well_formed) tell("request_line_invalid");
  if (line.front() == ' ' || line.front() == '\t') tell("request_line_leading_whitespace");
  if (well_formed && t.protocol.empty()) tell("request_line_missing_protocol");
  request_open_ = true;
  side.state = State::kFields;
  // HTTP/0.9 has no fields; where more follows, the version is missing only.
  if (t.protocol.empty() && following_.empty()) return head_complete(Direction::kToServer, sink);
  return Next::kGoOn;
}

// For inspection: of a message that is one.
HttpParser::Next HttpParser::keep_start(Direction direction, std::string_view line, Next next) {
  if (next != Next::kGoOn || side_of(direction).state != State::kFields || waiting_ == 0)
    return next;
  HttpTransaction& t = direction == Direction::kToServer ? *request_now() : response_now();
  HttpHeadLines& head = t.heads[index_of(direction)];
  head.start.assign(line);
  head.fields.clear();  // of an interim answer
  return next;
}

void HttpParser::keep_field(Direction direction, std::string_view line) {
  if (waiting_ == 0) return;
  HttpTransaction& t = direction == Direction::kToServer ? *request_now() : response_now();
  std::string& fields = t.heads[index_of(direction)].fields;
  if (fields.size() + line.size() > kMaxInspectedHead) return;
  fields.append(line).append("\r\n");
}

// The line before had no colon: it was the start of this one. True where it was handled.
bool HttpParser::complete_nameless(Direction direction, std::string_view line,
                                   TransactionSink& sink) {
  Side& side = side_of(direction);
  if (side.had_colon || side.nameless.empty() || line.find(':') == std::string_view::npos)
    return false;
  std::string whole;
  whole.swap(side.nameless);
  whole.append(trimmed_of_controls(line));
  field_line(direction, whole, sink);
  return true;
}

// A line that starts with a blank goes on with the field before it. True where it was handled.
bool HttpParser::fold(Direction direction, std::string_view line) {
  Side& side = side_of(direction);
  if (side.fields == 0) return false;  // nothing to go on with: a field of its own
  // Browsers take one with a colon for a field of its own in answers of HTTP/1.1.
  if (direction == Direction::kToClient && side.had_colon && waiting_ > 0 &&
      response_now().response_protocol == "HTTP/1.1" && line.find(':') != std::string_view::npos) {
    return false;
  }
  if (side.value != nullptr && side.value->size() + line.size() <= kMaxHttpLine) {
    side.value->push_back(' ');
    side.value->append(trimmed_of_controls(line));
  }
  return true;
}

void HttpParser::field_line(Direction direction, std::string_view line, TransactionSink& sink) {
  Side& side = side_of(direction);
  if (is_folded(line) && (complete_nameless(direction, line, sink) || fold(direction, line)))
    return;
  side.value = nullptr;
  side.nameless.clear();
  const bool request = direction == Direction::kToServer;
  if (side.fields == kMaxHttpFields) {
    ++side.fields;
    sink.on_anomaly(AppProto::kHttp,
                    request ? "request_too_many_headers" : "response_too_many_headers", direction);
  }
  if (side.fields > kMaxHttpFields || waiting_ == 0) return;
  ++side.fields;
  const std::size_t colon = line.find(':');
  side.had_colon = colon != std::string_view::npos;
  if (!side.had_colon) {
    side.nameless.assign(line.substr(0, kMaxFieldName));
    sink.on_anomaly(AppProto::kHttp,
                    request ? "request_field_missing_colon" : "response_field_missing_colon",
                    direction);
    return;
  }
  std::string_view name = trimmed_of_controls(line.substr(0, colon));
  std::string without_nul;
  if (name.find('\0') != std::string_view::npos) {  // not seen by browsers
    without_nul.assign(name.substr(0, kMaxFieldName));
    std::erase(without_nul, '\0');
    name = without_nul;
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  HttpContentFields* content = side.body_wanted ? &side.content : nullptr;
  std::string* place = request ? request_field(name, *request_now(), side.framing, content)
                               : response_field(name, response_now(), side.framing, content);
  if (place == nullptr) return;
  side.value = place;
  if (place->empty()) {
    place->assign(value);
    // NULs within the codings' names are not seen by browsers.
    if (place == &side.framing.transfer_encoding || place == &side.content.encoding)
      std::erase(*place, '\0');
  } else if (place == &side.framing.content_length) {
    side.value = nullptr;  // the first one counts
    if (*place != value) {
      sink.on_anomaly(AppProto::kHttp,
                      request ? "duplicate_content_length_field_in_request"
                              : "duplicate_content_length_field_in_response",
                      direction);
    }
  } else if (place != &request_now()->hostname && place->size() + value.size() <= kMaxHttpLine) {
    place->append(", ").append(value);  // RFC 9110 §5.3
  }
}

HttpParser::Next HttpParser::head_complete(Direction direction, TransactionSink& sink) {
  anything_seen_ = true;
  Side& side = side_of(direction);
  side.value = nullptr;
  if (waiting_ == 0) {  // the answer came and went before the request's head was through
    side.state = State::kStart;
    return Next::kGoOn;
  }
  return direction == Direction::kToServer ? request_head_complete(sink)
                                           : response_head_complete(sink);
}

HttpParser::Next HttpParser::request_head_complete(TransactionSink& sink) {
  Side& side = side_of(Direction::kToServer);
  HttpTransaction& t = *request_now();
  const auto tell = [&](std::string_view event) {
    sink.on_anomaly(AppProto::kHttp, event, Direction::kToServer);
  };
  if (t.hostname.empty() && t.protocol == "HTTP/1.1") tell("missing_host_header");
  settle_host(t);
  const bool has_length = side.framing.length(side.left);
  if (side.framing.chunked()) {
    side.state = State::kChunkSize;
    begin_body(Direction::kToServer, sink);
    return Next::kGoOn;
  }
  if (!side.framing.transfer_encoding.empty()) tell("invalid_transfer_encoding_value_in_request");
  if (!side.framing.content_length.empty() && !has_length)
    tell("invalid_content_length_field_in_request");
  if (has_length && side.left > 0) {
    side.state = State::kBody;
    begin_body(Direction::kToServer, sink);
  } else {
    message_complete(Direction::kToServer, sink);
  }
  return Next::kGoOn;
}

HttpParser::Next HttpParser::response_head_complete(TransactionSink& sink) {
  constexpr auto kDown = Direction::kToClient;
  Side& side = side_of(kDown);
  HttpTransaction& t = response_now();
  if (t.status == 101) return switch_protocols(sink);
  if (t.status >= 100 && t.status < 200) {
    // Interim: the answer proper follows (RFC 9110 §15.2); one event tells both, as Suricata's.
    side.state = State::kStart;
    t.has_response = false;
    t.status = 0;
    t.content_type.clear();
    t.location.clear();
    return Next::kGoOn;
  }
  if (t.method == "CONNECT" && t.status >= 200 && t.status < 300) {
    message_complete(kDown, sink);
    return Next::kTunnelTls;
  }
  const bool bodiless = t.status == 204 || t.status == 304;
  // Some do have a body that their fields describe, and browsers take it.
  const bool framed = side.framing.chunked() || !side.framing.content_length.empty();
  if (t.method == "HEAD" ||
      (bodiless && (!framed || following_.empty() || could_be_status_line(as_text(following_))))) {
    message_ends(kDown, following_, sink);
    return Next::kGoOn;
  }
  if (bodiless) sink.on_anomaly(AppProto::kHttp, "response_body_unexpected", kDown);
  if (side.framing.chunked()) {
    side.state = State::kChunkSize;
    if (!equal_ignoring_case(side.framing.transfer_encoding, "chunked"))
      sink.on_anomaly(AppProto::kHttp, "response_abnormal_transfer_encoding", kDown);
    if (t.response_protocol != "HTTP/1.1")
      sink.on_anomaly(AppProto::kHttp, "response_chunked_old_proto", kDown);
  } else if (side.framing.length(side.left)) {
    side.state = State::kBody;
  } else {
    side.state = State::kBodyToEnd;
    if (!side.framing.content_length.empty())
      sink.on_anomaly(AppProto::kHttp, "invalid_content_length_field_in_response", kDown);
  }
  begin_body(kDown, sink);
  if (side.state == State::kBody && side.left == 0) message_ends(kDown, following_, sink);
  return Next::kGoOn;
}

// 101: RFC 9110 §7.8.
HttpParser::Next HttpParser::switch_protocols(TransactionSink& sink) {
  const std::string upgrade(trimmed(side_of(Direction::kToClient).framing.upgrade));
  const HttpTransaction asked = response_now();
  message_complete(Direction::kToClient, sink);
  if (equal_ignoring_case(std::string_view(upgrade).substr(0, 4), "tls/")) return Next::kTunnelTls;
  if (equal_ignoring_case(upgrade, "h2c")) {
    auto http2 = std::make_unique<Http2Parser>();
    http2->take_upgrade(asked);
    successor_ = {AppProto::kHttp2, std::move(http2)};
    return Next::kSuccessor;
  }
  if (equal_ignoring_case(upgrade, "websocket")) {
    successor_ = {AppProto::kWebsocket, nullptr};
    return Next::kSuccessor;
  }
  return Next::kTunnel;
}

}  // namespace netmoth::protocols
