// How a flow began: sizes and gaps of its first packets with payload, the SYN of its client, the
// first MAC address of each end. What kinds of traffic and operating systems are told apart by.
//
// Invariant: fixed size, no memory of its own; after kProfiledSizes packets with payload or
// kWatchedPackets of any kind nothing is added. Ways are kept as the flow's ends stood when it
// began; Flow::turned says whether they were exchanged since (reversed ends, reversed answers).
#pragma once

#include <memory>
#include <type_traits>

#include "decode/packet.h"
#include "flow/flow.h"

namespace netmoth::flow {

inline constexpr std::size_t kProfiledSizes = 12;
inline constexpr std::uint64_t kWatchedPackets = 48;
inline constexpr std::size_t kMaxSynOptions = 16;

// What systems choose differently in the SYN of a connection (RFC 9293, RFC 7323, RFC 2018).
struct SynTuple {
  std::uint16_t window = 0;
  std::uint16_t mss = 0;  // 0: not offered
  std::uint8_t ttl = 0;   // as it arrived; hop limit of IPv6
  std::uint8_t scale = 0;
  std::uint8_t option_count = 0;
  std::uint8_t side = 0;  // that sent it, as the ends stood when the flow began
  bool seen = false;
  bool scaled = false;
  bool dont_fragment = false;
  bool ecn = false;                                    // ECE and CWR (RFC 3168)
  std::array<std::uint8_t, kMaxSynOptions> options{};  // kinds in their order, padding left out
};

class FlowProfile {
 public:
  // `direction` of the packet as the flow's ends stand now.
  void add(const Flow& flow, Direction direction, const decode::Packet& packet, bool tunnelled);

  // Octets of payload; below 0: to the client.
  [[nodiscard]] int size(const Flow& flow, std::size_t index) const {
    return flow.turned ? -sizes_[index] : sizes_[index];
  }
  // Since the packet with payload before, capped; 0 for the first.
  [[nodiscard]] std::uint32_t gap_us(std::size_t index) const { return gaps_us_[index]; }
  [[nodiscard]] std::size_t sizes() const { return count_; }
  // nullptr where it was not seen, or was not sent by the end that is the client now.
  [[nodiscard]] const SynTuple* syn(const Flow& flow) const {
    return syn_.seen && syn_.side == std::size_t{flow.turned} ? &syn_ : nullptr;
  }
  // nullptr where no link layer showed one.
  [[nodiscard]] const MacAddress* mac(const Flow& flow, Direction from) const {
    const std::size_t side = index_of(from) ^ std::size_t{flow.turned};
    return mac_known_[side] ? &macs_[side] : nullptr;
  }

 private:
  TimestampNs last_ = 0;
  std::array<std::uint32_t, kProfiledSizes> gaps_us_{};
  std::array<std::int16_t, kProfiledSizes> sizes_{};
  std::array<MacAddress, 2> macs_{};
  std::array<bool, 2> mac_known_{};
  std::uint8_t count_ = 0;
  SynTuple syn_;
};
static_assert(sizeof(FlowProfile) <= 128);
static_assert(std::is_trivially_destructible_v<FlowProfile>);

// One profile for each place of a flow table. Memory of places that no flow has had stays free.
class ProfilePlaces {
 public:
  explicit ProfilePlaces(std::size_t count)
      : places_(std::allocator<FlowProfile>{}.allocate(count), Free{count}) {}
  // Of a flow that begins at the place.
  FlowProfile& begin(std::size_t place) { return *std::construct_at(&places_.get()[place]); }
  [[nodiscard]] FlowProfile& at(std::size_t place) { return places_.get()[place]; }
  [[nodiscard]] const FlowProfile& at(std::size_t place) const { return places_.get()[place]; }

 private:
  struct Free {
    std::size_t count;
    void operator()(FlowProfile* places) const {
      std::allocator<FlowProfile>{}.deallocate(places, count);
    }
  };
  std::unique_ptr<FlowProfile, Free> places_;
};

}  // namespace netmoth::flow
