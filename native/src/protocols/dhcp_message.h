// A DHCP message (RFC 2131, options RFC 2132): the record behind a dhcp event.
//
// Invariant: options are views of the datagram, at most kMaxDhcpOptions of them; option 52
// (overload) is followed once into the file and sname fields.
#pragma once

#include <array>

#include "base/types.h"
#include "protocols/record.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxDhcpOptions = 128;

namespace dhcp_option {
inline constexpr std::uint8_t kSubnetMask = 1;
inline constexpr std::uint8_t kRouters = 3;
inline constexpr std::uint8_t kDnsServers = 6;
inline constexpr std::uint8_t kHostname = 12;
inline constexpr std::uint8_t kRequestedIp = 50;
inline constexpr std::uint8_t kLeaseTime = 51;
inline constexpr std::uint8_t kOverload = 52;
inline constexpr std::uint8_t kMessageType = 53;
inline constexpr std::uint8_t kParameterList = 55;
inline constexpr std::uint8_t kRenewalTime = 58;
inline constexpr std::uint8_t kRebindingTime = 59;
inline constexpr std::uint8_t kVendorClass = 60;
inline constexpr std::uint8_t kClientId = 61;
}  // namespace dhcp_option

struct DhcpOption {
  std::uint8_t code = 0;
  Bytes data;
};

struct DhcpMessage : Record {
  DhcpMessage() : Record(RecordKind::kDhcp) {}
  std::uint8_t opcode = 0;  // 1 request, 2 reply
  std::uint32_t id = 0;
  Bytes client_hardware;  // hlen octets of chaddr
  Bytes client_ip;
  Bytes your_ip;
  Bytes next_server_ip;
  Bytes relay_ip;
  bool options_cut = false;  // ended without an end option or inside one
  std::array<DhcpOption, kMaxDhcpOptions> options;
  std::size_t option_count = 0;

  [[nodiscard]] std::span<const DhcpOption> all_options() const {
    return {options.data(), option_count};
  }
  [[nodiscard]] const DhcpOption* find(std::uint8_t code) const {
    for (const DhcpOption& option : all_options()) {
      if (option.code == code) return &option;
    }
    return nullptr;
  }
};

// False where it is no DHCP message (too short, no magic cookie, unknown opcode).
[[nodiscard]] bool parse_dhcp(Bytes datagram, DhcpMessage& message);

}  // namespace netmoth::protocols
