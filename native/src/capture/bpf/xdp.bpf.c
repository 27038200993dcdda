// Takes every packet that an interface receives off the host and gives it to the socket of its
// queue and lane (AF_XDP).
//
// Invariant: what no socket takes goes on to the host, and is counted. Programs, maps and the link
// live as long as the sensor holds them: the kernel detaches them when it ends.
#include <linux/bpf.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "xdp_note.h"

#define ETHERNET_HEADER 14
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8

char LICENSE[] SEC("license") = "Dual MIT/GPL";

// Set before loading.
const volatile __u32 lanes = 1;

// Linux 6.8, for programs that are bound to a device.
int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md* context, __be16* protocol,
                                 __u16* tci) __ksym __weak;

// Queue × lanes + lane.
struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} sockets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct xdp_counters);
} xdp_counts SEC(".maps");

static __always_inline __u32 folded(const __u8* at, int words) {
  __u32 all = 0;
  for (int i = 0; i < words; ++i)
    all ^= ((const __u32*)at)[i];
  return all;
}

// As the tap has it: both directions and all fragments have one lane, told by the addresses alone,
// so the queues that the hardware chose do not matter.
static __always_inline __u32 lane_of(struct xdp_md* context) {
  const __u8* at = (const __u8*)(long)context->data;
  const __u8* end = (const __u8*)(long)context->data_end;
  __u32 hash = 0;
  if (lanes <= 1 || at + ETHERNET_HEADER > end) return 0;
  __u16 type = bpf_ntohs(*(const __u16*)(at + 12));
  at += ETHERNET_HEADER;
  for (int tags = 0; tags < 2; ++tags) {
    if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ) break;
    if (at + 4 > end) return 0;
    type = bpf_ntohs(*(const __u16*)(at + 2));
    at += 4;
  }
  if (type == ETHERTYPE_IPV4) {
    if (at + 20 > end) return 0;
    hash = folded(at + 12, 2);
  } else if (type == ETHERTYPE_IPV6) {
    if (at + 40 > end) return 0;
    hash = folded(at + 8, 8);
  }
  // Finalizer of MurmurHash3: neighbouring addresses spread over the lanes.
  hash ^= hash >> 16;
  hash *= 0x85ebca6b;
  hash ^= hash >> 13;
  hash *= 0xc2b2ae35;
  hash ^= hash >> 16;
  return hash % lanes;
}

static __always_inline int hand_over(struct xdp_md* context, __u16 tci, __u8 tagged) {
  __u32 lane = lane_of(context);
  __u32 index = context->rx_queue_index * lanes + lane;
  struct xdp_counters* count = bpf_map_lookup_elem(&xdp_counts, &lane);
  int action = 0;
  if (!count) return XDP_PASS;
  ++count->packets;
  if (bpf_xdp_adjust_meta(context, -(int)sizeof(struct xdp_note)) == 0) {
    struct xdp_note* note = (struct xdp_note*)(long)context->data_meta;
    if ((const __u8*)(note + 1) <= (const __u8*)(long)context->data) {
      note->time = bpf_ktime_get_ns();
      note->check = note->time ^ XDP_NOTE_CHECK;
      note->vlan_tci = tci;
      note->vlan_present = tagged;
    }
  }
  action = bpf_redirect_map(&sockets, index, XDP_PASS);
  if (action != XDP_REDIRECT) ++count->passed;
  return action;
}

SEC("xdp.frags")
int take(struct xdp_md* context) {
  return hand_over(context, 0, 0);
}

// Bound to its device, whose driver it may ask for the tag that was taken off.
SEC("xdp.frags")
int take_with_tags(struct xdp_md* context) {
  __be16 protocol = 0;
  __u16 tci = 0;
  __u8 tagged = 0;
  if (bpf_xdp_metadata_rx_vlan_tag)
    tagged = bpf_xdp_metadata_rx_vlan_tag(context, &protocol, &tci) == 0;
  return hand_over(context, tci, tagged);
}
