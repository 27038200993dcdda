// The two clocks of a run, driven by its frames.
//
// Invariant: `now` never runs backwards whatever the capture's time stamps do. `order` is `now`
// moved on by a nanosecond where it would stand still: strictly increasing from frame to frame, so
// that "before" and "after" have one answer for workers that look at the frames at different times.
#pragma once

#include <algorithm>

#include "base/types.h"

namespace netmoth::pipeline {

struct FrameClock {
  TimestampNs now = 0;
  TimestampNs order = 0;

  void advance(TimestampNs time) {
    now = std::max(now, time);
    order = std::max(order + 1, now);
  }
  // Time passed without a frame.
  void idle(TimestampNs time) {
    now = std::max(now, time);
    order = std::max(order, now);
  }
};

}  // namespace netmoth::pipeline
