// See switch_parser.h.
#include "protocols/switch_parser.h"

#include <algorithm>

#include "protocols/http_fields.h"

namespace netmoth::protocols {
namespace {

bool is_command(std::string_view line, std::string_view lower) {
  return line.size() >= lower.size() && equal_ignoring_case(line.substr(0, lower.size()), lower) &&
         (line.size() == lower.size() || line[lower.size()] == ' ');
}

}  // namespace

Verdict SwitchParser::take_client_line(std::string_view line) {
  switch (proto_) {
    case AppProto::kPop3:
      if (is_command(line, "retr") || is_command(line, "list")) return Verdict::kDone;
      asked_ = is_command(line, "stls");
      return Verdict::kMore;
    case AppProto::kImap: {
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos) return Verdict::kMore;
      if (is_command(line.substr(space + 1), "select")) return Verdict::kDone;
      asked_ = is_command(line.substr(space + 1), "starttls");
      if (asked_) tag_.assign(line.substr(0, space));
      return Verdict::kMore;
    }
    default:
      return Verdict::kMore;
  }
}

Verdict SwitchParser::take_server_line(std::string_view line) {
  if (!asked_) return Verdict::kMore;
  bool accepted = false;
  switch (proto_) {
    case AppProto::kPop3:
      accepted = line.substr(0, 3) == "+OK";
      break;
    case AppProto::kImap:
      if (line.substr(0, tag_.size()) != tag_) return Verdict::kMore;  // untagged data
      accepted = is_command(trimmed(line.substr(tag_.size())), "ok");
      break;
    default:
      break;
  }
  asked_ = false;
  return accepted ? Verdict::kSwitchTls : Verdict::kMore;
}

// XMPP: elements, not lines. What was seen last is kept because an element may be cut.
Verdict SwitchParser::take_stanzas(Direction direction, std::string_view data) {
  std::string& tail = lines_[index_of(direction)];
  tail.append(data.substr(0, kMaxWatchedLine));
  if (direction == Direction::kToServer) {
    if (tail.find("<starttls") != std::string::npos) asked_ = true;
  } else if (asked_ && tail.find("<proceed") != std::string::npos) {
    return Verdict::kSwitchTls;
  }
  constexpr std::size_t kLongestElement = 16;
  if (tail.size() > kLongestElement) tail.erase(0, tail.size() - kLongestElement);
  return Verdict::kMore;
}

// LDAP: the StartTLS extended operation (RFC 4511 §4.14) and the success of its response.
Verdict SwitchParser::take_ldap(Direction direction, std::string_view data) {
  constexpr std::string_view kStartTls = "1.3.6.1.4.1.1466.20037";
  constexpr std::string_view kSuccess("\x0a\x01\x00", 3);
  if (direction == Direction::kToServer) {
    asked_ = data.find(kStartTls) != std::string_view::npos;
    return Verdict::kMore;
  }
  const bool accepted = asked_ && data.find(kSuccess) != std::string_view::npos;
  asked_ = false;
  return accepted ? Verdict::kSwitchTls : Verdict::kMore;
}

Verdict SwitchParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink&) {
  watched_ += data.size();
  std::string_view text = as_text(data);
  if (proto_ == AppProto::kXmpp || proto_ == AppProto::kLdap) {
    const Verdict verdict =
        proto_ == AppProto::kXmpp ? take_stanzas(direction, text) : take_ldap(direction, text);
    if (verdict != Verdict::kMore) return verdict;
    return watched_ > kMaxWatchedOctets ? Verdict::kDone : Verdict::kMore;
  }
  std::string& kept = lines_[index_of(direction)];
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view piece = text.substr(0, std::min(end, text.size()));
    kept.append(piece.substr(0, kMaxWatchedLine - std::min(kMaxWatchedLine, kept.size())));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    const std::string_view line = trimmed(kept);
    const Verdict verdict =
        direction == Direction::kToServer ? take_client_line(line) : take_server_line(line);
    kept.clear();
    if (verdict != Verdict::kMore) return verdict;
  }
  return watched_ > kMaxWatchedOctets ? Verdict::kDone : Verdict::kMore;
}

}  // namespace netmoth::protocols
