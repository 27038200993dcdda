// Distinguished names of certificates (RFC 5280 §4.1.2.4) in EVE's spelling.
//
// Invariant: pure functions of the DER; what cannot be read ends the text, nothing else.
#pragma once

#include <string>

#include "base/types.h"

namespace netmoth::protocols {

// The content of an RDNSequence as "C=US, O=Example + OU=Both, CN=name", appended. False where the
// structure is broken; what stood before is there.
bool append_distinguished_name(std::string& out, Bytes sequence);

// The last, most specific CN; empty where there is none.
std::string common_name(Bytes sequence);

}  // namespace netmoth::protocols
