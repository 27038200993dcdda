// Kinds of indicators, as docs/bundle.md numbers their sections.
//
// Invariant: a kind's section is bundle_section::kFirstIndicators plus its place here; the same as
// in signatures/src/lists/kinds.ts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace netmoth::detect {

enum class IndicatorKind : std::uint8_t {
  kIpv4,  // first and last address of a range
  kIpv6,
  kIpv4Port,  // address, port
  kIpv6Port,
  kCertificateSha1,
  kCertificateSha256,
  kFileSha256,
  kFileMd5,
  kJa3,
  kJa3s,
  kJa4,
  kDomain,  // labels from the last to the first: `com.example.`
  kUrl,     // host[:port], path and query
};
inline constexpr std::size_t kIndicatorKinds = 13;

struct IndicatorKindRow {
  std::string_view name;  // as alerts and `type=` of lists spell it
  std::size_t width;      // octets of a key; 0: text of any length
};

inline constexpr std::array<IndicatorKindRow, kIndicatorKinds> kIndicatorKindRows{{
    {"ipv4", 8},
    {"ipv6", 32},
    {"ipv4-port", 6},
    {"ipv6-port", 18},
    {"certificate-sha1", 20},
    {"certificate-sha256", 32},
    {"file-sha256", 32},
    {"file-md5", 16},
    {"ja3", 16},
    {"ja3s", 16},
    {"ja4", 0},
    {"domain", 0},
    {"url", 0},
}};

constexpr const IndicatorKindRow& row_of(IndicatorKind kind) {
  return kIndicatorKindRows[static_cast<std::size_t>(kind)];
}

}  // namespace netmoth::detect
