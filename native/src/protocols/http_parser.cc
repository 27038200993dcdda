// Segments into lines and pieces of bodies. See http_parser.h.
#include "protocols/http_parser.h"

#include <algorithm>

#include "protocols/probe_looks.h"

namespace netmoth::protocols {

// One whole line without its end.
HttpParser::Next HttpParser::take_line(Direction direction, std::string_view line,
                                       TransactionSink& sink) {
  Side& side = side_of(direction);
  while (!line.empty() && line.back() == '\r')
    line.remove_suffix(1);
  switch (side.state) {
    case State::kStart:
      if (line.empty()) return Next::kGoOn;
      if (!sink.content().inspect) return start_line(direction, line, sink);
      return keep_start(direction, line, start_line(direction, line, sink));
    case State::kFields:
      if (line.empty() || ends_head(direction, line)) return head_complete(direction, sink);
      if (sink.content().inspect) keep_field(direction, line);
      field_line(direction, line, sink);
      return Next::kGoOn;
    case State::kChunkSize:
      if (!chunk_size(direction, line, sink)) {
        body_data(direction, as_bytes(line), sink);
        body_data(direction, as_bytes("\r\n"), sink);
      }
      return Next::kGoOn;
    case State::kChunkEnd:
      side.state = State::kChunkSize;
      return Next::kGoOn;
    case State::kTrailers:
      if (line.empty()) message_ends(direction, following_, sink);
      return Next::kGoOn;
    case State::kBody:
    case State::kBodyToEnd:
    case State::kChunk:
    case State::kLost:
      return Next::kGoOn;
  }
  return Next::kGoOn;
}

// A single blank in the place of the empty line, where octets of a body follow.
bool HttpParser::ends_head(Direction direction, std::string_view line) const {
  const Side& side = sides_[index_of(direction)];
  return direction == Direction::kToClient && side.ended_in_lf && line.size() == 1 &&
         is_folded(line) && !following_.empty() && following_[0] != '\r' && following_[0] != '\n';
}

// Before a response: a line that is none is passed over where the next one may be. True where it
// was.
bool HttpParser::skip_junk_line(Bytes& data) {
  const std::string_view text = as_text(data);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || end + 1 >= text.size() || text[end + 1] != 'H') return false;
  data = data.subspan(end + 1);
  return true;
}

// Finds the end of the line that `text` goes on with: its octets are `length`, with its end
// `consumed`. False where it does not end here.
bool HttpParser::cut_line(Direction direction, std::string_view text, std::size_t& length,
                          std::size_t& consumed) {
  Side& side = side_of(direction);
  side.ended_in_lf = false;
  // Responses' lines may end in CR alone; their chunks and all of requests' need LF.
  const bool cr_ends = direction == Direction::kToClient &&
                       (side.state == State::kStart || side.state == State::kFields);
  if (cr_ends && !side.line.empty() && side.line.back() == '\r' && text.front() != '\n' &&
      text.front() != '\r') {
    length = consumed = 0;
    return true;
  }
  length = cr_ends ? text.find_first_of("\r\n") : text.find('\n');
  if (length == std::string_view::npos) return false;
  consumed = length + 1;
  side.ended_in_lf = text[length] == '\n';
  if (side.ended_in_lf) return true;
  // Any number of CRs and an LF are one end; CRs at the end of a segment wait for what follows.
  const std::size_t next = text.find_first_not_of('\r', length);
  if (next == std::string_view::npos) return false;
  consumed = text[next] == '\n' ? next + 1 : next;
  return true;
}

void HttpParser::tell_too_long(Direction direction, TransactionSink& sink) {
  sink.on_anomaly(
      AppProto::kHttp,
      direction == Direction::kToServer ? "request_field_too_long" : "response_field_too_long",
      direction);
}

