// Reads DHCPv6 messages. See dhcpv6_message.h.
#include "protocols/dhcpv6_message.h"

namespace netmoth::protocols {
namespace {

constexpr std::uint8_t kRelayForward = 12;
constexpr std::uint8_t kRelayReply = 13;
constexpr std::size_t kAddress = 16;

constexpr std::array<std::string_view, 14> kTypeNames{"",
                                                      "solicit",
                                                      "advertise",
                                                      "request",
                                                      "confirm",
                                                      "renew",
                                                      "rebind",
                                                      "reply",
                                                      "release",
                                                      "decline",
                                                      "reconfigure",
                                                      "information_request",
                                                      "relay_forward",
                                                      "relay_reply"};

}  // namespace

Dhcpv6Found find_dhcpv6_option(Bytes options, std::uint16_t code) {
  Dhcpv6Found result;
  (void)for_each_dhcpv6_option(options, [&](std::uint16_t each, Bytes data) {
    if (each == code && !result.found) result = {true, data};
  });
  return result;
}

bool parse_dhcpv6(Bytes datagram, Dhcpv6Message& message) {
  message.relay_count = 0;
  message.options_cut = message.too_many_relays = false;
  Bytes rest = datagram;
  // What is broken inside relays is still told by them.
  const auto broken = [&message] {
    message.options_cut = true;
    return message.relay_count > 0;
  };
  while (true) {
    base::Reader reader(rest);
    message.type = reader.u8();
    if (dhcpv6_type_name(message.type).empty()) return broken();
    const bool relayed = message.type == kRelayForward || message.type == kRelayReply;
    if (!relayed) {
      message.id = reader.u24();
      message.options = reader.rest();
      if (!reader.ok()) return broken();
      break;
    }
    Dhcpv6Relay relay;
    relay.hop_count = reader.u8();
    relay.link_address = reader.bytes(kAddress);
    relay.peer_address = reader.bytes(kAddress);
    relay.options = reader.rest();
    if (!reader.ok()) return broken();
    message.options = {};
    if (message.relay_count == kMaxDhcpv6Relays) {
      message.too_many_relays = true;
      return true;
    }
    message.relays[message.relay_count++] = relay;
    const Dhcpv6Found inner = find_dhcpv6_option(relay.options, dhcpv6_option::kRelayMessage);
    if (!inner.found) {
      message.options_cut = true;
      return true;
    }
    rest = inner.data;
  }
  message.options_cut = !for_each_dhcpv6_option(message.options, [](std::uint16_t, Bytes) {});
  return true;
}

std::string_view dhcpv6_type_name(std::uint8_t type) {
  return type < kTypeNames.size() ? kTypeNames[type] : std::string_view();
}

bool dhcpv6_from_server(std::uint8_t type) {
  constexpr std::uint8_t kAdvertise = 2;
  constexpr std::uint8_t kReply = 7;
  constexpr std::uint8_t kReconfigure = 10;
  return type == kAdvertise || type == kReply || type == kReconfigure || type == kRelayReply;
}

}  // namespace netmoth::protocols
