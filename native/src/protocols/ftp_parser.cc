// See ftp_parser.h.
#include "protocols/ftp_parser.h"

#include <charconv>

#include "protocols/expectations.h"
#include "protocols/http_fields.h"

namespace netmoth::protocols {
namespace {

constexpr std::size_t kLongestCommand = 12;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_reply_code(std::string_view line) {
  return line.size() >= 3 && is_digit(line[0]) && is_digit(line[1]) && is_digit(line[2]);
}

// Telnet's interrupt and synch before ABOR (RFC 959 §3.4.2 example): octets from 0xf0 on.
std::string_view without_telnet(std::string_view line) {
  while (!line.empty() && static_cast<unsigned char>(line.front()) >= 0xf0)
    line.remove_prefix(1);
  return line;
}

// The command's name in upper case; empty where the line does not begin with one.
std::string command_name(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  if (word.empty() || word.size() > kLongestCommand) return {};
  std::string name;
  for (char c : word) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!(c >= 'A' && c <= 'Z') && !is_digit(c) && c != '-' && c != '_') return {};
    name.push_back(c);
  }
  return name;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool opens_data_connection(std::string_view name) {
  return is_one_of(name, {"RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD"});
}

}  // namespace

std::uint16_t ftp_port_of_octets(std::string_view text) {
  for (std::size_t start = 0; start < text.size(); ++start) {
    if (!is_digit(text[start]) || (start > 0 && is_digit(text[start - 1]))) continue;
    unsigned numbers[6] = {};
    std::size_t count = 0;
    const char* at = text.data() + start;
    const char* const end = text.data() + text.size();
    while (count < 6) {
      const auto read = std::from_chars(at, end, numbers[count]);
      if (read.ec != std::errc() || numbers[count] > 255) break;
      at = read.ptr;
      ++count;
      if (count == 6 || at == end || *at != ',') break;
      ++at;
    }
    if (count == 6) return static_cast<std::uint16_t>(numbers[4] << 8 | numbers[5]);
  }
  return 0;
}

std::uint16_t ftp_port_of_bars(std::string_view text) {
  // The delimiter is whatever character stands first (RFC 2428 §2), mostly '|'.
  const std::size_t open = text.find('(');
  if (open != std::string_view::npos) text.remove_prefix(open + 1);
  if (text.empty()) return 0;
  const char bar = text.front();
  if (is_digit(bar)) return 0;
  std::size_t at = 0;
  for (int field = 0; field < 2; ++field) {
    at = text.find(bar, at + 1);
    if (at == std::string_view::npos) return 0;
  }
  std::uint16_t port = 0;
  const auto read = std::from_chars(text.data() + at + 1, text.data() + text.size(), port);
  const bool ended = read.ptr != text.data() + text.size() && *read.ptr == bar;
  return read.ec == std::errc() && ended ? port : 0;
}

FtpTransaction& FtpParser::add_transaction(TransactionSink& sink) {
  if (waiting_.size() == kMaxFtpPipelined) report_oldest(sink);
  waiting_.emplace_back().tx_id = next_tx_id_++;
  return waiting_.back();
}

void FtpParser::report_oldest(TransactionSink& sink) {
  sink.on_record(Direction::kToServer, waiting_.front());
  waiting_.pop_front();
}

void FtpParser::expect_data(std::string_view command, std::string_view file_name,
                            TransactionSink& sink) {
  if (data_port_ == 0) return;
  sink.on_expectation({server_opens_data_, data_port_, command, file_name});
  if (!command.empty()) data_port_ = 0;
}

