#include "flow/flow_key.h"

#include <utility>

namespace netmoth::flow {
namespace {

// Type pairs of the community-id specification (v1): request, reply.
struct IcmpPair {
  std::uint8_t type;
  std::uint8_t counterpart;
};
constexpr IcmpPair kIcmpPairs[] = {
    {8, 0}, {0, 8}, {13, 14}, {14, 13}, {15, 16}, {16, 15}, {10, 9}, {9, 10}, {17, 18}, {18, 17},
};
constexpr IcmpPair kIcmpV6Pairs[] = {
    {128, 129}, {129, 128}, {133, 134}, {134, 133}, {135, 136}, {136, 135},
    {130, 131}, {131, 130}, {144, 145}, {145, 144}, {139, 140}, {140, 139},
};

// The reply type of a request and the other way round, or -1 for one-way messages.
int icmp_counterpart(std::uint8_t protocol, std::uint8_t type) {
  const std::span<const IcmpPair> pairs = protocol == ip_proto::kIcmp
                                              ? std::span<const IcmpPair>(kIcmpPairs)
                                              : std::span<const IcmpPair>(kIcmpV6Pairs);
  for (const IcmpPair& pair : pairs) {
    if (pair.type == type) return pair.counterpart;
  }
  return -1;
}

// Source and destination port of an ICMP message's key.
void set_icmp(FlowKey& key, std::uint8_t type, std::uint8_t code) {
  const int reply = icmp_counterpart(key.protocol, type);
  key.one_way = reply < 0;
  key.source_port = type;
  key.destination_port = reply < 0 ? code : static_cast<std::uint16_t>(reply);
}

bool is_icmp(std::uint8_t protocol) {
  return protocol == ip_proto::kIcmp || protocol == ip_proto::kIcmpV6;
}

}  // namespace

FlowKey FlowKey::reversed() const {
  FlowKey other = *this;
  std::swap(other.source, other.destination);
  std::swap(other.source_port, other.destination_port);
  return other;
}

FlowKey key_of(const decode::Packet& packet) {
  FlowKey key;
  key.source = packet.source;
  key.destination = packet.destination;
  key.source_port = packet.source_port;
  key.destination_port = packet.destination_port;
  key.protocol = packet.protocol;
  key.ip_version = packet.ip_version;
  key.interface = packet.interface;
  key.vlan.id = packet.vlan;
  key.vlan.count = packet.vlan_count;
  if (is_icmp(packet.protocol)) set_icmp(key, packet.icmp_type, packet.icmp_code);
  return key;
}

FlowKey key_of_quoted(const decode::Packet& error) {
  const decode::QuotedPacket& quoted = error.quoted;
  FlowKey key;
  key.source = quoted.source;
  key.destination = quoted.destination;
  key.source_port = quoted.source_port;
  key.destination_port = quoted.destination_port;
  key.protocol = quoted.protocol;
  key.ip_version = error.ip_version;
  key.interface = error.interface;
  key.vlan.id = error.vlan;
  key.vlan.count = error.vlan_count;
  if (is_icmp(quoted.protocol)) set_icmp(key, quoted.icmp_type, quoted.icmp_code);
  return key;
}

}  // namespace netmoth::flow
