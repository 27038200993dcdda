/* What the programs in the kernel and shunt_map.cc share about shunted flows. Invariant: plain C
 * with fixed sizes and no padding that is not named: a key is compared octet by octet. */
#ifndef NETMOTH_SHUNT_H
#define NETMOTH_SHUNT_H

// NOLINTBEGIN(readability-identifier-naming): named as the kernel names its own.
enum { SHUNT_FLOWS = 8192 };

/* The same for both directions: the lower end first, by shunt_end_is_lower(). In network order; of
 * IPv4 the first word alone. */
struct shunt_key {
  unsigned int low[4];
  unsigned int high[4];
  unsigned short low_port;
  unsigned short high_port;
  unsigned char protocol; /* TCP or UDP */
  unsigned char ip_version;
  unsigned short zero;
  unsigned int ifindex;
};

/* By place: of the flow in place 0, which is none, packets[0] says how many flows there are. A
 * cache line each. */
struct shunt_count {
  unsigned long long packets[2]; /* from the lower end, from the higher one */
  unsigned long long octets[2];
  unsigned long long last; /* CLOCK_MONOTONIC, ns */
  unsigned long long zero[3];
};

/* By CPU, of all flows since the maps were made. */
struct shunt_totals {
  unsigned long long packets;
  unsigned long long octets;
};

/* Words are compared as they lie in memory: any order that both sides know will do. */
static inline __attribute__((always_inline)) int shunt_end_is_lower(const unsigned int* a,
                                                                    unsigned short a_port,
                                                                    const unsigned int* b,
                                                                    unsigned short b_port) {
  if (a[0] != b[0]) return a[0] < b[0];
  if (a[1] != b[1]) return a[1] < b[1];
  if (a[2] != b[2]) return a[2] < b[2];
  if (a[3] != b[3]) return a[3] < b[3];
  return a_port < b_port;
}
// NOLINTEND(readability-identifier-naming)

#endif
