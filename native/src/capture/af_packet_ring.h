// Sizes of the ring shared with the kernel. Private to capture/.
//
// Invariant: a block holds the largest frame there is (65,226 octets with segmentation offload).
#pragma once

#include <cstddef>
#include <cstdint>

namespace netmoth::capture {

inline constexpr std::size_t kBlockBytes = 1U << 20;
inline constexpr std::size_t kMinBlocks = 4;
// Only used for arithmetic the kernel checks: version 3 packs frames by their true length.
inline constexpr std::size_t kNominalFrameBytes = 2048;
// A block that has packets but is not full is handed over after this time.
inline constexpr std::uint32_t kBlockTimeoutMs = 20;

}  // namespace netmoth::capture
