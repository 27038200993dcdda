// See multipart.h.
#include "protocols/multipart.h"

#include <algorithm>

#include "protocols/header_value.h"
#include "protocols/http_fields.h"

namespace netmoth::protocols {

bool MultipartReader::start(std::string_view boundary) {
  state_ = State::kEpilogue;
  if (boundary.empty() || boundary.size() > kMaxBoundary ||
      boundary.find_first_of("\r\n") != std::string_view::npos) {
    return false;
  }
  delimiter_.assign("\n--").append(boundary);
  state_ = State::kPreamble;
  matched_ = 1;  // the first delimiter may stand at the very start
  after_line_ = true;
  doubtful_cr_ = false;
  line_.clear();
  return true;
}

void MultipartReader::write(Bytes data, MultipartSink& sink) {
  std::string_view text = as_text(data);
  while (!text.empty() && state_ != State::kEpilogue) {
    const bool in_content = state_ == State::kPreamble || state_ == State::kBody;
    text.remove_prefix(in_content ? find_delimiter(text, sink) : take_line(text, sink));
  }
}

void MultipartReader::hand_on(std::string_view text, MultipartSink& sink) {
  if (state_ == State::kBody && !text.empty()) sink.on_part_data(as_bytes(text));
}

// What was held back was no delimiter.
void MultipartReader::hand_on_doubt(MultipartSink& sink) {
  if (doubtful_cr_) hand_on("\r", sink);
  const std::size_t unseen = after_line_ ? 1 : 0;
  if (matched_ > unseen)
    hand_on(std::string_view(delimiter_).substr(unseen, matched_ - unseen), sink);
  doubtful_cr_ = false;
  after_line_ = false;
  matched_ = 0;
}

// Octets taken of `text`: up to a delimiter's end, or all. A boundary holds no line feed, so a
// match that fails can begin again only at the octet that failed it.
std::size_t MultipartReader::find_delimiter(std::string_view text, MultipartSink& sink) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (matched_ == 0 && !doubtful_cr_) {
      const std::size_t next = std::min(text.find_first_of("\r\n", at), text.size());
      hand_on(text.substr(at, next - at), sink);
      at = next;
      if (at == text.size()) break;
    }
    const char c = text[at];
    if (c == delimiter_[matched_]) {
      ++at;
      if (++matched_ < delimiter_.size()) continue;
      matched_ = 0;
      doubtful_cr_ = after_line_ = false;
      if (state_ == State::kBody) sink.on_part_end(true);
      state_ = State::kDelimiterRest;
      return at;
    }
    hand_on_doubt(sink);
    if (c == '\r') {
      doubtful_cr_ = true;
      ++at;
    }
  }
  return at;
}

std::size_t MultipartReader::take_line(std::string_view text, MultipartSink& sink) {
  const std::size_t end = text.find('\n');
  const std::string_view piece = text.substr(0, std::min(end, text.size()));
  line_.append(piece.substr(0, kMaxPartHeaders - std::min(kMaxPartHeaders, line_.size())));
  if (end == std::string_view::npos) return text.size();
  line_complete(sink);
  line_.clear();
  return end + 1;
}

void MultipartReader::line_complete(MultipartSink& sink) {
  const std::string_view line = trimmed(line_);
  if (state_ == State::kDelimiterRest) {
    state_ = line.substr(0, 2) == "--" ? State::kEpilogue : State::kHeaders;
    name_.clear();
    file_name_.clear();
    header_octets_ = 0;
    return;
  }
  header_octets_ += line_.size();
  if (!line.empty()) {
    if (header_octets_ <= kMaxPartHeaders) header_line(line, sink);
    return;
  }
  sink.on_part(name_, file_name_);
  state_ = State::kBody;
  matched_ = 1;  // an empty part's delimiter follows at once
  after_line_ = true;
}

void MultipartReader::header_line(std::string_view line, MultipartSink& sink) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return sink.on_part_header_invalid();
  if (!equal_ignoring_case(trimmed(line.substr(0, colon)), "content-disposition")) return;
  const std::string_view value = line.substr(colon + 1);
  name_.assign(header_parameter(value, "name"));
  file_name_.assign(header_parameter(value, "filename"));
}

void MultipartReader::finish(MultipartSink& sink) {
  if (state_ == State::kBody) {
    hand_on_doubt(sink);
    sink.on_part_end(false);
  }
  state_ = State::kEpilogue;
}

}  // namespace netmoth::protocols
