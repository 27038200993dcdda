// A DHCPv6 message (RFC 8415): the record behind a dhcpv6 event.
//
// Invariant: views of the datagram. Relays are unwrapped kMaxDhcpv6Relays deep; options are walked
// where they stand, each level inside its own bytes.
#pragma once

#include <array>

#include "base/reader.h"
#include "protocols/record.h"

namespace netmoth::protocols {

// HOP_COUNT_LIMIT of RFC 8415 §7.6.
inline constexpr std::size_t kMaxDhcpv6Relays = 8;

namespace dhcpv6_option {
inline constexpr std::uint16_t kClientId = 1;
inline constexpr std::uint16_t kServerId = 2;
inline constexpr std::uint16_t kIaNa = 3;
inline constexpr std::uint16_t kIaTa = 4;
inline constexpr std::uint16_t kIaAddress = 5;
inline constexpr std::uint16_t kOptionRequest = 6;
inline constexpr std::uint16_t kElapsedTime = 8;
inline constexpr std::uint16_t kRelayMessage = 9;
inline constexpr std::uint16_t kStatusCode = 13;
inline constexpr std::uint16_t kRapidCommit = 14;
inline constexpr std::uint16_t kVendorClass = 16;
inline constexpr std::uint16_t kInterfaceId = 18;
inline constexpr std::uint16_t kDnsServers = 23;  // RFC 3646
inline constexpr std::uint16_t kDomainList = 24;
inline constexpr std::uint16_t kIaPd = 25;
inline constexpr std::uint16_t kIaPrefix = 26;
inline constexpr std::uint16_t kClientName = 39;         // RFC 4704
inline constexpr std::uint16_t kClientLinkAddress = 79;  // RFC 6939
}  // namespace dhcpv6_option

struct Dhcpv6Relay {
  std::uint8_t hop_count = 0;
  Bytes link_address;
  Bytes peer_address;
  Bytes options;
};

struct Dhcpv6Message : Record {
  Dhcpv6Message() : Record(RecordKind::kDhcpv6) {}
  std::uint8_t type = 0;  // of the innermost message
  std::uint32_t id = 0;   // its transaction
  Bytes options;
  bool options_cut = false;                          // an option ends behind the message
  bool too_many_relays = false;                      // the innermost message was not reached
  std::array<Dhcpv6Relay, kMaxDhcpv6Relays> relays;  // outermost first
  std::size_t relay_count = 0;

  [[nodiscard]] std::span<const Dhcpv6Relay> all_relays() const {
    return {relays.data(), relay_count};
  }
};

// Calls each(code, data) for every option of a level. False where one is cut.
template <typename Each>
bool for_each_dhcpv6_option(Bytes options, Each each) {
  base::Reader reader(options);
  while (!reader.at_end()) {
    const std::uint16_t code = reader.u16();
    const Bytes data = reader.bytes(reader.u16());
    if (!reader.ok()) return false;
    each(code, data);
  }
  return true;
}

// The first option of that code; its data is empty and `found` false where there is none.
struct Dhcpv6Found {
  bool found = false;
  Bytes data;
};
Dhcpv6Found find_dhcpv6_option(Bytes options, std::uint16_t code);

// False where it is no DHCPv6 message: unknown type, or shorter than its header.
[[nodiscard]] bool parse_dhcpv6(Bytes datagram, Dhcpv6Message& message);

// "solicit", "reply", …; empty where unknown.
std::string_view dhcpv6_type_name(std::uint8_t type);
// Who sends messages of that type.
[[nodiscard]] bool dhcpv6_from_server(std::uint8_t type);

}  // namespace netmoth::protocols
