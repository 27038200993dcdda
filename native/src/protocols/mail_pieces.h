// Cuts a mail's octets into lines, or pieces of lines that are too long to be kept.
//
// Invariant: nothing is lost: the pieces with their line ends are the octets given, in order. A
// line split over segments is joined up to kMaxMailPiece octets.
#pragma once

#include <algorithm>
#include <string>

#include "base/types.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxMailPiece = 2048;

struct MailPiece {
  std::string_view text;  // without the line's end; valid until the reader's next call
  std::string_view eol;   // "\r\n", "\n", or empty where the line goes on
  bool starts = true;     // at the beginning of a line
};

class MailPieceReader {
 public:
  // Takes the next piece off `data`; false where more octets are needed (then all were taken).
  bool next(Bytes& data, MailPiece& piece) {
    if (handed_out_) {
      kept_.clear();
      if (held_cr_) kept_.push_back('\r');
      handed_out_ = held_cr_ = false;
    }
    const std::string_view text = as_text(data);
    const std::size_t end = text.find('\n');
    if (end != std::string_view::npos && kept_.empty()) {
      data = data.subspan(end + 1);
      hand_out(text.substr(0, end + 1), piece);
      return true;
    }
    const std::size_t whole = end == std::string_view::npos ? text.size() : end + 1;
    const std::size_t taken =
        std::min(whole, kMaxMailPiece - std::min(kMaxMailPiece, kept_.size()));
    kept_.append(text.substr(0, taken));
    data = data.subspan(taken);
    if (taken == whole && end != std::string_view::npos) {
      handed_out_ = true;
      hand_out(kept_, piece);
      return true;
    }
    if (kept_.size() < kMaxMailPiece) return false;
    handed_out_ = true;
    held_cr_ = kept_.back() == '\r';  // it may be half of the line's end
    hand_out(std::string_view(kept_).substr(0, kept_.size() - (held_cr_ ? 1 : 0)), piece);
    return true;
  }

  // What is kept of a line without an end.
  bool rest(MailPiece& piece) {
    if (handed_out_ && !held_cr_) return false;
    if (handed_out_) {
      kept_.clear();
      kept_.push_back('\r');
    }
    handed_out_ = true;
    held_cr_ = false;
    if (kept_.empty()) return false;
    hand_out(kept_, piece);
    return true;
  }

  void forget() {
    kept_.clear();
    handed_out_ = held_cr_ = false;
    at_start_ = true;
  }

 private:
  void hand_out(std::string_view text, MailPiece& piece) {
    std::size_t eol = 0;
    if (!text.empty() && text.back() == '\n')
      eol = text.size() > 1 && text[text.size() - 2] == '\r' ? 2 : 1;
    piece = {text.substr(0, text.size() - eol), text.substr(text.size() - eol), at_start_};
    at_start_ = eol > 0;
  }

  std::string kept_;
  bool at_start_ = true;
  bool handed_out_ = false;
  bool held_cr_ = false;
};

}  // namespace netmoth::protocols
