// What testing each rule of a set cost: for people who write rules (`netmoth rules profile`).
//
// Invariant: one detector writes it, places are those of the set it was made for. A detector
// without one measures nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace netmoth::detect {

struct RuleCost {
  std::uint64_t checks = 0;  // tested after the prefilter
  std::uint64_t matches = 0;
  std::uint64_t ticks = 0;        // of the clock below, in all tests
  std::uint64_t worst_ticks = 0;  // in one of them
};

using RuleProfile = std::vector<RuleCost>;  // by place in RuleSet::rules()

// The processor's time stamp where it has one that a program may read, else nanoseconds.
inline std::uint64_t ticks_now() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t ticks = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

}  // namespace netmoth::detect
