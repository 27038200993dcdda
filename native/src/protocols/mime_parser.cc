// See mime_parser.h.
#include "protocols/mime_parser.h"

#include <algorithm>
#include <array>

#include "base/hex.h"
#include "protocols/http_fields.h"
#include "protocols/mime_fields.h"

namespace netmoth::protocols {
namespace {

std::string_view literal_eol(std::string_view eol) {
  constexpr std::string_view kBoth = "\r\n";
  return kBoth.substr(kBoth.size() - std::min(kBoth.size(), eol.size()));
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

void MimeParser::tell(Event event, TransactionSink& sink) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Event::kCount)> kNames{
      "mime_malformed_msg",     "mime_invalid_base64", "mime_invalid_qp",
      "mime_long_line",         "mime_long_enc_line",  "mime_long_header_name",
      "mime_long_header_value", "mime_long_boundary",  "mime_long_filename"};
  const std::uint32_t bit = 1U << static_cast<unsigned>(event);
  if ((told_ & bit) != 0) return;
  told_ |= bit;
  sink.on_anomaly(AppProto::kSmtp, kNames[static_cast<std::size_t>(event)], Direction::kToServer);
}

void MimeParser::start(SmtpTransaction& transaction) {
  transaction_ = &transaction;
  transaction.has_email = true;
  transaction.email = {};
  pieces_.forget();
  open_.clear();
  depth_ = 0;
  told_ = 0;
  lost_ = false;
  line_octets_ = 0;
  inspect_ = in_body_ = false;
  body_eol_.clear();
  begin_part();
  in_mail_header_ = true;
}

void MimeParser::begin_part() {
  in_header_ = true;
  in_mail_header_ = false;
  skip_part_ = false;
  is_text_ = false;
  field_.clear();
  field_cut_ = false;
  type_.clear();
  disposition_.clear();
  encoding_ = Encoding::kNone;
  held_eol_ = {};
  base64_.reset();
  quoted_printable_.reset();
}

void MimeParser::data(Bytes octets, TransactionSink& sink) {
  MailPiece next;
  while (pieces_.next(octets, next))
    piece(next, sink);
}

void MimeParser::piece(const MailPiece& piece, TransactionSink& sink) {
  if (transaction_ == nullptr) return;
  if (in_mail_header_) inspect_ = sink.content().inspect;
  if (in_body_) digest_body(piece);
  line_octets_ = piece.starts ? piece.text.size() : line_octets_ + piece.text.size();
  const bool encoded = !in_header_ && encoding_ == Encoding::kBase64;
  if (line_octets_ > kMaxMimeLine) {
    tell(Event::kLongLine, sink);
  } else if (encoded && line_octets_ > kMaxMimeEncodedLine) {
    tell(Event::kLongEncodedLine, sink);
  }
  if (piece.starts && take_boundary(piece, sink)) return;
  if (in_header_) {
    header_piece(piece, sink);
  } else if (!skip_part_) {
    body_piece(piece, sink);
  }
}

// "--boundary" or "--boundary--", then nothing but blanks (RFC 2046 §5.1.1).
bool MimeParser::take_boundary(const MailPiece& piece, TransactionSink& sink) {
  if (open_.empty() || piece.text.substr(0, 2) != "--") return false;
  for (std::size_t level = open_.size(); level > 0; --level) {
    const std::string& boundary = open_[level - 1].boundary;
    std::string_view rest = piece.text.substr(2);
    if (rest.substr(0, boundary.size()) != boundary) continue;
    rest.remove_prefix(boundary.size());
    const bool last = rest.substr(0, 2) == "--";
    if (last) rest.remove_prefix(2);
    if (!trimmed(rest).empty()) continue;
    if (in_header_) {
      end_field(sink);
      tell(Event::kMalformed, sink);  // a part that ends within its header
    }
    end_part(FileState::kClosed, sink);
    depth_ = open_[level - 1].depth - (last ? 1 : 0);
    open_.resize(level - (last ? 1 : 0));
    begin_part();
    if (last) {
      in_header_ = false;
      skip_part_ = true;
    }
    return true;
  }
  return false;
}

void MimeParser::digest_body(const MailPiece& piece) {
  body_digest_.update(as_bytes(body_eol_));
  body_digest_.update(as_bytes(piece.text));
  body_eol_.assign(piece.eol);
}

void MimeParser::header_piece(const MailPiece& piece, TransactionSink& sink) {
  if (piece.starts) {
    const bool folded = !piece.text.empty() && is_blank(piece.text.front());
    if (!folded || field_.empty()) end_field(sink);
    if (piece.text.empty()) return end_header(sink);
  }
  const std::size_t room = kMaxMimeField - std::min(kMaxMimeField, field_.size());
  field_.append(piece.text.substr(0, room));
  field_cut_ = field_cut_ || piece.text.size() > room;
}

void MimeParser::end_field(TransactionSink& sink) {
  if (field_.empty()) return;
  const std::size_t colon = field_.find(':');
  if (colon == std::string::npos || colon == 0) {
    tell(Event::kMalformed, sink);
  } else {
    if (colon > kMaxMimeFieldName) tell(Event::kLongName, sink);
    if (field_cut_) tell(Event::kLongValue, sink);
    const std::string_view name = trimmed(std::string_view(field_).substr(0, colon));
    const std::string_view value = trimmed(std::string_view(field_).substr(colon + 1));
    keep_part_field(name, value);
    if (in_mail_header_) keep_mail_field(name, value);
  }
  field_.clear();
  field_cut_ = false;
}

void MimeParser::keep_part_field(std::string_view name, std::string_view value) {
  if (equal_ignoring_case(name, "content-type")) {
    if (type_.empty()) type_.assign(value);
  } else if (equal_ignoring_case(name, "content-disposition")) {
    if (disposition_.empty()) disposition_.assign(value);
  } else if (equal_ignoring_case(name, "content-transfer-encoding")) {
    const std::string encoding = mime_value(value);
    if (encoding == "base64") encoding_ = Encoding::kBase64;
    if (encoding == "quoted-printable") encoding_ = Encoding::kQuotedPrintable;
  }
}

void MimeParser::keep_mail_field(std::string_view name, std::string_view value) {
  Email& mail = email();
  const std::array<std::pair<std::string_view, std::string*>, 7> texts{
      {{"from", &mail.from},
       {"subject", &mail.subject},
       {"date", &mail.date},
       {"message-id", &mail.message_id},
       {"reply-to", &mail.reply_to},
       {"x-mailer", &mail.x_mailer},
       {"user-agent", &mail.user_agent}}};
  for (const auto& [known, place] : texts) {
    if (equal_ignoring_case(name, known) && place->empty()) place->assign(value);
  }
  if (equal_ignoring_case(name, "to")) split_addresses(value, kMaxMailAddresses, mail.to);
  if (equal_ignoring_case(name, "cc")) split_addresses(value, kMaxMailAddresses, mail.cc);
  if (equal_ignoring_case(name, "bcc")) split_addresses(value, kMaxMailAddresses, mail.bcc);
  if (inspect_ && equal_ignoring_case(name, "received") && mail.received.size() < kMaxMailReceived)
    mail.received.emplace_back(value);
}

void MimeParser::end_header(TransactionSink& sink) {
  if (in_mail_header_) {
    email().status = MailStatus::kBodyStarted;
    in_body_ = inspect_;
    if (in_body_) body_digest_.start({.md5 = true});
  }
  in_header_ = in_mail_header_ = false;
  const std::string type = mime_value(type_);
  std::string name = mime_parameter(disposition_, "filename");
  if (name.empty()) name = mime_parameter(type_, "name");
  if (name.size() > kMaxMimeFileName) {
    tell(Event::kLongFileName, sink);
    name.resize(kMaxMimeFileName);
  }
  if (type.substr(0, 10) == "multipart/") {
    const std::string boundary = mime_parameter(type_, "boundary");
    if (boundary.size() > kMaxMimeBoundary) {
      tell(Event::kLongBoundary, sink);
    } else if (boundary.empty() || depth_ == kMaxMimeDepth) {
      tell(Event::kMalformed, sink);
    } else {
      open_.push_back({boundary, ++depth_});
      skip_part_ = true;
    }
    return;
  }
  if (type == "message/rfc822" && name.empty() && encoding_ == Encoding::kNone) {
    if (depth_ == kMaxMimeDepth) return tell(Event::kMalformed, sink);
    ++depth_;
    return begin_part();
  }
  is_text_ = type.empty() || type == "text/plain" || type == "text/html";
  if (name.empty()) return;
  if (email().attachments.size() < kMaxMailAttachments) email().attachments.push_back(name);
  file_.begin(name, {AppProto::kSmtp, Direction::kToServer, transaction_->tx_id}, sink);
}

void MimeParser::body_piece(const MailPiece& piece, TransactionSink& sink) {
  if (!file_.is_open() && !is_text_) return;
  decoded_.clear();
  switch (encoding_) {
    case Encoding::kBase64:
      if (!base64_.decode(piece.text, decoded_)) tell(Event::kInvalidBase64, sink);
      break;
    case Encoding::kQuotedPrintable: {
      decoded_.append(held_eol_);
      held_eol_ = {};
      const std::size_t before = decoded_.size();
      if (!quoted_printable_.decode(piece, decoded_)) tell(Event::kInvalidQp, sink);
      // The line's end is held back: it belongs to the boundary that may follow.
      const std::size_t eol = piece.eol.size();
      const bool hard = eol > 0 && decoded_.size() >= before + eol &&
                        std::string_view(decoded_).substr(decoded_.size() - eol) == piece.eol;
      if (hard) {
        decoded_.resize(decoded_.size() - eol);
        held_eol_ = literal_eol(piece.eol);
      }
      break;
    }
    case Encoding::kNone:
      decoded_.append(held_eol_).append(piece.text);
      held_eol_ = literal_eol(piece.eol);
      break;
  }
  content(decoded_);
}

void MimeParser::content(std::string_view octets) {
  if (octets.empty()) return;
  file_.data(as_bytes(octets));
  if (is_text_) urls_.find(octets, email().urls);
}

void MimeParser::end_part(FileState state, TransactionSink& sink) {
  if (is_text_) urls_.end(email().urls);
  urls_.reset();
  file_.end(state, transaction_, sink);
}

void MimeParser::gap(std::uint64_t missing, TransactionSink& sink) {
  if (transaction_ == nullptr) return;
  lost_ = true;
  file_.gap(missing);
  pieces_.forget();
  base64_.reset();
  quoted_printable_.reset();
  if (in_header_) end_field(sink);
}

void MimeParser::finish(bool complete, TransactionSink& sink) {
  if (transaction_ == nullptr) return;
  MailPiece rest;
  if (pieces_.rest(rest)) piece(rest, sink);
  if (in_header_) end_field(sink);
  if (!in_header_ && encoding_ == Encoding::kNone) content(held_eol_);
  // A multipart whose last boundary never came.
  if (complete && !open_.empty()) tell(Event::kMalformed, sink);
  const bool whole = complete && open_.empty();
  if (in_body_ && complete && !lost_) email().body_md5 = base::to_hex(*body_digest_.finish().md5);
  if (complete && !lost_) {
    email().status = MailStatus::kParseDone;
  } else if (lost_) {
    email().status = MailStatus::kParseError;
  }
  end_part(whole ? FileState::kClosed : FileState::kTruncated, sink);
  transaction_ = nullptr;
}

}  // namespace netmoth::protocols
