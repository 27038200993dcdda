#include "flow/flow_key.h"

#include "base/reader.h"

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

std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93ULL;
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93ULL;
  return value ^ value >> 32;
}

std::uint64_t load64(const std::uint8_t* bytes) {
  std::uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

std::uint64_t hash_end(const Address& address, std::uint16_t port, std::uint64_t seed) {
  const std::uint64_t high = load64(address.octets.data()) ^ seed;
  const std::uint64_t low = load64(address.octets.data() + 8) + port * kMultiplier;
  return mix(high * kMultiplier ^ mix(low + seed));
}

}  // namespace

FlowKey FlowKey::reversed() const {
  FlowKey other = *this;
  std::swap(other.source, other.destination);
  std::swap(other.source_port, other.destination_port);
  return other;
}

int icmp_counterpart(std::uint8_t protocol, std::uint8_t type) {
  const std::span<const IcmpPair> pairs = protocol == ip_proto::kIcmp
                                              ? std::span<const IcmpPair>(kIcmpPairs)
                                              : std::span<const IcmpPair>(kIcmpV6Pairs);
  for (const IcmpPair& pair : pairs) {
    if (pair.type == type) return pair.counterpart;
  }
  return -1;
}

bool is_icmp_error(std::uint8_t protocol, std::uint8_t type) {
  // RFC 792 and RFC 1122 §3.2.2: unreachable, quench, redirect, time exceeded, parameter problem;
  // RFC 4443 §2.1: every ICMPv6 type below 128.
  if (protocol == ip_proto::kIcmp)
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  return protocol == ip_proto::kIcmpV6 && type >= 1 && type <= 4;
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
  if (packet.protocol == ip_proto::kIcmp || packet.protocol == ip_proto::kIcmpV6) {
    const int reply = icmp_counterpart(packet.protocol, packet.icmp_type);
    key.one_way = reply < 0;
    key.source_port = packet.icmp_type;
    key.destination_port =
        reply < 0 ? packet.icmp_code : static_cast<std::uint16_t>(static_cast<unsigned>(reply));
  }
  return key;
}

std::uint64_t hash_of(const FlowKey& key, std::uint64_t seed) {
  const std::uint64_t ends = hash_end(key.source, key.source_port, seed) +
                             hash_end(key.destination, key.destination_port, seed);
  return mix(ends ^ (std::uint64_t{key.protocol} << 8 | key.ip_version) * kMultiplier);
}

bool quoted_key(const decode::Packet& error, FlowKey& key) {
  base::Reader reader(error.payload);
  const std::uint8_t version = reader.peek_u8() >> 4;
  key = FlowKey{};
  key.vlan.id = error.vlan;
  key.vlan.count = error.vlan_count;
  key.ip_version = version;
  std::size_t address_size = 4;
  if (version == 4) {
    const std::size_t header = std::size_t{reader.u8()} % 16 * 4;
    reader.skip(5);
    const bool later_fragment = (reader.u16() & 0x1fff) != 0;
    reader.skip(1);
    key.protocol = reader.u8();
    if (header < 20 || later_fragment) return false;
    reader.seek(12);
    const Bytes source = reader.bytes(4);
    const Bytes destination = reader.bytes(4);
    if (!reader.ok()) return false;
    std::ranges::copy(source, key.source.octets.begin());
    std::ranges::copy(destination, key.destination.octets.begin());
    reader.seek(header);
  } else if (version == 6) {
    address_size = 16;
    reader.skip(6);
    key.protocol = reader.u8();  // extension headers in a quoted packet are not followed
    reader.skip(1);
    const Bytes source = reader.bytes(address_size);
    const Bytes destination = reader.bytes(address_size);
    if (!reader.ok()) return false;
    std::ranges::copy(source, key.source.octets.begin());
    std::ranges::copy(destination, key.destination.octets.begin());
  } else {
    return false;
  }
  switch (key.protocol) {
    case ip_proto::kTcp:
    case ip_proto::kUdp:
    case ip_proto::kSctp:
      key.source_port = reader.u16();
      key.destination_port = reader.u16();
      return reader.ok();
    case ip_proto::kIcmp:
    case ip_proto::kIcmpV6: {
      const std::uint8_t type = reader.u8();
      const int reply = icmp_counterpart(key.protocol, type);
      key.source_port = type;
      key.destination_port = static_cast<std::uint16_t>(static_cast<unsigned>(reply));
      return reader.ok() && reply >= 0;
    }
    default:
      return reader.ok();
  }
}

}  // namespace netmoth::flow
