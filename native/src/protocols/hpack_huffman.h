// The Huffman code of HPACK (RFC 7541 §5.2 and appendix B).
//
// Invariant: at most `limit` octets come out, whatever goes in; padding longer than seven bits, not
// of ones, or an explicit end-of-string symbol is an error.
#pragma once

#include <string>

#include "base/types.h"

namespace netmoth::protocols {

// Appends the decoded octets to `out`; false where the code is broken or `limit` is passed.
[[nodiscard]] bool huffman_decode(Bytes coded, std::size_t limit, std::string& out);

}  // namespace netmoth::protocols
