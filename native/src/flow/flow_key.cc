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

constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15ULL;

constexpr std::uint64_t kOtherMultiplier = 0xd6e8feb86659fd93ULL;

__extension__ using Wide = unsigned __int128;

// Both halves of the product: every bit of either factor reaches many of the result.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t load64(const std::uint8_t* bytes) {
  std::uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

std::uint64_t hash_end(const Address& address, std::uint16_t port, std::uint64_t seed) {
  const std::uint64_t high = load64(address.octets.data()) ^ seed;
  const std::uint64_t low = load64(address.octets.data() + 8);
  return fold(high ^ kOtherMultiplier, low ^ (seed + (port + std::uint64_t{1}) * kMultiplier));
}

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
  key.vlan.id = packet.vlan;
  key.vlan.count = packet.vlan_count;
  if (is_icmp(packet.protocol)) set_icmp(key, packet.icmp_type, packet.icmp_code);
  return key;
}

std::uint64_t hash_of(const FlowKey& key, std::uint64_t seed) {
  const std::uint64_t ends = hash_end(key.source, key.source_port, seed) +
                             hash_end(key.destination, key.destination_port, seed);
  return fold(ends ^ (std::uint64_t{key.protocol} << 8 | key.ip_version), kMultiplier ^ seed);
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
  key.vlan.id = error.vlan;
  key.vlan.count = error.vlan_count;
  if (is_icmp(quoted.protocol)) set_icmp(key, quoted.icmp_type, quoted.icmp_code);
  return key;
}

}  // namespace netmoth::flow
