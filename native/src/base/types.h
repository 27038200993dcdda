// The few types every folder shares.
//
// Invariant: packet bytes travel only as Bytes (a view; the owner is the capture source or a
// parser's own buffer) and are read only through base::Reader.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace netmoth {

using Bytes = std::span<const std::uint8_t>;

// Nanoseconds since 1970-01-01T00:00:00Z.
using TimestampNs = std::int64_t;

enum class Direction : std::uint8_t { kToServer = 0, kToClient = 1 };

constexpr Direction opposite(Direction d) {
  return d == Direction::kToServer ? Direction::kToClient : Direction::kToServer;
}

constexpr std::size_t index_of(Direction d) {
  return static_cast<std::size_t>(d);
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// An IPv4 or IPv6 address in network byte order; IPv4 uses the first four octets, the rest is zero.
struct Address {
  std::array<std::uint8_t, 16> octets{};

  friend bool operator==(const Address&, const Address&) = default;
  friend auto operator<=>(const Address&, const Address&) = default;
};

using MacAddress = std::array<std::uint8_t, 6>;

// IANA protocol numbers the engine treats by name.
namespace ip_proto {
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIcmpV6 = 58;
inline constexpr std::uint8_t kSctp = 132;
}  // namespace ip_proto

}  // namespace netmoth
