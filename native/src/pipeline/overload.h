// How much a worker leaves undone when there is more to do than it can do: a ladder of steps, each
// of which costs more knowledge than the one before (docs/engine.md has the table).
//
// Invariant: one step up each kLookNs at most while it is pressed, one step down each kCalmNs while
// it is calm, nothing in between: it does not flutter, and from the highest step it is down within
// five seconds. It decides by what was measured, and knows no packet.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/types.h"

namespace netmoth::pipeline {

enum class Overload : std::uint8_t {
  kNone,
  kBulk,       // flows that are done with are shunted sooner, and so is bulk past all depths
  kEncrypted,  // what follows the handshakes of encrypted flows is not looked into
  kSampling,   // of new flows every so many is looked at
};

// Measured since the look before.
struct Pressure {
  double ring = 0;       // share of the rings that waits to be read
  bool drops = false;    // the kernel found no room
  double memory = 0;     // of what parsers and streams may hold
  bool backlog = false;  // events found no room, or the spool has little left
};

class OverloadLadder {
 public:
  static constexpr TimestampNs kLookNs = 100'000'000;
  static constexpr TimestampNs kCalmNs = 300'000'000;
  static constexpr double kHigh = 0.5;
  static constexpr double kSevere = 0.75;  // flows are sampled only where it comes to this
  static constexpr double kLow = 0.1;
  static constexpr double kHighMemory = 0.9;
  static constexpr double kLowMemory = 0.8;
  // Flows looked at are one in two to the power of this at least.
  static constexpr std::uint8_t kMostSampling = 6;

  // True where the step is another now. `now`: any clock that does not run backwards.
  bool look(const Pressure& pressure, TimestampNs now) {
    const std::uint8_t before = step_;
    if (is_high(pressure)) {
      calm_since_ = now;
      if (step_ < kBeforeSampling || is_severe(pressure))
        step_ = std::min<std::uint8_t>(static_cast<std::uint8_t>(step_ + 1), kHighest);
    } else if (!is_low(pressure)) {
      calm_since_ = now;
    } else if (step_ > 0 && now - calm_since_ >= kCalmNs) {
      --step_;
      calm_since_ = now;
    }
    return step_ != before;
  }

  [[nodiscard]] Overload level() const {
    return static_cast<Overload>(std::min<std::uint8_t>(step_, kBeforeSampling + 1));
  }
  // 0: all flows are looked at; else one in two to the power of it.
  [[nodiscard]] std::uint8_t sampling() const {
    return step_ > kBeforeSampling ? static_cast<std::uint8_t>(step_ - kBeforeSampling)
                                   : std::uint8_t{0};
  }

 private:
  static constexpr std::uint8_t kBeforeSampling = 2;
  static constexpr std::uint8_t kHighest = kBeforeSampling + kMostSampling;
  static_assert((kHighest + 1) * kCalmNs < 5'000'000'000);

  static bool is_high(const Pressure& pressure) {
    return pressure.ring >= kHigh || pressure.drops || pressure.memory >= kHighMemory ||
           pressure.backlog;
  }
  static bool is_severe(const Pressure& pressure) {
    return pressure.ring >= kSevere || pressure.drops || pressure.memory >= kHighMemory ||
           pressure.backlog;
  }
  static bool is_low(const Pressure& pressure) {
    return pressure.ring < kLow && !pressure.drops && pressure.memory < kLowMemory &&
           !pressure.backlog;
  }

  std::uint8_t step_ = 0;
  TimestampNs calm_since_ = 0;
};

}  // namespace netmoth::pipeline
