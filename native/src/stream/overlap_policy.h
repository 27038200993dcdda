// Which bytes of a TCP stream its receiver keeps where segments overlap with different data.
//
// Receivers disagree (Ptacek and Newsham 1998; Shankar and Paxson 2003; Novak and Sturges 2007,
// "Target-Based TCP Stream Reassembly"), so whoever reads along must know whom it reads for. The
// rules are those of Suricata's host-os-policy.
#pragma once

#include <cstdint>

#include "base/host_policy.h"

namespace netmoth::stream {

using OverlapPolicy = base::HostPolicy;

// Sequence numbers of one segment as it was sent: [start, end).
struct Extent {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
};

// True where octets that both segments cover are taken from the one that came `later`.
bool later_wins(OverlapPolicy policy, Extent earlier, Extent later);

// True where a reset counts only with the very next sequence number, not anywhere in the window.
bool takes_exact_resets_only(OverlapPolicy policy);

}  // namespace netmoth::stream
