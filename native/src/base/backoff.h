// Waiting for another thread that is expected to be quick: spins, then gives the core away, then
// sleeps, so that a wait costs next to nothing where the other is not even running.
#pragma once

#include <chrono>
#include <mutex>
#include <thread>

namespace netmoth::base {

class Backoff {
 public:
  void wait() {
    if (!spin()) std::this_thread::sleep_for(kSleep);
  }
  // False: it has taken long enough to sleep instead.
  bool spin() {
    ++tries_;
    if (tries_ > kSpins + kYields) return false;
    tries_ <= kSpins ? pause() : std::this_thread::yield();
    return true;
  }

 private:
  // Tells the core that this is a waiting loop.
  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  static constexpr int kSpins = 512;  // some 10 to 30 µs
  static constexpr int kYields = 8;
  static constexpr std::chrono::microseconds kSleep{50};
  int tries_ = 0;
};

// A lock for somebody who will give it back within a microsecond or so: does not sleep at once.
class SoonLock {
 public:
  explicit SoonLock(std::mutex& mutex) : lock_(mutex, std::defer_lock) {
    for (Backoff backoff; !lock_.owns_lock() && backoff.spin();)
      (void)lock_.try_lock();
    if (!lock_.owns_lock()) lock_.lock();
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace netmoth::base
