// Which application a connection belongs to, from native/data/applications.txt, which the build
// compiles in.
//
// Invariant: pure functions of a constant table: no memory, no lock, no start-up work. A rule for a
// domain covers its subdomains; of several rules the longest wins. kUnknown where no rule fits.
#pragma once

#include <string_view>

#include "base/types.h"

namespace netmoth::correlate {

using ApplicationId = std::uint16_t;
inline constexpr ApplicationId kUnknownApplication = 0;

// By a host name in any case, with or without final dot.
[[nodiscard]] ApplicationId application_by_name(std::string_view host);
// By a JA4, or the hash of a JA3.
[[nodiscard]] ApplicationId application_by_fingerprint(std::string_view fingerprint);

struct Application {
  std::string_view name;      // "unknown" for kUnknownApplication
  std::string_view category;  // empty for kUnknownApplication
};
[[nodiscard]] Application application(ApplicationId id);
[[nodiscard]] std::size_t application_count();

}  // namespace netmoth::correlate
