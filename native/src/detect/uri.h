// A request target as http.uri shows it: path and query, percent-encoding undone, the path brought
// to its shortest form, as libhtp does it. Source: RFC 3986 §2.1, §5.2.4.
#pragma once

#include <string>
#include <string_view>

namespace netmoth::detect {

// Scheme and authority of the absolute form are left out.
void append_normalized_uri(std::string_view target, std::string& out);

// %HH undone; what is no such triple stays as it is.
void append_percent_decoded(std::string_view text, std::string& out);

}  // namespace netmoth::detect