HttpParser::Next HttpParser::consume_line(Direction direction, Bytes& data, TransactionSink& sink) {
  Side& side = side_of(direction);
  const std::string_view text = as_text(data);
  std::size_t length = 0;
  std::size_t consumed = 0;
  const bool ends = cut_line(direction, text, length, consumed);
  if (ends && side.line.empty()) {
    if (length > kMaxHttpLine) tell_too_long(direction, sink);
    following_ = data.subspan(consumed);
    const Next next = take_line(direction, text.substr(0, std::min(length, kMaxHttpLine)), sink);
    data = following_;
    return next;
  }
  const std::size_t piece = ends ? length : text.size();
  const std::size_t room = kMaxHttpLine - side.line.size();
  side.line.append(text.substr(0, std::min(piece, room)));
  if (piece > room && !side.line_cut) {
    side.line_cut = true;
    tell_too_long(direction, sink);
  }
  following_ = data.subspan(ends ? consumed : data.size());
  Next next = Next::kGoOn;
  if (ends) {
    // The buffer is handed over by value: handling the line may change the side.
    std::string line;
    line.swap(side.line);
    side.line_cut = false;
    next = take_line(direction, line, sink);
    line.clear();
    side.line.swap(line);  // keeps its memory
  }
  data = following_;
  return next;
}

// White space before a chunk's size goes at once, and so does what cannot be a size: it is seen
// before the line's end, which may never come. False where there is no line to read.
bool HttpParser::reach_chunk_size(Direction direction, Bytes& data, TransactionSink& sink) {
  const std::string_view text = as_text(data);
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) {
    data = {};
    return false;
  }
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  if (kDigits.find(text[first]) == std::string_view::npos) {
    (void)chunk_size(direction, "?", sink);
    return false;
  }
  data = data.subspan(first);
  return true;
}

// The same before a status line: empty lines go at once, what is no answer is a body.
bool HttpParser::reach_status_line(Bytes& data, TransactionSink& sink) {
  if (waiting_ > 0 && !answered_early_ && !could_be_status_line(as_text(data))) {
    if (skip_junk_line(data)) return false;
    side_of(Direction::kToClient).state = State::kBodyToEnd;  // HTTP/0.9: a body alone
    begin_body(Direction::kToClient, sink);
    return false;
  }
  const std::size_t first = as_text(data).find_first_not_of("\r\n");
  data = data.subspan(std::min(first, data.size()));
  return !data.empty();
}

// Takes one step: a piece of body or a line. `data` moves on.
HttpParser::Next HttpParser::consume(Direction direction, Bytes& data, TransactionSink& sink) {
  Side& side = side_of(direction);
  switch (side.state) {
    case State::kBodyToEnd:
      body_data(direction, data, sink);
      data = {};
      return Next::kGoOn;
    case State::kBody:
    case State::kChunk: {
      const std::size_t taken = std::min<std::uint64_t>(side.left, data.size());
      body_data(direction, data.first(taken), sink);
      side.left -= taken;
      data = data.subspan(taken);
      if (side.left > 0) return Next::kGoOn;
      if (side.state == State::kChunk) {
        side.state = State::kChunkEnd;
      } else {
        message_ends(direction, data, sink);
      }
      return Next::kGoOn;
    }
    case State::kChunkSize:
      if (side.line.empty() && !reach_chunk_size(direction, data, sink)) return Next::kGoOn;
      break;
    case State::kStart:
      if (direction == Direction::kToClient && side.line.empty() && !reach_status_line(data, sink))
        return Next::kGoOn;
      break;
    case State::kFields:
      // CRs where a line would start are an empty line only as one CRLF.
      if (direction == Direction::kToClient && side.line.empty() && data.size() > 1 &&
          data[0] == '\r' && data[1] != '\n') {
        // LF CR ends a line as a whole, and so does CR LF CR LF behind it (as libhtp reads it).
        if (side.ended_in_lf && data[1] == '\r') {
          data = data.subspan(as_text(data).starts_with("\r\r\n\r\n") ? 3 : 1);
          return Next::kGoOn;
        }
        const std::size_t next = as_text(data).find_first_not_of('\r');
        data = data.subspan(std::min(next, data.size()));
        if (!data.empty() && data[0] == '\n') data = data.subspan(1);
        return Next::kGoOn;
      }
      break;
    default:
      break;
  }
  return consume_line(direction, data, sink);
}

