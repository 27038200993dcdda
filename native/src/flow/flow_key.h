// What makes two packets belong to the same conversation.
//
// Invariant: a key and its reverse have the same hash, so one lookup finds a flow from both sides.
// ICMP request and reply types stand where TCP has ports (community-id specification v1, "ICMP");
// an ICMP message without a counterpart is a one-way conversation and has no reverse.
#pragma once

#include "base/types.h"
#include "decode/packet.h"

namespace netmoth::flow {

struct VlanTags {
  std::array<std::uint16_t, decode::kMaxVlanTags> id{};
  std::uint8_t count = 0;

  friend bool operator==(const VlanTags&, const VlanTags&) = default;
};

struct FlowKey {
  Address source;
  Address destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t ip_version = 0;
  bool one_way = false;
  // What is seen on two interfaces is two conversations, as in Suricata (livedev.use-for-tracking).
  std::uint8_t interface = 0;
  VlanTags vlan;

  [[nodiscard]] FlowKey reversed() const;
};

FlowKey key_of(const decode::Packet& packet);

namespace detail {

inline constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15ULL;
inline constexpr std::uint64_t kOtherMultiplier = 0xd6e8feb86659fd93ULL;
__extension__ using Wide = unsigned __int128;

// Both halves of the product: every bit of either factor reaches many of the result.
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t load64(const std::uint8_t* bytes) {
  std::uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

inline std::uint64_t hash_end(const Address& address, std::uint16_t port, std::uint64_t seed) {
  const std::uint64_t high = load64(address.octets.data()) ^ seed;
  const std::uint64_t low = load64(address.octets.data() + 8);
  return fold(high ^ kOtherMultiplier, low ^ (seed + (port + std::uint64_t{1}) * kMultiplier));
}

}  // namespace detail

// Of a FlowKey, or of what has the same members. The same for both directions; `seed` keeps an
// attacker from choosing collisions.
template <typename Key>
std::uint64_t hash_of(const Key& key, std::uint64_t seed) {
  const std::uint64_t ends = detail::hash_end(key.source, key.source_port, seed) +
                             detail::hash_end(key.destination, key.destination_port, seed);
  return detail::fold(ends ^ (std::uint64_t{key.protocol} << 8 | key.ip_version),
                      detail::kMultiplier ^ seed);
}

// Conversations are dealt out, and limits are kept, by one of so many shares: the same in every run
// and for any number of workers.
inline constexpr std::size_t kShares = 64;
inline constexpr std::uint64_t kFixedSeed = 0x6e65746d6f7468;
constexpr std::uint8_t share_of_hash(std::uint64_t fixed_hash) {
  return static_cast<std::uint8_t>(fixed_hash % kShares);
}
template <typename Key>
std::uint8_t share_of(const Key& key) {
  return share_of_hash(hash_of(key, kFixedSeed));
}

// The key of the packet that an ICMP error quotes; the error's VLANs stand for that packet's.
FlowKey key_of_quoted(const decode::Packet& error);

}  // namespace netmoth::flow
