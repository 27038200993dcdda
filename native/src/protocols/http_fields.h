// Lines of an HTTP/1.x message head (RFC 9112 §2–5) into a transaction.
//
// Invariant: pure functions of a line without its end and the transaction they fill; texts are cut
// at kMaxHttpLine because lines are.
#pragma once

#include <string>
#include <string_view>

#include "protocols/http_transaction.h"

namespace netmoth::protocols {

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
// "HTTP/1.1 200 OK"; false where it is no status line.
[[nodiscard]] bool read_status_line(std::string_view line, HttpTransaction& transaction);

// Where a field's value is to be kept; nullptr where nobody asks for it.
std::string* request_field(std::string_view name, HttpTransaction& transaction,
                           HttpFraming& framing);
std::string* response_field(std::string_view name, HttpTransaction& transaction,
                            HttpFraming& framing);

// Host field or absolute target into hostname (lower case) and port.
void settle_host(HttpTransaction& transaction);

// Blanks at both ends cut off.
std::string_view trimmed(std::string_view text);

// ASCII, without regard to case; `lower` is written in lower case.
bool equal_ignoring_case(std::string_view text, std::string_view lower);
bool contains_token(std::string_view text, std::string_view lower);

}  // namespace netmoth::protocols
