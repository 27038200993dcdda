/* Flows that user space is done with: their packets are counted here and go no further. For the
 * tap and for the socket filter, which include the helpers before it.
 *
 * Invariant: user space alone puts flows in and takes them out (capture/shunt_map.h), so no count
 * is lost because a map made room. What begins, ends or resets a connection always passes, and so
 * does whatever might be something else: fragments, tags, extension headers, what is cut off. */
#ifndef NETMOTH_SHUNT_BPF_H
#define NETMOTH_SHUNT_BPF_H

#include "shunt.h"

#define SHUNT_ETHERTYPE_IPV4 0x0800
#define SHUNT_ETHERTYPE_IPV6 0x86dd
#define SHUNT_TCP 6
#define SHUNT_UDP 17
#define SHUNT_TCP_FLAGS_AT 13
#define SHUNT_FIN_SYN_RST 0x07
#define SHUNT_IPV4_FRAGMENT 0x3fff /* more fragments, or an offset */

// Set before loading: no more of a packet than this is captured, and counted.
const volatile __u32 shunt_snap_length = 65535;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, SHUNT_FLOWS);
  __type(key, struct shunt_key);
  __type(value, __u32);
} shunt_flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, SHUNT_FLOWS + 1);
  __type(key, __u32);
  __type(value, struct shunt_count);
} shunt_counts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct shunt_totals);
} shunt_total SEC(".maps");

struct shunt_ends {
  __u32 source[4];
  __u32 destination[4];
};

// Where the transport header begins, from the network header; 0: not to be shunted.
static __always_inline __u32 shunt_read_ip(struct __sk_buff* skb, struct shunt_ends* ends,
                                           struct shunt_key* key) {
  const __u16 type = bpf_ntohs(skb->protocol);
  __u8 head[20] = {};
  if (type == SHUNT_ETHERTYPE_IPV4) {
    if (bpf_skb_load_bytes_relative(skb, 0, head, sizeof head, BPF_HDR_START_NET) != 0) return 0;
    if (((head[6] << 8 | head[7]) & SHUNT_IPV4_FRAGMENT) != 0) return 0;
    key->protocol = head[9];
    key->ip_version = 4;
    __builtin_memcpy(ends->source, head + 12, 4);
    __builtin_memcpy(ends->destination, head + 16, 4);
    return (head[0] & 15) * 4;
  }
  if (type != SHUNT_ETHERTYPE_IPV6) return 0;
  if (bpf_skb_load_bytes_relative(skb, 0, head, 8, BPF_HDR_START_NET) != 0) return 0;
  key->protocol = head[6];
  key->ip_version = 6;
  if (bpf_skb_load_bytes_relative(skb, 8, ends, sizeof *ends, BPF_HDR_START_NET) != 0) return 0;
  return 40;
}

// True for a packet of a shunted flow, which is counted.
static __always_inline int is_shunted(struct __sk_buff* skb) {
  const __u32 first = 0;
  const struct shunt_count* all = bpf_map_lookup_elem(&shunt_counts, &first);
  if (!all || all->packets[0] == 0 || skb->vlan_present) return 0;
  struct shunt_key key = {};
  struct shunt_ends ends = {};
  const __u32 at = shunt_read_ip(skb, &ends, &key);
  if (at == 0) return 0;
  __u8 head[SHUNT_TCP_FLAGS_AT + 1] = {};
  if (key.protocol == SHUNT_TCP) {
    if (bpf_skb_load_bytes_relative(skb, at, head, sizeof head, BPF_HDR_START_NET) != 0) return 0;
    if ((head[SHUNT_TCP_FLAGS_AT] & SHUNT_FIN_SYN_RST) != 0) return 0;
  } else if (key.protocol == SHUNT_UDP) {
    if (bpf_skb_load_bytes_relative(skb, at, head, 4, BPF_HDR_START_NET) != 0) return 0;
  } else {
    return 0;
  }
  __u16 ports[2];
  __builtin_memcpy(ports, head, sizeof ports);
  const int from_low = shunt_end_is_lower(ends.source, ports[0], ends.destination, ports[1]);
  if (from_low) {
    __builtin_memcpy(key.low, ends.source, sizeof key.low);
    __builtin_memcpy(key.high, ends.destination, sizeof key.high);
    key.low_port = ports[0];
    key.high_port = ports[1];
  } else {
    __builtin_memcpy(key.low, ends.destination, sizeof key.low);
    __builtin_memcpy(key.high, ends.source, sizeof key.high);
    key.low_port = ports[1];
    key.high_port = ports[0];
  }
  key.ifindex = skb->ifindex;
  const __u32* place = bpf_map_lookup_elem(&shunt_flows, &key);
  if (!place) return 0;
  const __u32 index = *place;
  struct shunt_count* count = bpf_map_lookup_elem(&shunt_counts, &index);
  struct shunt_totals* total = bpf_map_lookup_elem(&shunt_total, &first);
  if (!count || !total) return 0;
  __u64 length = skb->len;
  if (length > shunt_snap_length) length = shunt_snap_length;
  // Both directions may be counted at once on two CPUs.
  if (from_low) {
    __sync_fetch_and_add(&count->packets[0], 1);
    __sync_fetch_and_add(&count->octets[0], length);
  } else {
    __sync_fetch_and_add(&count->packets[1], 1);
    __sync_fetch_and_add(&count->octets[1], length);
  }
  count->last = bpf_ktime_get_ns();
  ++total->packets;
  total->octets += length;
  return 1;
}

#endif
