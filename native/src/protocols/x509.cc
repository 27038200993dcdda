// Certificate fields for tls events. See x509.h.
#include "protocols/x509.h"

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "base/hex.h"
#include "protocols/der.h"
#include "protocols/x509_name.h"

namespace netmoth::protocols {
namespace {

constexpr std::int64_t kSecondsPerDay = 86400;

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

// Takes `count` digits off the front of `text`.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  text.remove_prefix(count);
  return value;
}

// What follows the seconds: a fraction, then nothing, "Z" or a distance to UTC like "+0100", which
// RFC 5280 forbids and old certificates have. Seconds to subtract.
std::optional<std::int64_t> zone_of(std::string_view text) {
  if (!text.empty() && (text.front() == '.' || text.front() == ',')) {
    text.remove_prefix(1);
    text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
  }
  if (text.empty() || text == "Z") return 0;
  const char sign = text.front();
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  const auto minutes = take_digits(text, 2);
  if ((sign != '+' && sign != '-') || !hours || !minutes || !text.empty()) return std::nullopt;
  const std::int64_t distance = (*hours * 60 + *minutes) * 60;
  return sign == '+' ? distance : -distance;
}

// UTCTime or GeneralizedTime (RFC 5280 §4.1.2.5) as seconds since 1970.
std::optional<std::int64_t> time_of(const DerItem& item) {
  const bool general = item.tag == der_tag::kGeneralizedTime;
  if (!general && item.tag != der_tag::kUtcTime) return std::nullopt;
  std::string_view text = as_text(item.content);
  const auto year = take_digits(text, general ? 4 : 2);
  const auto month = take_digits(text, 2);
  const auto day = take_digits(text, 2);
  const auto hour = take_digits(text, 2);
  const auto minute = take_digits(text, 2);
  const unsigned second = take_digits(text, 2).value_or(0);  // may be left out
  const auto zone = zone_of(text);
  if (!year || !month || !day || !hour || !minute || !zone) return std::nullopt;
  if (*month < 1 || *month > 12 || *day < 1 || *day > 31 || *hour > 23 || *minute > 59 ||
      second > 60) {
    return std::nullopt;
  }
  std::int64_t full_year = *year;
  if (!general) full_year += *year >= 50 ? 1900 : 2000;
  return days_from_civil(full_year, *month, *day) * kSecondsPerDay + *hour * 3600 + *minute * 60 +
         second - *zone;
}

// The extensions that are read (RFC 5280 §4.2.1).
struct Extensions {
  Bytes subject_key;
  Bytes authority_key;
};

bool read_alternative_names(Bytes value, TlsCertificate& certificate) {
  constexpr std::uint8_t kEmail = 0x81;
  constexpr std::uint8_t kDns = 0x82;
  constexpr std::uint8_t kUri = 0x86;
  constexpr std::uint8_t kIp = 0x87;
  DerReader outer(value);
  DerReader names(outer.expect(der_tag::kSequence));
  while (!names.at_end()) {
    const DerItem name = names.next();
    if (!names.ok()) break;
    AlternativeNameKind kind{};
    switch (name.tag) {
      case kEmail:
        kind = AlternativeNameKind::kEmail;
        break;
      case kDns:
        kind = AlternativeNameKind::kDns;
        break;
      case kUri:
        kind = AlternativeNameKind::kUri;
        break;
      case kIp:
        kind = AlternativeNameKind::kIp;
        break;
      default:
        continue;
    }
    if (certificate.alternative_names.size() == kMaxAlternativeNames) {
      certificate.fault = TlsEvent::kTooManyAlternativeNames;
      return true;
    }
    AlternativeName& kept = certificate.alternative_names.emplace_back();
    kept.kind = kind;
    if (kind == AlternativeNameKind::kIp) {
      append_alternative_address(kept.text, name.content);
    } else {
      kept.text = as_text(name.content);
    }
  }
  return outer.ok() && names.ok();
}

bool read_extension(Bytes oid, Bytes value, TlsCertificate& certificate, Extensions& found) {
  constexpr std::string_view kSubjectKey = "\x55\x1d\x0e";
  constexpr std::string_view kAlternativeNames = "\x55\x1d\x11";
  constexpr std::string_view kAuthorityKey = "\x55\x1d\x23";
  constexpr std::uint8_t kKeyIdentifier = 0x80;
  DerReader reader(value);
  if (as_text(oid) == kAlternativeNames) return read_alternative_names(value, certificate);
  if (as_text(oid) == kSubjectKey) {
    found.subject_key = reader.expect(der_tag::kOctetString);
  } else if (as_text(oid) == kAuthorityKey) {
    DerReader fields(reader.expect(der_tag::kSequence));
    if (fields.next_tag() == kKeyIdentifier) found.authority_key = fields.next().content;
    return reader.ok() && fields.ok();
  }
  return reader.ok();
}

bool read_extensions(Bytes extensions, TlsCertificate& certificate, Extensions& found) {
  DerReader outer(extensions);
  DerReader list(outer.expect(der_tag::kSequence));
  while (!list.at_end()) {
    DerReader extension(list.expect(der_tag::kSequence));
    const Bytes oid = extension.expect(der_tag::kObjectId);
    if (extension.next_tag() == der_tag::kBoolean) (void)extension.next();  // critical
    const Bytes value = extension.expect(der_tag::kOctetString);
    if (!extension.ok() || !read_extension(oid, value, certificate, found)) return false;
  }
  return outer.ok() && list.ok();
}

bool has_host(const TlsCertificate& certificate) {
  return std::ranges::any_of(certificate.alternative_names, [](const AlternativeName& name) {
    return name.kind == AlternativeNameKind::kDns || name.kind == AlternativeNameKind::kIp;
  });
}

void read_serial(Bytes serial, TlsCertificate& certificate) {
  certificate.serial = base::to_hex(serial, ':');
  for (char& c : certificate.serial) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
}

// Fields up to the subject, in their order; the first that is missing is the fault.
std::optional<TlsEvent> read_fields(Bytes to_be_signed, TlsCertificate& certificate) {
  DerReader fields(to_be_signed);
  if (fields.next_tag() == der_tag::kContext0) {
    DerReader version(fields.next().content);
    const Bytes number = version.expect(der_tag::kInteger);
    if (number.size() != 1 || number[0] > 2) return TlsEvent::kCertificateInvalidVersion;
  }
  const Bytes serial = fields.expect(der_tag::kInteger);
  if (!fields.ok() || serial.empty()) return TlsEvent::kCertificateInvalidSerial;
  (void)fields.expect(der_tag::kSequence);
  if (!fields.ok()) return TlsEvent::kCertificateInvalidAlgorithm;
  const Bytes issuer = fields.expect(der_tag::kSequence);
  if (!fields.ok()) return TlsEvent::kCertificateInvalidIssuer;
  DerReader validity(fields.expect(der_tag::kSequence));
  if (!fields.ok()) return TlsEvent::kCertificateInvalidValidity;
  const DerItem not_before = validity.next();
  const DerItem not_after = validity.next();
  const Bytes subject = fields.expect(der_tag::kSequence);
  if (!fields.ok()) return TlsEvent::kCertificateInvalidSubject;
  read_serial(serial, certificate);
  const bool issuer_read = append_distinguished_name(certificate.issuer, issuer);
  const bool subject_read = append_distinguished_name(certificate.subject, subject);
  certificate.read = true;
  std::optional<TlsEvent> fault;
  if (!issuer_read || !subject_read) fault = TlsEvent::kCertificateInvalidName;
  const auto begin = time_of(not_before);
  const auto end = time_of(not_after);
  certificate.has_validity = validity.ok() && begin && end;
  if (certificate.has_validity) {
    certificate.not_before = *begin;
    certificate.not_after = *end;
  } else {
    fault =
        validity.ok() ? TlsEvent::kCertificateInvalidDate : TlsEvent::kCertificateInvalidValidity;
  }
  (void)fields.next();  // public key
  Extensions found;
  while (!fields.at_end()) {
    const DerItem item = fields.next();
    if (!fields.ok() || item.tag != der_tag::kContext3) continue;
    if (!read_extensions(item.content, certificate, found))
      fault = TlsEvent::kCertificateInvalidExtensions;
  }
  if (!fields.ok() && !fault) fault = TlsEvent::kCertificateInvalidDer;
  const bool denied = !found.subject_key.empty() && !found.authority_key.empty() &&
                      !std::ranges::equal(found.subject_key, found.authority_key);
  certificate.self_issued = !subject.empty() && std::ranges::equal(subject, issuer) && !denied;
  if (!has_host(certificate)) certificate.common_name = common_name(subject);
  return fault;
}

}  // namespace