void FtpParser::take_command(const TextLine& line, TransactionSink& sink) {
  const std::string_view text = without_telnet(line.text);
  if (text.empty()) return;
  if (line.cut) sink.on_anomaly(AppProto::kFtp, "request_command_too_long", Direction::kToServer);
  FtpTransaction& transaction = add_transaction(sink);
  transaction.command_truncated = line.cut;
  transaction.command = command_name(text);
  if (transaction.command.empty()) {
    transaction.command_data.assign(text);
    return;
  }
  transaction.command_data.assign(
      text.substr(std::min(transaction.command.size() + 1, text.size())));
  if (transaction.command == "PORT" || transaction.command == "EPRT") {
    transaction.dynamic_port = transaction.command == "PORT"
                                   ? ftp_port_of_octets(transaction.command_data)
                                   : ftp_port_of_bars(transaction.command_data);
    data_port_ = transaction.dynamic_port;
    server_opens_data_ = true;
    expect_data({}, {}, sink);
  } else if (opens_data_connection(transaction.command)) {
    expect_data(transaction.command, transaction.command_data, sink);
  }
}

bool FtpParser::settle(FtpTransaction& transaction, std::string_view line, TransactionSink& sink) {
  const std::string_view code = line.substr(0, 3);
  if (code == "227" || code == "229") {
    const std::string_view said = line.substr(3);
    transaction.dynamic_port = code == "227" ? ftp_port_of_octets(said) : ftp_port_of_bars(said);
    data_port_ = transaction.dynamic_port;
    server_opens_data_ = false;
    expect_data({}, {}, sink);
  }
  return code == "234" && transaction.command == "AUTH" &&
         (equal_ignoring_case(transaction.command_data.substr(0, 3), "tls") ||
          equal_ignoring_case(transaction.command_data, "ssl"));
}

Verdict FtpParser::take_reply(const TextLine& line, TransactionSink& sink) {
  if (line.text.empty()) return Verdict::kMore;
  if (line.cut) sink.on_anomaly(AppProto::kFtp, "response_command_too_long", Direction::kToClient);
  const bool coded = is_reply_code(line.text);
  FtpTransaction& transaction = waiting_.empty() ? add_transaction(sink) : waiting_.front();
  transaction.reply_truncated |= line.cut;
  if (transaction.replies.size() < kMaxFtpReplyLines) {
    if (coded) transaction.completion_codes.emplace_back(line.text.substr(0, 3));
    transaction.replies.emplace_back(
        coded ? line.text.substr(std::min<std::size_t>(4, line.text.size())) : line.text);
  } else {
    transaction.reply_truncated = true;
  }
  if (multi_line_.empty()) {
    if (!coded) return Verdict::kMore;
    if (line.text.size() > 3 && line.text[3] == '-') {
      multi_line_.assign(line.text.substr(0, 3));
      return Verdict::kMore;
    }
  } else {
    const bool last = coded && line.text.substr(0, 3) == multi_line_ &&
                      (line.text.size() == 3 || line.text[3] == ' ');
    if (!last) return Verdict::kMore;
    multi_line_.clear();
  }
  if (line.text.front() == '1') return Verdict::kMore;  // preliminary: another one follows
  transaction.reply_received = true;
  const bool tls = settle(transaction, line.text, sink);
  report_oldest(sink);
  return tls ? Verdict::kSwitchTls : Verdict::kMore;
}

Verdict FtpParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  LineReader& lines = lines_[index_of(direction)];
  TextLine line;
  while (lines.next(data, line)) {
    if (direction == Direction::kToServer) {
      take_command(line, sink);
    } else if (take_reply(line, sink) == Verdict::kSwitchTls) {
      on_close(sink);
      return Verdict::kSwitchTls;
    }
  }
  return Verdict::kMore;
}

Verdict FtpParser::on_gap(Direction direction, std::uint64_t, TransactionSink&) {
  // The next line's beginning may be missing; what was kept of it is given up.
  lines_[index_of(direction)].forget();
  if (direction == Direction::kToClient) multi_line_.clear();
  return Verdict::kMore;
}

void FtpParser::on_close(TransactionSink& sink) {
  while (!waiting_.empty())
    report_oldest(sink);
}

}  // namespace netmoth::protocols
