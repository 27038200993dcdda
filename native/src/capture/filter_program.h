// Classic BPF, as libpcap makes it of a filter, as a program of the kernel's newer kind that goes
// on to another program with what the filter takes: a socket has one program, not two.
//
// Invariant: what the filter does not take is refused exactly as the kernel's own classic filter
// does, a look behind the packet's end included; the verifier has the last word on what is made.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

namespace netmoth::capture {

// Instructions of eight octets. Taken packets go to the first program of the map `next` (of
// programs), and where there is none they are taken whole, `snap_length` octets. Empty: the filter
// asks for something that no filter of pcap-filter(7) does.
std::vector<std::uint64_t> chain_filter(std::span<const sock_filter> filter, int next,
                                        std::uint32_t snap_length);

}  // namespace netmoth::capture
