// Reads Kerberos messages. See krb5_message.h.
#include "protocols/krb5_message.h"

#include "protocols/der.h"

namespace netmoth::protocols {
namespace {

constexpr std::uint8_t kGeneralString = 0x1b;
constexpr std::uint8_t kApplication = 0x60;  // constructed, number in the low five bits
constexpr std::uint8_t kContext = 0xa0;

// The fields of a SEQUENCE, each behind an explicit tag [n] in rising order.
class Fields {
 public:
  explicit Fields(Bytes sequence) {
    DerReader outer(sequence);
    const Bytes content = outer.expect(der_tag::kSequence);
    DerReader fields(content);
    ok_ = outer.ok();
    while (ok_ && !fields.at_end()) {
      const DerItem field = fields.next();
      ok_ = fields.ok() && field.tag >= kContext && field.tag < kContext + fields_.size();
      if (ok_) fields_[field.tag - kContext] = field.content;
    }
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool has(std::size_t number) const { return !fields_[number].empty(); }
  [[nodiscard]] Bytes at(std::size_t number) const { return fields_[number]; }

  [[nodiscard]] std::uint32_t number(std::size_t number) {
    DerReader reader(at(number));
    const Bytes content = reader.expect(der_tag::kInteger);
    if (!reader.ok() || content.empty() || content.size() > 5) ok_ = false;
    std::uint32_t value = 0;
    for (const std::uint8_t octet : content.first(ok_ ? content.size() : 0))
      value = value << 8 | octet;
    return value;
  }
  [[nodiscard]] std::string_view text(std::size_t number) {
    DerReader reader(at(number));
    const Bytes content = reader.expect(kGeneralString);
    if (!reader.ok()) ok_ = false;
    return as_text(content);
  }

 private:
  std::array<Bytes, 16> fields_{};
  bool ok_ = true;
};

bool read_name(Bytes encoded, Krb5Name& name) {
  const Fields fields(encoded);
  DerReader outer(fields.at(1));
  DerReader parts(outer.expect(der_tag::kSequence));
  if (!fields.ok() || !outer.ok()) return false;
  while (!parts.at_end()) {
    const Bytes part = parts.expect(kGeneralString);
    if (!parts.ok()) return false;
    if (name.count < kMaxKrb5NameParts) name.parts[name.count++] = as_text(part);
  }
  return true;
}

bool read_encryption(Bytes encrypted, std::uint32_t& type) {
  Fields fields(encrypted);
  type = fields.number(0);
  return fields.ok();
}

bool read_error(Fields& fields, Krb5Message& message) {
  message.error = fields.number(6);
  if (fields.has(7)) message.realm = fields.text(7);
  if (fields.has(8) && !read_name(fields.at(8), message.client)) return false;
  return fields.ok() && read_name(fields.at(10), message.service);
}

bool read_reply(Fields& fields, Krb5Message& message) {
  constexpr std::uint8_t kTicket = kApplication | 1;
  message.realm = fields.text(3);
  if (!fields.ok() || !read_name(fields.at(4), message.client)) return false;
  DerReader outer(fields.at(5));
  const Fields ticket(outer.expect(kTicket));
  if (!outer.ok() || !ticket.ok() || !read_name(ticket.at(2), message.service)) return false;
  message.encrypted = true;
  return read_encryption(ticket.at(3), message.ticket_encryption) &&
         read_encryption(fields.at(6), message.encryption);
}

// KDC-REQ-BODY (RFC 4120 §5.4.1), as far as it goes: nobody is told that a request is broken.
void read_request(Fields& fields, Krb5Message& message) {
  Fields body(fields.at(4));
  if (!body.ok()) return;
  if (body.has(1) && !read_name(body.at(1), message.client)) message.client = {};
  if (body.has(2)) message.realm = body.text(2);
  if (body.has(3) && !read_name(body.at(3), message.service)) message.service = {};
}

}  // namespace

bool parse_krb5(Bytes data, Krb5Message& message) {
  constexpr std::uint32_t kVersion = 5;
  message = Krb5Message();
  DerReader outer(data);
  const DerItem item = outer.next();
  if (!outer.ok() || (item.tag & 0xe0) != kApplication) return false;
  message.type = item.tag & 0x1f;
  if (krb5_type_name(message.type).empty()) return false;
  Fields fields(item.content);
  if (!fields.ok()) return false;
  // Requests number their fields from 1, everything else from 0.
  const bool asks = !fields.has(0);
  const std::uint32_t version = fields.number(asks ? 1 : 0);
  const std::uint32_t type = fields.number(asks ? 2 : 1);
  if (!fields.ok() || version != kVersion || type != message.type) return false;
  switch (message.type) {
    case krb5_type::kError:
      message.sound = read_error(fields, message);
      break;
    case krb5_type::kAsReply:
    case krb5_type::kTgsReply:
      message.sound = read_reply(fields, message);
      break;
    case krb5_type::kAsRequest:
    case krb5_type::kTgsRequest:
      read_request(fields, message);
      message.sound = true;
      break;
    default:
      message.sound = true;
  }
  return true;
}

}  // namespace netmoth::protocols
