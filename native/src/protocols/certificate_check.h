// What is wrong with a certificate, as far as it tells itself: dates against the time of the
// packets, the name against the one that was asked for (RFC 6125, RFC 9525). Trust is not judged:
// neither signatures nor authorities nor revocation are looked at.
//
// Invariant: pure functions.
#pragma once

#include "base/types.h"
#include "protocols/x509.h"

namespace netmoth::protocols {

struct CertificateFindings {
  bool expired = false;
  bool not_yet_valid = false;
  bool self_signed = false;  // by name and key identifier (x509.h)
  bool name_mismatch = false;

  [[nodiscard]] bool any() const {
    return expired || not_yet_valid || self_signed || name_mismatch;
  }
};

// `host`: the SNI; empty where the name is not to be checked. `now`: 0 where it is not known.
CertificateFindings check_certificate(const TlsCertificate& certificate, std::string_view host,
                                      TimestampNs now);

// True where a DNS or address name of the certificate, or the common name where it has neither,
// is `host`. A wildcard stands for exactly one whole left-most label.
bool certificate_names(const TlsCertificate& certificate, std::string_view host);

}  // namespace netmoth::protocols
