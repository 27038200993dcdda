// Buffers of SMTP envelopes and of the mails they carry. Source: Suricata 8 user guide, "SMTP
// Keywords", "Email Keywords".
#include "detect/buffers.h"
#include "protocols/mail.h"

namespace netmoth::detect {
namespace {

using protocols::Email;
using protocols::SmtpTransaction;

const SmtpTransaction& mail(const TxView& tx) {
  return static_cast<const SmtpTransaction&>(*tx.record);
}

void add_if(std::string_view text, BufferValues& out) {
  if (!text.empty()) out.add(text);
}

void add_all(const std::vector<std::string>& texts, BufferValues& out) {
  for (const std::string& text : texts)
    out.add(std::string_view(text));
}

template <std::string SmtpTransaction::*kText>
void envelope(const TxView& tx, Direction /*side*/, BufferValues& out) {
  add_if(mail(tx).*kText, out);
}

void recipients(const TxView& tx, Direction /*side*/, BufferValues& out) {
  add_all(mail(tx).rcpt_to, out);
}

template <std::string Email::*kText>
void field(const TxView& tx, Direction /*side*/, BufferValues& out) {
  if (mail(tx).has_email) add_if(mail(tx).email.*kText, out);
}

template <std::vector<std::string> Email::*kTexts>
void fields(const TxView& tx, Direction /*side*/, BufferValues& out) {
  if (mail(tx).has_email) add_all(mail(tx).email.*kTexts, out);
}

// Addresses stand in one buffer, as in their field.
template <std::vector<std::string> Email::*kTexts>
void addresses(const TxView& tx, Direction /*side*/, BufferValues& out) {
  const std::vector<std::string>& each = mail(tx).email.*kTexts;
  if (!mail(tx).has_email || each.empty()) return;
  std::string& made = out.make();
  for (const std::string& address : each) {
    if (!made.empty()) made.append(", ");
    made.append(address);
  }
  out.add_made(made);
}

constexpr std::uint32_t kSmtp = kind_bit(protocols::RecordKind::kSmtp);
constexpr Side kClient = Side::kToServer;

constexpr BufferRow kRows[] = {
    {"email.body_md5", kSmtp, kClient, field<&Email::body_md5>},
    {"email.cc", kSmtp, kClient, addresses<&Email::cc>},
    {"email.date", kSmtp, kClient, field<&Email::date>},
    {"email.from", kSmtp, kClient, field<&Email::from>},
    {"email.message_id", kSmtp, kClient, field<&Email::message_id>},
    {"email.received", kSmtp, kClient, fields<&Email::received>},
    {"email.subject", kSmtp, kClient, field<&Email::subject>},
    {"email.to", kSmtp, kClient, addresses<&Email::to>},
    {"email.url", kSmtp, kClient, fields<&Email::urls>},
    {"email.x_mailer", kSmtp, kClient, field<&Email::x_mailer>},
    {"smtp.helo", kSmtp, kClient, envelope<&SmtpTransaction::helo>},
    {"smtp.mail_from", kSmtp, kClient, envelope<&SmtpTransaction::mail_from>},
    {"smtp.rcpt_to", kSmtp, kClient, recipients},
};

}  // namespace

std::span<const BufferRow> mail_buffers() {
  return kRows;
}

}  // namespace netmoth::detect
