// The tap: runs for every packet that comes into or leaves an interface (tcx), copies it into the
// ring of its CPU and lane, and lets it go on.
//
// Invariant: the packet is never changed, held or dropped, whatever happens here: every way out is
// TCX_NEXT. Each packet is counted once, and once more where the ring had no room for it; one of a
// shunted flow is counted by shunt.bpf.h alone.
// Programs and maps live as long as the sensor holds them: the kernel detaches them when it ends.
#include <linux/bpf.h>
#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "shunt.bpf.h"
#include "tap_record.h"

#define TCX_NEXT (-1)
#define ETHERNET_HEADER 14
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define CHECKSUM_PARTIAL 3

char LICENSE[] SEC("license") = "Dual MIT/GPL";

// Set before loading.
const volatile __u32 snap_length = 65535;
const volatile __u32 lanes = 1;

// Of the kernel's own structure; where the bit field lies is found when the program is loaded.
struct sk_buff {
  __u8 ip_summed : 2;
} __attribute__((preserve_access_index));

void* bpf_cast_to_kern_ctx(void* context) __ksym __weak;

struct ring {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
};

// CPU × lanes + lane.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 1);
  __uint(key_size, sizeof(__u32));
  __array(values, struct ring);
} rings SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct tap_counters);
} counters SEC(".maps");

// Both directions of a conversation, and all fragments of its datagrams, have one lane: it is told
// by the two addresses alone.
static __always_inline __u32 lane_of(struct __sk_buff* skb) {
  __u32 words[8] = {};
  __u16 type = 0;
  __u32 offset = 0;
  if (lanes <= 1) return 0;
  type = bpf_ntohs(skb->protocol);
  // Relative to the network header, so tags and link layers do not matter.
  if (type == ETHERTYPE_IPV4) {
    if (bpf_skb_load_bytes_relative(skb, 12, words, 8, BPF_HDR_START_NET) != 0) return 0;
    offset = words[0] ^ words[1];
  } else if (type == ETHERTYPE_IPV6) {
    if (bpf_skb_load_bytes_relative(skb, 8, words, 32, BPF_HDR_START_NET) != 0) return 0;
    offset = words[0] ^ words[1] ^ words[2] ^ words[3] ^ words[4] ^ words[5] ^ words[6] ^ words[7];
  }
  // Finalizer of MurmurHash3: neighbouring addresses spread over the lanes.
  offset ^= offset >> 16;
  offset *= 0x85ebca6b;
  offset ^= offset >> 13;
  offset *= 0xc2b2ae35;
  offset ^= offset >> 16;
  return offset % lanes;
}

// A sum that hardware is still to make (or that nobody will) is not to be validated.
static __always_inline __u8 sum_not_ready(struct __sk_buff* skb) {
  struct sk_buff* kernel = 0;
  if (skb->gso_size != 0) return 1;
  if (!bpf_cast_to_kern_ctx) return 1;
  kernel = bpf_cast_to_kern_ctx(skb);
  return BPF_CORE_READ_BITFIELD(kernel, ip_summed) == CHECKSUM_PARTIAL;
}

// Records have one of few sizes, so that the verifier knows them; the packet is copied once.
#define PUT(SIZE)                                                                   \
  if (length <= (SIZE)) {                                                           \
    struct tap_record* record =                                                     \
        bpf_ringbuf_reserve(ring, sizeof(struct tap_record) + (SIZE), 0);           \
    if (!record) return 0;                                                          \
    record->time = now;                                                             \
    record->wire_length = skb->len;                                                 \
    record->captured = length;                                                      \
    record->ifindex = skb->ifindex;                                                 \
    record->vlan_tci = skb->vlan_tci;                                               \
    record->vlan_present = skb->vlan_present != 0;                                  \
    record->checksum_not_ready = not_ready;                                         \
    if (bpf_skb_load_bytes(skb, 0, record + 1, length) != 0) record->captured = 0;  \
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);                                   \
    return 1;                                                                       \
  }

static __always_inline int put(struct __sk_buff* skb, void* ring, __u64 now) {
  __u64 length = skb->len;
  __u8 not_ready = sum_not_ready(skb);
  if (length > snap_length) length = snap_length;
  asm volatile("" : "+r"(length));
  if (length == 0) length = 1;
  PUT(128)
  PUT(256)
  PUT(512)
  PUT(1024)
  PUT(1536)
  PUT(4096)
  PUT(16384)
  PUT(65536)
  return 0;
}

SEC("tc")
int tap(struct __sk_buff* skb) {
  if (is_shunted(skb)) return TCX_NEXT;
  __u64 now = bpf_ktime_get_ns();
  __u32 lane = lane_of(skb);
  __u32 index = bpf_get_smp_processor_id() * lanes + lane;
  struct tap_counters* count = bpf_map_lookup_elem(&counters, &lane);
  void* ring = bpf_map_lookup_elem(&rings, &index);
  if (!count) return TCX_NEXT;
  ++count->packets;
  if (!ring || !put(skb, ring, now)) ++count->drops;
  return TCX_NEXT;
}
