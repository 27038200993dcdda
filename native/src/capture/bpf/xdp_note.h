/* What the XDP program writes in front of each packet, and what it counts. Shared by xdp.bpf.c and
 * af_xdp.cc. Invariant: plain C with fixed sizes; the note ends where the packet begins. */
#ifndef NETMOTH_XDP_NOTE_H
#define NETMOTH_XDP_NOTE_H

// NOLINTBEGIN(readability-identifier-naming): named as the kernel names its own.
struct xdp_note {
  unsigned long long time; /* CLOCK_MONOTONIC, ns */
  /* XDP_NOTE_CHECK ^ time: a driver without metadata leaves other bytes. */
  unsigned long long check;
  unsigned short vlan_tci;
  unsigned char vlan_present;
  unsigned char rest[5];
};
#define XDP_NOTE_CHECK 0x6e65746d6f746821ULL

/* By CPU and lane. */
struct xdp_counters {
  unsigned long long packets;
  unsigned long long passed; /* of a queue without a socket: left to the host */
};
// NOLINTEND(readability-identifier-naming)

#endif
