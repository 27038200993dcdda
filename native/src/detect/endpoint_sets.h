// Addresses and ports that a rule or a suppression is about, in memory of the set.
//
// Invariant: ranges are closed, sorted, and do not overlap; nothing here owns memory.
#pragma once

#include "base/types.h"

namespace netmoth::detect {

struct Ipv4Range {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
};

struct Ipv6Range {
  Bytes low;
  Bytes high;
};

// As ranges have it.
constexpr std::uint32_t ipv4_number(const Address& address) {
  return std::uint32_t{address.octets[0]} << 24 | std::uint32_t{address.octets[1]} << 16 |
         std::uint32_t{address.octets[2]} << 8 | address.octets[3];
}

struct AddressSet {
  std::span<const Ipv4Range> v4;
  std::span<const Ipv6Range> v6;
  bool any = false;

  [[nodiscard]] bool has(const Address& address, int ip_version) const;
};

// Alerts of these hosts are not told.
struct Suppression {
  enum class Track : std::uint8_t { kAlways, kSource, kDestination, kEither };
  Track track = Track::kAlways;
  const AddressSet* addresses = nullptr;

  [[nodiscard]] bool covers(const Address& source, const Address& destination,
                            int ip_version) const;
};

struct PortRange {
  std::uint16_t low = 0;
  std::uint16_t high = 0;
};

struct PortSet {
  std::span<const PortRange> ranges;
  bool any = false;

  [[nodiscard]] bool has(std::uint16_t port) const {
    if (any) return true;
    for (const PortRange& range : ranges) {
      if (port <= range.high) return port >= range.low;
    }
    return false;
  }
};

}  // namespace netmoth::detect
