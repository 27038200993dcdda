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
  VlanTags vlan;

  [[nodiscard]] FlowKey reversed() const;
};

FlowKey key_of(const decode::Packet& packet);

// The same for both directions; `seed` keeps an attacker from choosing collisions.
std::uint64_t hash_of(const FlowKey& key, std::uint64_t seed);

// Conversations are dealt out, and limits are kept, by one of so many shares: the same in every run
// and for any number of workers.
inline constexpr std::size_t kShares = 64;
inline constexpr std::uint64_t kFixedSeed = 0x6e65746d6f7468;
constexpr std::uint8_t share_of_hash(std::uint64_t fixed_hash) {
  return static_cast<std::uint8_t>(fixed_hash % kShares);
}
inline std::uint8_t share_of(const FlowKey& key) {
  return share_of_hash(hash_of(key, kFixedSeed));
}

// The key of the packet that an ICMP error quotes; the error's VLANs stand for that packet's.
FlowKey key_of_quoted(const decode::Packet& error);

}  // namespace netmoth::flow
