// Waiting for another thread that is expected to be quick: spins, then gives the core away, then
// sleeps, so that a wait costs next to nothing where the other is not even running.
#pragma once

#include <chrono>
#include <thread>

namespace netmoth::base {

class Backoff {
 public:
  void wait() {
    ++tries_;
    if (tries_ <= kSpins) return;
    if (tries_ <= kSpins + kYields) return std::this_thread::yield();
    std::this_thread::sleep_for(kSleep);
  }

 private:
  static constexpr int kSpins = 128;
  static constexpr int kYields = 8;
  static constexpr std::chrono::microseconds kSleep{50};
  int tries_ = 0;
};

}  // namespace netmoth::base
