// Writes smtp events in Suricata's order of members. See smtp_json.h.
#include "output/smtp_json.h"

namespace netmoth::output {
namespace {

void optional(base::JsonWriter& json, std::string_view name, std::string_view value) {
  if (!value.empty()) json.member(name, value);
}

void optional(base::JsonWriter& json, std::string_view name,
              const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.key(name);
  json.begin_array();
  for (const std::string& value : values)
    json.text(value);
  json.end_array();
}

std::string_view status_name(protocols::MailStatus status) {
  using protocols::MailStatus;
  switch (status) {
    case MailStatus::kHeaderStarted:
      return "HEADER_STARTED";
    case MailStatus::kBodyStarted:
      return "BODY_STARTED";
    case MailStatus::kParseDone:
      return "PARSE_DONE";
    case MailStatus::kParseError:
      break;
  }
  return "PARSE_ERROR";
}

void write_email(base::JsonWriter& json, const protocols::Email& email) {
  json.key("email");
  json.begin_object();
  json.member_plain("status", status_name(email.status));
  optional(json, "from", email.from);
  optional(json, "to", email.to);
  optional(json, "cc", email.cc);
  optional(json, "attachment", email.attachments);
  optional(json, "url", email.urls);
  optional(json, "reply_to", email.reply_to);
  optional(json, "bcc", email.bcc);
  optional(json, "message_id", email.message_id);
  optional(json, "subject", email.subject);
  optional(json, "x_mailer", email.x_mailer);
  optional(json, "user_agent", email.user_agent);
  optional(json, "date", email.date);
  json.end_object();
}

}  // namespace

void write_smtp(base::JsonWriter& json, const protocols::SmtpTransaction& transaction) {
  json.key("smtp");
  json.begin_object();
  optional(json, "helo", transaction.helo);
  optional(json, "mail_from", transaction.mail_from);
  optional(json, "rcpt_to", transaction.rcpt_to);
  json.end_object();
  if (transaction.has_email) write_email(json, transaction.email);
}

}  // namespace netmoth::output
