// A protocol data unit or a part of one, as rules look at it by `frame:`. Source: Suricata 8 user
// guide, "Frames"; names are those of Suricata's parsers.
//
// Invariant: a view during the call. Parsers tell frames only where ContentSettings::frames asks
// for them, and none that is longer than kMaxFrame.
#pragma once

#include <algorithm>
#include <string>

#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxFrame = std::size_t{32} << 10;

struct Frame : Record {
  Frame() : Record(RecordKind::kFrame) {}
  std::string_view name;  // "tls.pdu"; static storage
  Bytes data;
};

// `data` is cut to kMaxFrame.
inline void tell_frame(std::string_view name, Direction direction, Bytes data,
                       TransactionSink& sink) {
  Frame frame;
  frame.name = name;
  frame.data = data.first(std::min(data.size(), kMaxFrame));
  sink.on_inspected(direction, frame);
}

// Octets of a frame that come in pieces.
class FrameKeeper {
 public:
  void add(Bytes piece) {
    octets_.append(as_text(piece).substr(0, kMaxFrame - std::min(kMaxFrame, octets_.size())));
  }
  void add(std::string_view piece) { add(as_bytes(piece)); }
  [[nodiscard]] Bytes octets() const { return as_bytes(octets_); }
  void forget() { octets_ = {}; }

 private:
  std::string octets_;
};

}  // namespace netmoth::protocols
