// The key of an indicator as people write it in lists.
//
// Invariant: takes any octets; those of a wrong length give what can be said of them.
#pragma once

#include <string>

#include "base/types.h"
#include "detect/indicators/kinds.h"

namespace netmoth::detect {

// Ranges as one address, a network (10.0.0.0/8) or FIRST-LAST; ports behind a colon, IPv6 then in
// brackets; digests and fingerprints in lower-case hex; domains and URLs as they are read.
std::string text_of_entry(IndicatorKind kind, Bytes key);

}  // namespace netmoth::detect