void append_alternative_address(std::string& out, Bytes octets) {
  if (octets.size() == 4) {
    for (std::size_t i = 0; i < 4; ++i) {
      if (i > 0) out.push_back('.');
      char buffer[4];
      out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, octets[i]).ptr);
    }
    return;
  }
  for (std::size_t i = 0; i + 1 < octets.size(); i += 2) {
    if (i > 0) out.push_back(':');
    base::append_hex(out, octets.subspan(i, 2));
  }
}

TlsCertificate parse_certificate(Bytes der) {
  TlsCertificate certificate;
  certificate.fingerprint = base::to_hex(base::sha1(der), ':');
  DerReader file(der);
  const bool sequence = file.next_tag() == der_tag::kSequence;
  DerReader signed_part(file.expect(der_tag::kSequence));
  if (!file.ok()) {
    certificate.fault =
        sequence ? TlsEvent::kCertificateInvalidLength : TlsEvent::kCertificateInvalidDer;
    return certificate;
  }
  const Bytes to_be_signed = signed_part.expect(der_tag::kSequence);
  if (!signed_part.ok()) {
    certificate.fault = TlsEvent::kCertificateInvalidDer;
    return certificate;
  }
  const auto fault = read_fields(to_be_signed, certificate);
  if (fault) certificate.fault = fault;
  return certificate;
}

}  // namespace netmoth::protocols
