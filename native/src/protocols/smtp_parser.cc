// See smtp_parser.h.
#include "protocols/smtp_parser.h"

#include <charconv>

#include "protocols/http_fields.h"

namespace netmoth::protocols {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `line` begins with the command, alone or with a blank or colon behind it.
bool is_command(std::string_view line, std::string_view lower) {
  return line.size() >= lower.size() && equal_ignoring_case(line.substr(0, lower.size()), lower) &&
         (line.size() == lower.size() || line[lower.size()] == ' ' || line[lower.size()] == ':' ||
          line[lower.size()] == '\t');
}

// The word behind a command: "<a@b>" of "MAIL FROM:<a@b> SIZE=1".
std::string_view argument(std::string_view line, std::size_t command) {
  line.remove_prefix(std::min(command, line.size()));
  while (!line.empty() && (line.front() == ':' || line.front() == ' ' || line.front() == '\t'))
    line.remove_prefix(1);
  return line.substr(0, line.find(' '));
}

}  // namespace

void SmtpParser::open_transaction() {
  if (in_transaction_) return;
  in_transaction_ = true;
  transaction_ = {};
  transaction_.tx_id = next_tx_id_++;
  transaction_.helo = helo_;
}

void SmtpParser::report(TransactionSink& sink) {
  if (!in_transaction_) return;
  in_transaction_ = false;
  sink.on_record(Direction::kToServer, transaction_);
}

void SmtpParser::begin_mail() {
  open_transaction();
  if (!mime_.is_open()) mime_.start(transaction_);
}

void SmtpParser::end_mail(bool complete, TransactionSink& sink) {
  if (!mail_frame_.octets().empty())
    tell_frame("smtp.data", Direction::kToServer, mail_frame_.octets(), sink);
  mail_frame_.forget();
  mime_.finish(complete, sink);
  pieces_.forget();
  mode_ = Mode::kCommands;
  chunk_left_ = 0;
  report(sink);
}

void SmtpParser::expect_reply(Command command) {
  if (waiting_.size() == kMaxSmtpPipelined) waiting_.pop_front();
  waiting_.push_back(command);
}

void SmtpParser::take_envelope(std::string_view line, TransactionSink& sink) {
  if (is_command(line, "helo") || is_command(line, "ehlo") || is_command(line, "lhlo")) {
    helo_.assign(argument(line, 4));
    transaction_.helo = helo_;
  } else if (is_command(line, "mail from")) {
    if (!transaction_.mail_from.empty())
      sink.on_anomaly(AppProto::kSmtp, "duplicate_fields", Direction::kToServer);
    transaction_.mail_from.assign(argument(line, 9));
  } else if (is_command(line, "rcpt to")) {
    if (transaction_.rcpt_to.size() < kMaxSmtpRecipients)
      transaction_.rcpt_to.emplace_back(argument(line, 7));
  }
}

void SmtpParser::take_command(const TextLine& line, TransactionSink& sink) {
  if (sink.content().frames)
    tell_frame("smtp.command_line", Direction::kToServer, as_bytes(line.text), sink);
  if (line.text.size() > kSmtpLineLimit)
    sink.on_anomaly(AppProto::kSmtp, "max_command_line_len_exceeded", Direction::kToServer);
  if (auth_data_) {
    auth_data_ = false;
    return expect_reply(Command::kAuth);
  }
  if (line.text.empty()) return;
  if (is_command(line.text, "rset")) {
    if (mime_.is_open()) mime_.finish(false, sink);  // between two chunks
    report(sink);
    return expect_reply(Command::kOther);
  }
  if (is_command(line.text, "quit")) return expect_reply(Command::kOther);
  open_transaction();
  if (is_command(line.text, "data")) {
    begin_mail();
    pieces_.forget();
    mode_ = Mode::kData;
    return expect_reply(Command::kData);
  }
  if (is_command(line.text, "bdat")) {
    const std::string_view size = argument(line.text, 4);
    const auto read = std::from_chars(size.data(), size.data() + size.size(), chunk_left_);
    if (read.ec != std::errc()) chunk_left_ = 0;
    last_chunk_ = contains_token(
        trimmed(line.text.substr(std::min<std::size_t>(
            static_cast<std::size_t>(read.ptr - line.text.data()), line.text.size()))),
        "last");
    begin_mail();
    mode_ = Mode::kChunk;
    return expect_reply(Command::kOther);
  }
  if (is_command(line.text, "starttls")) return expect_reply(Command::kStarttls);
  if (is_command(line.text, "auth")) return expect_reply(Command::kAuth);
  take_envelope(line.text, sink);
  expect_reply(Command::kOther);
}

void SmtpParser::keep_frame(const MailPiece& piece, TransactionSink& sink) {
  if (!sink.content().frames) return;
  mail_frame_.add(piece.text);
  mail_frame_.add(piece.eol);
}

// DATA: lines up to the one with a dot alone; a dot before others is taken off (RFC 5321 §4.5.2).
void SmtpParser::take_mail(Bytes& data, TransactionSink& sink) {
  MailPiece piece;
  while (mode_ == Mode::kData && pieces_.next(data, piece)) {
    keep_frame(piece, sink);
    if (piece.starts && !piece.text.empty() && piece.text.front() == '.') {
      if (piece.text.size() == 1 && !piece.eol.empty()) {
        end_mail(true, sink);
        return expect_reply(Command::kMailEnd);
      }
      piece.text.remove_prefix(1);
    }
    mime_.piece(piece, sink);
  }
}

