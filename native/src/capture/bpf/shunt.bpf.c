// The filter of an AF_PACKET socket: keeps packets of shunted flows out of its ring.
//
// Invariant: the packet is only looked at. It lives as long as the socket it is attached to.
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "shunt.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

// What it returns is as much as the ring gets of the packet.
SEC("socket")
int shunt(struct __sk_buff* skb) {
  return is_shunted(skb) ? 0 : shunt_snap_length;
}
