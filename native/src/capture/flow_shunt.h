// Flows whose packets stay in the kernel: they are counted there and not handed over.
//
// Invariant: what the kernel has counted of a flow is counted until remove(), and each packet is
// either counted or handed over. A packet with SYN, FIN or RST, a fragment and a tagged packet are
// always handed over. Any thread.
#pragma once

#include <array>
#include <optional>

#include "base/types.h"

namespace netmoth::capture {

// A conversation of TCP or UDP on one interface, without tags and out of no tunnel.
struct ShuntEnds {
  Address source;
  Address destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t ip_version = 4;
  std::uint8_t interface = 0;  // its slot
};

// Of one flow since it was added; index 0 is what its source has sent.
struct ShuntCounts {
  std::array<std::uint64_t, 2> packets{};
  std::array<std::uint64_t, 2> octets{};
  TimestampNs last = 0;  // of the latest packet, by the wall clock; 0: there was none
};

class FlowShunt {
 public:
  using Place = std::uint32_t;
  virtual ~FlowShunt() = default;

  // Nothing: there is no room, or the kernel refused.
  [[nodiscard]] virtual std::optional<Place> add(const ShuntEnds& ends) = 0;
  [[nodiscard]] virtual ShuntCounts counts(Place place) const = 0;
  // From here on its packets are handed over again; what was counted until then.
  virtual ShuntCounts remove(Place place) = 0;
};

}  // namespace netmoth::capture
