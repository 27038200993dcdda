// Cuts one direction of a text protocol into lines.
//
// Invariant: a line that lies whole in the bytes given is handed out in place, without a copy; of a
// line split over segments at most `limit` octets are kept, the rest is passed over and the line is
// marked as cut. Lines end with LF; CRs before it are taken off.
#pragma once

#include <algorithm>
#include <string>

#include "base/types.h"

namespace netmoth::protocols {

struct TextLine {
  std::string_view text;  // valid until the reader's next call
  bool cut = false;       // longer than the limit
};

class LineReader {
 public:
  explicit LineReader(std::size_t limit) : limit_(limit) {}

  // Takes the next line off `data`. False where it is not whole: then all of `data` was taken.
  bool next(Bytes& data, TextLine& line) {
    if (handed_out_) forget();
    const std::string_view text = as_text(data);
    const std::size_t end = text.find('\n');
    if (end != std::string_view::npos && kept_.empty() && !cut_) {
      data = data.subspan(end + 1);
      line = {without_cr(text.substr(0, std::min(end, limit_))), end > limit_};
      return true;
    }
    const std::size_t piece = std::min(end, text.size());
    const std::size_t room = limit_ - std::min(limit_, kept_.size());
    kept_.append(text.substr(0, std::min(piece, room)));
    cut_ = cut_ || piece > room;
    if (end == std::string_view::npos) {
      data = {};
      return false;
    }
    data = data.subspan(end + 1);
    handed_out_ = true;
    line = {without_cr(kept_), cut_};
    return true;
  }

  // What is kept of a line without an end, e.g. where the connection ends.
  [[nodiscard]] std::string_view rest() const {
    return handed_out_ ? std::string_view() : std::string_view(kept_);
  }
  [[nodiscard]] bool rest_is_cut() const { return !handed_out_ && cut_; }

  void forget() {
    kept_.clear();
    cut_ = handed_out_ = false;
  }

 private:
  static std::string_view without_cr(std::string_view text) {
    while (!text.empty() && text.back() == '\r')
      text.remove_suffix(1);
    return text;
  }

  std::size_t limit_;
  std::string kept_;
  bool cut_ = false;
  bool handed_out_ = false;  // kept_ was given as a line and is forgotten with the next call
};

}  // namespace netmoth::protocols
