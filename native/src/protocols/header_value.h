// Parts of structured header values, as HTTP and MIME share them.
//
// Invariant: pure functions; views point into what they were given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace netmoth::protocols {

// `form-data; name="a"; filename=b` → the value of parameter `lower`, without quotes; empty where
// it is not there.
std::string_view header_parameter(std::string_view value, std::string_view lower);

// Nothing but digits.
std::optional<std::uint64_t> decimal_number(std::string_view text);

// "bytes 0-9/100" (RFC 9110 §14.4); what is `*` or missing has no value.
struct ContentRange {
  std::optional<std::uint64_t> start, end, size;
};
std::optional<ContentRange> read_content_range(std::string_view value);

// The path of a request target as a server would look it up: without scheme, authority, query and
// fragment, percent-decoded, `\` as `/`, without empty and dot segments.
std::string normal_path(std::string_view target);

}  // namespace netmoth::protocols
