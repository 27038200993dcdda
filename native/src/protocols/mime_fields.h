// Structured fields of a mail's head: media types, parameters, lists of addresses (RFC 2045 §5,
// RFC 2231 §3–4, RFC 5322 §3.4).
//
// Invariant: pure functions of one unfolded value; what they give back is not longer than it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace netmoth::protocols {

// "text/plain" of "Text/Plain; charset=…": up to the first ';', in lower case.
[[nodiscard]] std::string mime_value(std::string_view field);

// The parameter `name` (lower case), quotes taken off, continuations joined and percent-encoding
// undone (RFC 2231); empty where it is not there.
[[nodiscard]] std::string mime_parameter(std::string_view field, std::string_view name);

// Mailboxes apart: at commas outside of quotes, comments and angle brackets.
void split_addresses(std::string_view field, std::size_t most, std::vector<std::string>& out);

}  // namespace netmoth::protocols
