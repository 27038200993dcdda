// Which of the capabilities(7) that a strategy needs this process lacks.
//
// Invariant: asks the kernel; changes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace netmoth::capture {

// Numbers of <linux/capability.h>.
enum class Capability : std::uint8_t {
  kNetAdmin = 12,
  kNetRaw = 13,
  kIpcLock = 14,
  kPerfmon = 38,
  kBpf = 39,
};

// For a person: what `what` needs and which of it is missing; where none is, that the kernel
// refused for another reason. `held` is the effective set.
std::string capability_words(const std::string& what, std::span<const Capability> needed,
                             std::uint64_t held);
// The same for this thread.
std::string capability_words(const std::string& what, std::span<const Capability> needed);

}  // namespace netmoth::capture
