/* What the tap writes into a ring for each packet, and what it counts. Shared by tap.bpf.c and
 * ebpf_tap.cc. Invariant: plain C with fixed sizes; `data` follows the record. */
#ifndef NETMOTH_TAP_RECORD_H
#define NETMOTH_TAP_RECORD_H

// NOLINTBEGIN(readability-identifier-naming): named as the kernel names its own.
struct tap_record {
  unsigned long long time; /* CLOCK_MONOTONIC, ns */
  unsigned int wire_length;
  unsigned int captured;
  unsigned int ifindex;
  unsigned short vlan_tci;
  unsigned char vlan_present;
  unsigned char checksum_not_ready;
};

/* By CPU and lane. */
struct tap_counters {
  unsigned long long packets;
  unsigned long long drops; /* the ring was full */
};
// NOLINTEND(readability-identifier-naming)

#endif
