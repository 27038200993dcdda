// Bodies and transactions of HTTP/1.x. See http_parser.h.
#include <algorithm>
#include <charconv>
#include <utility>

#include "protocols/http_parser.h"

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
  for (HttpHeadLines& head : heads) {
    head.start.clear();
    head.fields.clear();
  }
}

HttpTransaction& HttpParser::add_transaction(TransactionSink& sink) {
  if (answered_early_) report_oldest(sink);
  if (waiting_ == kMaxPipelined) {
    sink.on_anomaly(AppProto::kHttp, "unable_to_match_response_to_request", Direction::kToServer);
    report_oldest(sink);
  }
  if (waiting_ == slots_.size()) slots_.push_back(std::make_unique<HttpTransaction>());
  HttpTransaction& transaction = *slots_[waiting_++];
  transaction.reset();
  transaction.tx_id = next_tx_id_++;
  for (Side& side : sides_)
    side.value = nullptr;  // slots may have moved
  return transaction;
}

const Record* HttpParser::waiting_transaction(std::uint64_t tx_id) const {
  for (std::size_t i = 0; i < waiting_; ++i) {
    if (slots_[i]->tx_id == tx_id) return slots_[i].get();
  }
  return nullptr;
}

HttpTransaction* HttpParser::request_now() {
  return waiting_ == 0 ? nullptr : slots_[waiting_ - 1].get();
}

HttpTransaction& HttpParser::response_now() {
  return *slots_[0];
}

HttpTransaction* HttpParser::transaction_of(Direction direction) {
  if (direction == Direction::kToServer) return request_open_ ? request_now() : nullptr;
  return waiting_ == 0 ? nullptr : &response_now();
}

void HttpParser::report_oldest(TransactionSink& sink) {
  if (waiting_ == 0) return;
  if (std::exchange(answered_early_, false)) end_body(Direction::kToServer, false, sink);
  sink.on_record(Direction::kToServer, *slots_[0]);
  for (Side& side : sides_)
    side.value = nullptr;
  std::rotate(slots_.begin(), slots_.begin() + 1,
              slots_.begin() + static_cast<std::ptrdiff_t>(waiting_));
  --waiting_;
}

HttpBody::Call HttpParser::body_call(Direction direction, TransactionSink& sink) {
  return {transaction_of(direction), sink};
}

void HttpParser::begin_body(Direction direction, TransactionSink& sink) {
  Side& side = side_of(direction);
  if (side.body != nullptr && side.body->is_open()) return;
  const ContentSettings& wanted = sink.content();
  if (!wanted.any() || transaction_of(direction) == nullptr) return;
  if (side.body == nullptr) side.body = std::make_unique<HttpBody>(*wanted.memory);
  side.body->begin({AppProto::kHttp, direction, side.content, side.framing.transfer_encoding},
                   body_call(direction, sink));
}

void HttpParser::body_data(Direction direction, Bytes octets, TransactionSink& sink) {
  if (HttpTransaction* t = transaction_of(direction); t != nullptr) {
    (direction == Direction::kToServer ? t->request_length : t->response_length) += octets.size();
  }
  Side& side = side_of(direction);
  if (side.body != nullptr) side.body->data(octets, body_call(direction, sink));
}

void HttpParser::end_body(Direction direction, bool whole, TransactionSink& sink) {
  Side& side = side_of(direction);
  if (side.body != nullptr) side.body->end(whole, body_call(direction, sink));
}

// The announced end of a message. What comes right behind it and is no further response is taken
// for more of the same body, as browsers do.
void HttpParser::message_ends(Direction direction, Bytes& following, TransactionSink& sink) {
  if (direction == Direction::kToClient && !following.empty() &&
      !could_be_status_line(as_text(following))) {
    sink.on_anomaly(AppProto::kHttp, "response_body_unexpected", direction);
    begin_body(direction, sink);
    body_data(direction, following, sink);
    following = {};
  }
  message_complete(direction, sink);
}

void HttpParser::message_complete(Direction direction, TransactionSink& sink) {
  Side& side = side_of(direction);
  end_body(direction, true, sink);
  side.state = State::kStart;
  side.value = nullptr;
  side.framing.clear();
  side.content.clear();
  if (direction == Direction::kToServer) {
    request_open_ = false;
    if (const HttpTransaction* t = request_now(); t != nullptr) sink.on_request(t->tx_id);
    if (answered_early_) report_oldest(sink);
    return;
  }
  if (waiting_ == 0) return;
  response_now().response_complete = true;
  // An answer may come before its request is through (early errors, evasion): what is left of the
  // request is waited for.
  answered_early_ = waiting_ == 1 && request_open_ && response_now().has_request;
  if (!answered_early_) report_oldest(sink);
}

// RFC 9112 §7.1, and what browsers make of sizes with junk around them. False where there is no
// size: what comes is a body without framing then.
bool HttpParser::chunk_size(Direction direction, std::string_view line, TransactionSink& sink) {
  constexpr std::string_view kJunk = "\r\n \t\v\f";
  Side& side = side_of(direction);
  line.remove_prefix(std::min(line.find_first_not_of(kJunk), line.size()));
  if (line.empty()) return true;
  const auto end = std::from_chars(line.data(), line.data() + line.size(), side.left, 16);
  if (end.ec == std::errc()) {
    side.state = side.left == 0 ? State::kTrailers : State::kChunk;
    return true;
  }
  sink.on_anomaly(AppProto::kHttp,
                  direction == Direction::kToServer ? "invalid_request_chunk_len"
                                                    : "invalid_response_chunk_len",
                  direction);
  side.state = State::kBodyToEnd;
  return false;
}

}  // namespace netmoth::protocols
