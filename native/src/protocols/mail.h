// A mail and the SMTP transaction that carries it: the record behind an smtp event.
//
// Invariant: owns everything it says; lists and texts are bounded by the parsers that fill them
// (smtp_parser.h, mime_parser.h).
#pragma once

#include <string>
#include <vector>

#include "protocols/record.h"

namespace netmoth::protocols {

// How far a message was read; names as EVE's email.status has them.
enum class MailStatus : std::uint8_t {
  kHeaderStarted,
  kBodyStarted,
  kParseDone,
  kParseError,  // its end was never seen, or parts of it are missing
};

// Fields of the message head as they stand there, unfolded (RFC 5322 §2.2.3).
struct Email {
  MailStatus status = MailStatus::kHeaderStarted;
  std::string from;
  std::vector<std::string> to;
  std::vector<std::string> cc;
  std::vector<std::string> bcc;
  std::string subject;
  std::string date;
  std::string message_id;
  std::string reply_to;
  std::string x_mailer;
  std::string user_agent;
  std::vector<std::string> attachments;  // file names
  std::vector<std::string> urls;         // in texts, without http:// or https://
  // For rules alone, where ContentSettings::inspect asks for them.
  std::vector<std::string> received;
  std::string body_md5;  // of what follows the head, its last line's end left out; hexadecimal
};

struct SmtpTransaction : Record {
  SmtpTransaction() : Record(RecordKind::kSmtp) {}
  std::uint64_t tx_id = 0;
  std::string helo;       // of the session
  std::string mail_from;  // with its angle brackets
  std::vector<std::string> rcpt_to;
  bool has_email = false;
  Email email;
};

}  // namespace netmoth::protocols
