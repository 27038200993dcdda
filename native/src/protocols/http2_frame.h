// Frames of HTTP/2 (RFC 9113 §4 and §6) as its parser's sources share them.
#pragma once

#include <cstdint>

namespace netmoth::protocols::http2 {

enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr std::uint8_t kEndStream = 0x01;
inline constexpr std::uint8_t kEndHeaders = 0x04;
inline constexpr std::uint8_t kPadded = 0x08;
inline constexpr std::uint8_t kWithPriority = 0x20;

}  // namespace netmoth::protocols::http2
