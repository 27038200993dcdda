// See mime_decoders.h.
#include "protocols/mime_decoders.h"

namespace netmoth::protocols {
namespace {

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;  // not allowed, but in use
  return -1;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool ends_url(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' ||
         c == '(' || c == ')' || c == '[' || c == ']' || c == '{' || c == '}' || c == '\x7f';
}

}  // namespace

bool Base64Decoder::decode(std::string_view text, std::string& out) {
  bool sound = true;
  for (const char c : text) {
    if (c == '=') {
      // What the last group has in whole octets.
      if (count_ == 3) out.push_back(static_cast<char>(bits_ >> 10));
      if (count_ == 3) out.push_back(static_cast<char>(bits_ >> 2));
      if (count_ == 2) out.push_back(static_cast<char>(bits_ >> 4));
      bits_ = count_ = 0;
      ended_ = true;
      continue;
    }
    const int value = base64_value(c);
    if (value < 0 || ended_) {
      if (value >= 0) ended_ = false;  // another encoded text behind the padding
      if (value < 0) {
        sound = sound && (is_blank(c) || c == '\r');
        continue;
      }
    }
    bits_ = bits_ << 6 | static_cast<std::uint32_t>(value);
    if (++count_ < 4) continue;
    out.push_back(static_cast<char>(bits_ >> 16));
    out.push_back(static_cast<char>(bits_ >> 8));
    out.push_back(static_cast<char>(bits_));
    bits_ = count_ = 0;
  }
  return sound;
}

bool QuotedPrintableDecoder::decode(const MailPiece& piece, std::string& out) {
  bool sound = true;
  std::string joined;
  std::string_view text = piece.text;
  if (!kept_.empty()) {
    joined.swap(kept_);
    joined.append(text);
    text = joined;
  }
  const bool line_ends = !piece.eol.empty();
  const std::string_view untrimmed = text;
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c != '=') {
      out.push_back(c);
      ++at;
      continue;
    }
    if (at + 1 == text.size() && line_ends) return sound;  // a soft line break
    if (at + 2 >= text.size() && !line_ends) {
      kept_.assign(untrimmed.substr(at));
      return sound;
    }
    const int high = at + 1 < text.size() ? hex_value(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
    if (high < 0 || low < 0) {
      sound = false;
      out.push_back(c);
      ++at;
      continue;
    }
    out.push_back(static_cast<char>(high << 4 | low));
    at += 3;
  }
  if (line_ends) {
    out.append(piece.eol);
  } else {
    // Blanks belong to the text only where the line goes on; what is kept stays below a piece.
    const std::string_view blanks = untrimmed.substr(text.size());
    if (blanks.size() < kMaxMailPiece) kept_.assign(blanks);
  }
  return sound;
}

void UrlFinder::reset() {
  scheme_.clear();
  url_.clear();
  inside_ = false;
}

void UrlFinder::end(std::vector<std::string>& urls) {
  if (inside_ && !url_.empty() && urls.size() < kMaxMailUrls) urls.push_back(url_);
  reset();
}

void UrlFinder::find(std::string_view text, std::vector<std::string>& urls) {
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kSecure = "https://";
  if (urls.size() >= kMaxMailUrls) return;
  for (const char c : text) {
    if (inside_) {
      if (ends_url(c)) {
        end(urls);
      } else if (url_.size() < kMaxMailUrl) {
        url_.push_back(c);
      }
      continue;
    }
    scheme_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    if (scheme_ == kPlain || scheme_ == kSecure) {
      inside_ = true;
      scheme_.clear();
    } else if (kPlain.substr(0, scheme_.size()) != scheme_ &&
               kSecure.substr(0, scheme_.size()) != scheme_) {
      const bool begins = scheme_.back() == 'h';
      scheme_.clear();
      if (begins) scheme_.push_back('h');
    }
  }
}

}  // namespace netmoth::protocols
