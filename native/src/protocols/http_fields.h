// Lines of an HTTP/1.x message head (RFC 9112 §2–5) into a transaction.
//
// Invariant: pure functions of a line without its end and the transaction they fill; texts are cut
// at kMaxHttpLine because lines are.
#pragma once

#include <string>
#include <string_view>

#include "protocols/http_transaction.h"

namespace netmoth::protocols {

// What nobody looks behind for a status line, so that looking often costs little.
inline constexpr std::size_t kMaxLeadingBlanks = 1024;
// White space of any kind, line ends too.
inline constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";

// Fields that say what a body is.
struct HttpContentFields {
  std::string encoding;     // Content-Encoding
  std::string type;         // Content-Type, of a request: that of a response stands in its event
  std::string disposition;  // Content-Disposition

  void clear() {
    encoding.clear();
    type.clear();
    disposition.clear();
  }
};

// Fields that say where a message ends and what follows it.
struct HttpFraming {
  std::string content_length;
  std::string transfer_encoding;
  std::string upgrade;

  void clear() {
    content_length.clear();
    transfer_encoding.clear();
    upgrade.clear();
  }
  [[nodiscard]] bool chunked() const;
  // True and set where there is a usable length.
  [[nodiscard]] bool length(std::uint64_t& octets) const;
};

// "GET /path HTTP/1.1"; false where it is no request line. HTTP/0.9's form leaves protocol empty.
[[nodiscard]] bool read_request_line(std::string_view line, HttpTransaction& transaction);
// Anything that is text: its first word is the method.
[[nodiscard]] bool read_odd_request_line(std::string_view line, HttpTransaction& transaction);
// "HTTP/1.1 200 OK"; false where it is no status line.
[[nodiscard]] bool read_status_line(std::string_view line, HttpTransaction& transaction);

// Where a field's value is to be kept; nullptr where nobody asks for it.
// `content`: nullptr where bodies are only counted.
std::string* request_field(std::string_view name, HttpTransaction& transaction,
                           HttpFraming& framing, HttpContentFields* content);
std::string* response_field(std::string_view name, HttpTransaction& transaction,
                            HttpFraming& framing, HttpContentFields* content);

// Host field or absolute target into hostname (lower case) and port.
void settle_host(HttpTransaction& transaction);

// Blanks at both ends cut off.
std::string_view trimmed(std::string_view text);
// Blanks, controls and NULs at both ends cut off: field names as browsers read them.
std::string_view trimmed_of_controls(std::string_view text);

// A line that goes on with the field before it; NUL counts as a blank, as for browsers.
bool is_folded(std::string_view line);

// The start of a status line for a browser: `http` behind any white space; also where fewer octets
// are there and all fit, or kMaxLeadingBlanks of white space.
bool could_be_status_line(std::string_view start);

// ASCII, without regard to case; `lower` is written in lower case.
bool equal_ignoring_case(std::string_view text, std::string_view lower);
bool contains_token(std::string_view text, std::string_view lower);

}  // namespace netmoth::protocols