// A request line without an end is taken as it is once the server answers or the connection ends.
void HttpParser::end_request_line(TransactionSink& sink) {
  Side& side = side_of(Direction::kToServer);
  if (side.state != State::kStart || side.line.empty() || waiting_ > 0) return;
  std::string line;
  line.swap(side.line);
  following_ = {};
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
  Side& side = side_of(direction);
  if (wanted_server && waiting_ > 0 && response_now().has_response) report_oldest(sink);
  side.state = State::kStart;
  side.value = nullptr;
  return true;
}

// The successor gets what came behind the 101 in the same segment.
void HttpParser::start_successor(Bytes rest, TransactionSink& sink) {
  on_close(sink);
  if (successor_.parser != nullptr && !rest.empty())
    (void)successor_.parser->on_data(Direction::kToClient, rest, 0, sink);
}

// What a step took belongs to the message under way, which may be over with it.
void HttpParser::keep_frame(Direction direction, Bytes octets, TransactionSink& sink) {
  Side& side = side_of(direction);
  side.frame.add(octets);
  if (side.state == State::kStart && side.line.empty()) end_frame(direction, sink);
}

void HttpParser::end_frame(Direction direction, TransactionSink& sink) {
  Side& side = side_of(direction);
  const std::string_view octets = as_text(side.frame.octets());
  if (octets.find_first_not_of("\r\n") != std::string_view::npos)
    tell_frame(direction == Direction::kToServer ? "http1.request" : "http1.response", direction,
               side.frame.octets(), sink);
  side.frame.forget();
}

Verdict HttpParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  if (side_of(direction).state == State::kLost && !find_again(direction, data, sink)) {
    return Verdict::kMore;
  }
  if (direction == Direction::kToClient) end_request_line(sink);
  while (!data.empty()) {
    const Bytes before = data;
    const Next next = consume(direction, data, sink);
    if (sink.content().frames)
      keep_frame(direction, before.first(before.size() - data.size()), sink);
    switch (next) {
      case Next::kGoOn:
        break;
      case Next::kNotHttp:
        if (!anything_seen_) return Verdict::kNotMine;
        if (++stray_segments_ < kMaxStraySegments) {
          sink.on_anomaly(AppProto::kHttp,
                          direction == Direction::kToServer ? "request_body_unexpected"
                                                            : "response_body_unexpected",
                          direction);
          return Verdict::kMore;  // the rest of the segment is passed over
        }
        on_close(sink);
        return Verdict::kDone;
      case Next::kTunnel:
        on_close(sink);
        return Verdict::kDone;
      case Next::kTunnelTls:
        on_close(sink);
        return Verdict::kSwitchTls;
      case Next::kSuccessor:
        start_successor(data, sink);
        return Verdict::kSuccessor;
    }
  }
  return Verdict::kMore;
}

Verdict HttpParser::on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) {
  Side& side = side_of(direction);
  const bool in_body = side.state == State::kBody || side.state == State::kChunk;
  if (side.state == State::kBodyToEnd || (in_body && missing < side.left)) {
    if (in_body) side.left -= missing;
    if (side.body != nullptr) side.body->gap(missing, body_call(direction, sink));
    return Verdict::kMore;
  }
  if (side.body != nullptr) side.body->gap(missing, body_call(direction, sink));
  end_body(direction, false, sink);
  if (direction == Direction::kToServer && answered_early_) report_oldest(sink);
  side.state = State::kLost;
  side.frame.forget();
  side.line.clear();
  side.line_cut = false;
  side.value = nullptr;
  return Verdict::kMore;
}

void HttpParser::on_close(TransactionSink& sink) {
  end_request_line(sink);
  for (const Direction direction : {Direction::kToServer, Direction::kToClient})
    end_frame(direction, sink);
  for (Side& side : sides_)
    side.value = nullptr;
  const bool to_end = side_of(Direction::kToClient).state == State::kBodyToEnd;
  for (const Direction direction : {Direction::kToServer, Direction::kToClient})
    end_body(direction, direction == Direction::kToClient && to_end, sink);
  if (waiting_ > 0 && to_end) response_now().response_complete = true;
  if (request_open_ && waiting_ > 0) settle_host(*request_now());
  request_open_ = false;
  while (waiting_ > 0)
    report_oldest(sink);
}

}  // namespace netmoth::protocols
