// Certificate fields for tls events. See x509.h.
#include "protocols/x509.h"

#include <array>
#include <charconv>

#include "base/digest.h"
#include "base/hex.h"
#include "protocols/der.h"

namespace netmoth::protocols {
namespace {

struct AttributeName {
  std::string_view oid;  // DER content octets
  std::string_view name;
};

// Attribute types of names (RFC 4519, RFC 2985) under their short names.
constexpr std::array<AttributeName, 20> kAttributes{{
    {"\x55\x04\x03", "CN"},
    {"\x55\x04\x04", "SN"},
    {"\x55\x04\x05", "serialNumber"},
    {"\x55\x04\x06", "C"},
    {"\x55\x04\x07", "L"},
    {"\x55\x04\x08", "ST"},
    {"\x55\x04\x09", "STREET"},
    {"\x55\x04\x0a", "O"},
    {"\x55\x04\x0b", "OU"},
    {"\x55\x04\x0c", "title"},
    {"\x55\x04\x0d", "description"},
    {"\x55\x04\x0f", "businessCategory"},
    {"\x55\x04\x11", "postalCode"},
    {"\x55\x04\x29", "name"},
    {"\x55\x04\x2a", "givenName"},
    {"\x55\x04\x2b", "initials"},
    {"\x55\x04\x2e", "dnQualifier"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "Email"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"},
}};

void append_decimal(std::string& out, std::uint64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

// Dotted decimal of an object identifier (X.690 §8.19).
void append_oid(std::string& out, Bytes oid) {
  std::uint64_t arc = 0;
  bool first = true;
  for (const std::uint8_t octet : oid) {
    arc = (arc & (~std::uint64_t{0} >> 8)) << 7 | (octet & 0x7f);
    if ((octet & 0x80) != 0) continue;
    if (first) {
      const std::uint64_t root = arc < 80 ? arc / 40 : 2;
      append_decimal(out, root);
      out.push_back('.');
      append_decimal(out, arc - root * 40);
      first = false;
    } else {
      out.push_back('.');
      append_decimal(out, arc);
    }
    arc = 0;
  }
}

void append_attribute_name(std::string& out, Bytes oid) {
  for (const AttributeName& attribute : kAttributes) {
    if (as_text(oid) == attribute.oid) {
      out.append(attribute.name);
      return;
    }
  }
  append_oid(out, oid);
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xe0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}

void append_value(std::string& out, const DerItem& value) {
  if (value.tag != der_tag::kBmpString) {
    out.append(as_text(value.content));
    return;
  }
  base::Reader reader(value.content);
  while (reader.remaining() >= 2)
    append_utf8(out, reader.u16());
}

// RDNSequence as "C=US, O=Example + OU=Both, CN=name".
std::string distinguished_name(Bytes sequence) {
  std::string out;
  DerReader names(sequence);
  while (!names.at_end()) {
    DerReader set(names.expect(der_tag::kSet));
    bool first_of_set = true;
    while (!set.at_end()) {
      DerReader pair(set.expect(der_tag::kSequence));
      const Bytes oid = pair.expect(der_tag::kObjectId);
      const DerItem value = pair.next();
      if (!pair.ok()) break;
      if (!out.empty()) out.append(first_of_set ? ", " : " + ");
      first_of_set = false;
      append_attribute_name(out, oid);
      out.push_back('=');
      append_value(out, value);
    }
  }
  return out;
}

// Days from 1970-01-01 to a Gregorian date (Howard Hinnant, "chrono-Compatible Low-Level Date
// Algorithms").
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  unsigned value = 0;
  const auto* first = text.data() + at;
  const auto result = std::from_chars(first, first + count, value);
  if (result.ptr != first + count) return std::nullopt;
  return value;
}

// UTCTime or GeneralizedTime, UTC, as seconds since 1970; 0 where it is neither.
std::int64_t time_of(const DerItem& item) {
  const std::string_view text = as_text(item.content);
  const std::size_t year_digits = item.tag == der_tag::kGeneralizedTime ? 4 : 2;
  const auto year = digits(text, 0, year_digits);
  const auto month = digits(text, year_digits, 2);
  const auto day = digits(text, year_digits + 2, 2);
  const auto hour = digits(text, year_digits + 4, 2);
  const auto minute = digits(text, year_digits + 6, 2);
  const auto second = digits(text, year_digits + 8, 2).value_or(0);  // may be left out in UTCTime
  if (!year || !month || !day || !hour || !minute || *month < 1 || *month > 12) return 0;
  std::int64_t full_year = *year;
  if (year_digits == 2) full_year += *year >= 50 ? 1900 : 2000;  // RFC 5280 §4.1.2.5.1
  return days_from_civil(full_year, *month, *day) * 86400 + *hour * 3600 + *minute * 60 + second;
}

void append_ip(std::string& out, Bytes octets) {
  if (octets.size() == 4) {
    for (std::size_t i = 0; i < 4; ++i) {
      if (i > 0) out.push_back('.');
      append_decimal(out, octets[i]);
    }
    return;
  }
  for (std::size_t i = 0; i + 1 < octets.size(); i += 2) {
    if (i > 0) out.push_back(':');
    base::append_hex(out, octets.subspan(i, 2));
  }
}

void read_alternative_names(Bytes value, TlsCertificate& certificate) {
  constexpr std::uint8_t kEmail = 0x81;
  constexpr std::uint8_t kDns = 0x82;
  constexpr std::uint8_t kUri = 0x86;
  constexpr std::uint8_t kIp = 0x87;
  DerReader outer(value);
  DerReader names(outer.expect(der_tag::kSequence));
  while (!names.at_end() && certificate.alternative_names.size() < kMaxAlternativeNames) {
    const DerItem name = names.next();
    if (!names.ok()) return;
    if (name.tag == kEmail || name.tag == kDns || name.tag == kUri) {
      certificate.alternative_names.emplace_back(as_text(name.content));
    } else if (name.tag == kIp) {
      append_ip(certificate.alternative_names.emplace_back(), name.content);
    }
  }
}

void read_extensions(Bytes extensions, TlsCertificate& certificate) {
  constexpr std::string_view kSubjectAltName = "\x55\x1d\x11";
  DerReader outer(extensions);
  DerReader list(outer.expect(der_tag::kSequence));
  while (!list.at_end()) {
    DerReader extension(list.expect(der_tag::kSequence));
    const Bytes oid = extension.expect(der_tag::kObjectId);
    if (extension.next_tag() == der_tag::kBoolean) (void)extension.next();  // critical
    const Bytes value = extension.expect(der_tag::kOctetString);
    if (extension.ok() && as_text(oid) == kSubjectAltName) {
      read_alternative_names(value, certificate);
    }
  }
}

void upper_case(std::string& text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
}

}  // namespace

TlsCertificate parse_certificate(Bytes der) {
  TlsCertificate certificate;
  certificate.fingerprint = base::to_hex(base::sha1(der), ':');
  DerReader file(der);
  DerReader signed_part(file.expect(der_tag::kSequence));
  DerReader fields(signed_part.expect(der_tag::kSequence));
  if (fields.next_tag() == der_tag::kContext0) (void)fields.next();  // version
  const Bytes serial = fields.expect(der_tag::kInteger);
  (void)fields.expect(der_tag::kSequence);  // signature algorithm
  const Bytes issuer = fields.expect(der_tag::kSequence);
  DerReader validity(fields.expect(der_tag::kSequence));
  const DerItem not_before = validity.next();
  const DerItem not_after = validity.next();
  const Bytes subject = fields.expect(der_tag::kSequence);
  if (!fields.ok() || !validity.ok()) return certificate;
  certificate.serial = base::to_hex(serial, ':');
  upper_case(certificate.serial);
  certificate.issuer = distinguished_name(issuer);
  certificate.subject = distinguished_name(subject);
  certificate.not_before = time_of(not_before);
  certificate.not_after = time_of(not_after);
  (void)fields.next();  // public key
  while (!fields.at_end()) {
    const DerItem item = fields.next();
    if (fields.ok() && item.tag == der_tag::kContext3) read_extensions(item.content, certificate);
  }
  return certificate;
}

}  // namespace netmoth::protocols
