// Certificates put together from their parts, unsigned: what the parser reads and nothing else.
#pragma once

#include <string>

#include "octets.h"

namespace netmoth::testing {

// Definite lengths of the shortest form (X.690 §10.1).
inline Octets der(unsigned tag, const Octets& content) {
  Octets out;
  put(out, tag, 1);
  if (content.size() < 0x80) {
    put(out, content.size(), 1);
  } else if (content.size() < 0x100) {
    put(out, 0x81, 1);
    put(out, content.size(), 1);
  } else {
    put(out, 0x82, 1);
    put(out, content.size(), 2);
  }
  put(out, content);
  return out;
}

inline Octets text(std::string_view value) {
  Octets out;
  put(out, value);
  return out;
}

inline Octets joined(std::initializer_list<Octets> parts) {
  Octets out;
  for (const Octets& part : parts)
    put(out, part);
  return out;
}

// An RDNSequence of one common name; empty for an empty name.
inline Octets name_of(std::string_view common_name) {
  if (common_name.empty()) return der(0x30, {});
  const Octets pair = joined({der(0x06, from_hex("550403")), der(0x0c, text(common_name))});
  return der(0x30, der(0x31, der(0x30, pair)));
}

inline Octets certificate_extension(std::string_view oid, const Octets& value) {
  return der(0x30, joined({der(0x06, from_hex(oid)), der(0x04, value)}));
}

struct CertificateParts {
  Octets version = der(0xa0, der(0x02, {2}));
  Octets serial = der(0x02, from_hex("0102"));
  Octets algorithm = der(0x30, {});
  std::string issuer = "authority";
  std::string subject = "www.example.com";
  Octets not_before = der(0x17, text("200101000000Z"));
  Octets not_after = der(0x17, text("210101000000Z"));
  Octets alternative_names;  // each made by der(), tags 0x82 DNS, 0x87 address
  Octets extensions;         // further ones
};

inline Octets build_certificate(const CertificateParts& parts) {
  Octets extensions = parts.extensions;
  if (!parts.alternative_names.empty())
    put(extensions, certificate_extension("551d11", der(0x30, parts.alternative_names)));
  Octets body = joined({parts.version, parts.serial, parts.algorithm, name_of(parts.issuer),
                        der(0x30, joined({parts.not_before, parts.not_after})),
                        name_of(parts.subject), der(0x30, {})});
  if (!extensions.empty()) put(body, der(0xa3, der(0x30, extensions)));
  return der(0x30, joined({der(0x30, body), der(0x30, {}), der(0x03, {0})}));
}

}  // namespace netmoth::testing
