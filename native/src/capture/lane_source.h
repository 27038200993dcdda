// What one worker's thread reads from: the frames of all interfaces captured on.
//
// Invariant: each frame carries the slot of its interface and a number of its own within the lane.
// next_batch() and the names belong to the lane's thread; counters() and faults() to any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/live_source.h"

namespace netmoth::capture {

class LaneSource : public FrameSource {
 public:
  using NameTaker = std::function<void(std::uint8_t slot, const std::string& name)>;
  struct SlotFault {
    std::uint8_t slot = 0;
    LiveFault fault;
  };

  // Told of every interface before its first frame, and again when it is renamed.
  void on_name(NameTaker taker) {
    taker_ = std::move(taker);
    tell_names();
  }
  // Since the run began, closed interfaces included.
  [[nodiscard]] virtual KernelCounters counters() = 0;
  // Of the rings the share that waits to be read, of the fullest one; by the lane's thread.
  [[nodiscard]] virtual double fill() const = 0;
  // Interfaces that cannot be captured on at the moment.
  [[nodiscard]] virtual std::vector<SlotFault> faults() const = 0;
  // How each interface is captured on, where a strategy has several ways.
  struct SlotMode {
    std::uint8_t slot = 0;
    std::string mode;
  };
  [[nodiscard]] virtual std::vector<SlotMode> modes() const { return {}; }
  // The calling thread looks at the interfaces there are; LiveCapture does so before the run.
  virtual void reconcile() = 0;

 protected:
  // Of all interfaces there are.
  virtual void tell_names() const = 0;
  void tell_name(std::uint8_t slot, const std::string& name) const {
    if (taker_) taker_(slot, name);
  }

 private:
  NameTaker taker_;
};

}  // namespace netmoth::capture
