// See certificate_check.h.
#include "protocols/certificate_check.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace netmoth::protocols {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

// A name may be written absolute, with the root's dot.
std::string_view without_root(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return name;
}

// RFC 9525 §6.3.
bool matches_host(std::string_view pattern, std::string_view host) {
  pattern = without_root(pattern);
  if (pattern.substr(0, 2) != "*.") return equal_ignoring_case(pattern, host);
  const std::size_t dot = host.find('.');
  if (dot == 0 || dot == std::string_view::npos) return false;
  return equal_ignoring_case(pattern.substr(1), host.substr(dot));
}

// `host` as alternative names spell an address; empty where it is none.
std::string address_of(std::string_view host) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (host.size() >= text.size()) return {};
  std::ranges::copy(host, text.begin());
  std::array<std::uint8_t, 16> octets{};
  std::string out;
  if (inet_pton(AF_INET, text.data(), octets.data()) == 1) {
    append_alternative_address(out, Bytes(octets).first(4));
  } else if (inet_pton(AF_INET6, text.data(), octets.data()) == 1) {
    append_alternative_address(out, octets);
  }
  return out;
}

}  // namespace

bool certificate_names(const TlsCertificate& certificate, std::string_view host) {
  host = without_root(host);
  if (host.empty()) return false;
  const std::string address = address_of(host);
  const auto kind = address.empty() ? AlternativeNameKind::kDns : AlternativeNameKind::kIp;
  for (const AlternativeName& name : certificate.alternative_names) {
    if (name.kind != kind) continue;
    if (address.empty() ? matches_host(name.text, host) : name.text == address) return true;
  }
  if (certificate.common_name.empty()) return false;
  return address.empty() ? matches_host(certificate.common_name, host)
                         : certificate.common_name == host;
}

CertificateFindings check_certificate(const TlsCertificate& certificate, std::string_view host,
                                      TimestampNs now) {
  constexpr TimestampNs kSecond = 1'000'000'000;
  CertificateFindings findings;
  if (!certificate.read) return findings;
  if (certificate.has_validity && now != 0) {
    const std::int64_t seconds = now / kSecond;
    findings.expired = seconds > certificate.not_after;
    findings.not_yet_valid = seconds < certificate.not_before;
  }
  findings.self_signed = certificate.self_issued;
  findings.name_mismatch = !host.empty() && !certificate_names(certificate, host);
  return findings;
}

}  // namespace netmoth::protocols
