// Where frames come from: a capture file, standard input or a live interface.
//
// Invariant: frames come in batches and in order; what was readable before a fault is delivered
// before the fault is reported. The bytes of a batch stay valid until the next call of
// next_batch().
#pragma once

#include <span>
#include <string>

#include "decode/packet.h"

namespace netmoth::capture {

enum class SourceStatus : std::uint8_t {
  kFrames,               // at least one frame
  kIdle,                 // live only: nothing arrived within the poll time; call again
  kEnd,                  // the file ended where a record ended, or stop was asked for
  kTruncated,            // the file ended inside a record
  kBroken,               // a length or a block that cannot be
  kNotACapture,          // no capture format that is known here
  kUnsupportedLinkType,  // a capture, but of a link layer the decoder does not know
  kFailed,               // the operating system said no: see Fault::error_number
};

// What went wrong, for a person: one sentence without a full stop or line break.
struct Fault {
  SourceStatus status = SourceStatus::kEnd;
  std::uint64_t offset_bytes = 0;  // in the file, where the unreadable record starts
  int error_number = 0;            // errno with kFailed
  std::string message;
};

class FrameSource {
 public:
  virtual ~FrameSource() = default;

  // Fills `frames` from the start; `count` says how many. Only kFrames comes with a count above 0.
  // After any status but kFrames and kIdle every further call returns the same status.
  [[nodiscard]] virtual SourceStatus next_batch(std::span<decode::Frame> frames,
                                                std::size_t& count) = 0;

  // Valid once next_batch() or open returned a fault (kTruncated and after); empty message at kEnd.
  [[nodiscard]] virtual const Fault& fault() const = 0;
};

}  // namespace netmoth::capture