void SmtpParser::take_chunk(Bytes& data, TransactionSink& sink) {
  const std::size_t taken = std::min<std::uint64_t>(chunk_left_, data.size());
  if (sink.content().frames) mail_frame_.add(data.first(taken));
  mime_.data(data.first(taken), sink);
  data = data.subspan(taken);
  chunk_left_ -= taken;
  if (chunk_left_ > 0) return;
  mode_ = Mode::kCommands;
  if (last_chunk_) end_mail(true, sink);
}

Verdict SmtpParser::on_client(Bytes data, TransactionSink& sink) {
  while (!data.empty() || (mode_ == Mode::kChunk && chunk_left_ == 0)) {
    switch (mode_) {
      case Mode::kCommands: {
        TextLine line;
        if (commands_.next(data, line)) take_command(line, sink);
        break;
      }
      case Mode::kData:
        take_mail(data, sink);
        break;
      case Mode::kChunk:
        take_chunk(data, sink);
        break;
    }
  }
  return Verdict::kMore;
}

Verdict SmtpParser::settle(Command command, std::string_view code, TransactionSink& sink) {
  switch (command) {
    case Command::kData:
      if (code.front() == '3' || mode_ != Mode::kData) break;
      // Refused: what follows are commands again, and the mail was none.
      sink.on_anomaly(AppProto::kSmtp, "data_command_rejected", Direction::kToClient);
      mime_.finish(false, sink);
      pieces_.forget();
      transaction_.has_email = false;
      mode_ = Mode::kCommands;
      break;
    case Command::kStarttls:
      if (code != "220") {
        sink.on_anomaly(AppProto::kSmtp, "tls_rejected", Direction::kToClient);
        break;
      }
      if (!waiting_.empty())
        sink.on_anomaly(AppProto::kSmtp, "invalid_pipelined_sequence", Direction::kToServer);
      report(sink);
      return Verdict::kSwitchTls;
    case Command::kAuth:
      auth_data_ = code == "334";
      break;
    case Command::kMailEnd:
    case Command::kOther:
      break;
  }
  return Verdict::kMore;
}

Verdict SmtpParser::take_reply(const TextLine& line, TransactionSink& sink) {
  const std::string_view text = line.text;
  if (sink.content().frames)
    tell_frame("smtp.response_line", Direction::kToClient, as_bytes(text), sink);
  if (text.size() > kSmtpLineLimit)
    sink.on_anomaly(AppProto::kSmtp, "max_reply_line_len_exceeded", Direction::kToClient);
  const bool coded = text.size() >= 3 && text[0] >= '2' && text[0] <= '5' && is_digit(text[1]) &&
                     is_digit(text[2]) && (text.size() == 3 || text[3] == ' ' || text[3] == '-');
  if (!coded) {
    sink.on_anomaly(AppProto::kSmtp, "invalid_reply", Direction::kToClient);
    return Verdict::kMore;
  }
  reply_continues_ = text.size() > 3 && text[3] == '-';
  if (reply_continues_) return Verdict::kMore;
  const std::string_view code = text.substr(0, 3);
  if (!greeted_) {
    greeted_ = true;
    if (code == "220") return Verdict::kMore;
    sink.on_anomaly(AppProto::kSmtp, "no_server_welcome_message", Direction::kToClient);
  }
  if (waiting_.empty()) {
    // The end of the mail may have been in a gap.
    if (lost_ && mode_ == Mode::kData && code.front() != '3') {
      end_mail(false, sink);
    } else if (!lost_ && code != "421") {
      sink.on_anomaly(AppProto::kSmtp, "unable_to_match_reply_with_request", Direction::kToClient);
    }
    return Verdict::kMore;
  }
  const Command command = waiting_.front();
  waiting_.pop_front();
  return settle(command, code, sink);
}

Verdict SmtpParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  if (direction == Direction::kToServer) return on_client(data, sink);
  TextLine line;
  while (replies_.next(data, line)) {
    if (take_reply(line, sink) == Verdict::kSwitchTls) return Verdict::kSwitchTls;
  }
  return Verdict::kMore;
}

Verdict SmtpParser::on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) {
  lost_ = true;
  greeted_ = true;
  if (direction == Direction::kToClient) {
    replies_.forget();
    waiting_.clear();
    return Verdict::kMore;
  }
  commands_.forget();
  if (mode_ == Mode::kChunk && missing <= chunk_left_) {
    mime_.gap(missing, sink);
    chunk_left_ -= missing;
    Bytes nothing;
    if (chunk_left_ == 0) take_chunk(nothing, sink);
    return Verdict::kMore;
  }
  pieces_.forget();
  mime_.gap(missing, sink);
  if (mode_ == Mode::kChunk) end_mail(false, sink);
  return Verdict::kMore;
}

void SmtpParser::on_close(TransactionSink& sink) {
  if (mime_.is_open()) {
    MailPiece rest;
    if (mode_ == Mode::kData && pieces_.rest(rest)) mime_.piece(rest, sink);
    end_mail(false, sink);
  }
  report(sink);
}

}  // namespace netmoth::protocols
