// A capture file played back as if it came from the wire.
//
// Time: frames become due at the capture's own spacing divided by `speed`; 0 means as fast as they
// can be read. With `rebase` their time stamps are moved: at a pace, the first frame is now and the
// spacing is divided by the speed too, so that stamps and clock go together; at full speed the
// spacing is kept and the whole is moved so that the latest frame is now (the file is read twice
// for that).
//
// Invariant: next_batch() waits kPollMs at most. One thread.
#pragma once

#include "capture/pcap_file.h"
#include "pipeline/worker.h"

namespace netmoth::pipeline {

inline constexpr int kPollMs = 10;

class ReplaySource final : public capture::FrameSource {
 public:
  ReplaySource(const std::string& path, double speed, bool rebase);

  [[nodiscard]] capture::SourceStatus next_batch(std::span<decode::Frame> frames,
                                                 std::size_t& count) override;
  [[nodiscard]] const capture::Fault& fault() const override { return file_.fault(); }

  // The first frames were read, or this says why not; before the first next_batch().
  [[nodiscard]] capture::SourceStatus status() const { return status_; }

 private:
  void fill();
  [[nodiscard]] TimestampNs due_at(TimestampNs frame_time) const;

  capture::PcapFile file_;
  double speed_;
  bool rebase_;
  std::array<decode::Frame, kBatchFrames> held_;
  std::size_t next_ = 0;
  std::size_t held_count_ = 0;
  capture::SourceStatus status_ = capture::SourceStatus::kFrames;
  TimestampNs first_frame_ = 0;
  TimestampNs started_wall_ = 0;
  TimestampNs shift_ = 0;  // at full speed
};

TimestampNs wall_clock_ns();
TimestampNs steady_clock_ns();

}  // namespace netmoth::pipeline
