// Transfer encodings of MIME (RFC 2045 §6.7, §6.8) as they come, piece by piece, and the search for
// URLs in what comes out.
//
// Invariant: a decoder keeps less than one group of its encoding between calls; decoded octets are
// appended to the caller's buffer, never more than were given.
#pragma once

#include <string>
#include <vector>

#include "protocols/mail_pieces.h"

namespace netmoth::protocols {

class Base64Decoder {
 public:
  // False where a character stood there that has no place in base64; it is passed over.
  bool decode(std::string_view text, std::string& out);
  void reset() { bits_ = count_ = 0, ended_ = false; }

 private:
  std::uint32_t bits_ = 0;
  std::uint32_t count_ = 0;  // characters in bits_
  bool ended_ = false;       // padding was seen
};

class QuotedPrintableDecoder {
 public:
  // False where an escape was none; it is taken literally.
  bool decode(const MailPiece& piece, std::string& out);
  void reset() { kept_.clear(); }

 private:
  std::string kept_;  // an escape, or blanks, at the end of a piece
};

inline constexpr std::size_t kMaxMailUrls = 32;
inline constexpr std::size_t kMaxMailUrl = 2048;

// http:// and https:// without regard to case; a URL ends at blanks, quotes and brackets.
class UrlFinder {
 public:
  void find(std::string_view text, std::vector<std::string>& urls);
  // A URL that reached the end of its text.
  void end(std::vector<std::string>& urls);
  void reset();

 private:
  std::string scheme_;  // lower case, as much of "http://" or "https://" as was seen
  std::string url_;
  bool inside_ = false;
};

}  // namespace netmoth::protocols
