// Fragments of IPv4 and IPv6 datagrams (RFC 791, RFC 815, RFC 8200 section 4.5) put together again.
//
// Invariant: a datagram is given out once, when its last hole closes, and then forgotten; between
// fragments nothing is held beyond the memory named at construction, which is taken at the first
// fragment and touched only as far as fragments fill it.
//
// Overlaps are kept as they came and resolved at the end by policy, octet by octet, IPv6 included:
// RFC 5722 tells hosts to discard such a datagram, but a monitor that does so is blind where the
// host does not (Suricata reassembles as well). Every overlap is reported, except with an exact
// copy.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "base/host_policy.h"
#include "base/slab.h"
#include "base/types.h"

namespace netmoth::decode {

// Whose octets count where fragments overlap, named as Suricata names them; after J. Novak,
// "Target-Based Fragmentation Reassembly" (2005).
enum class DefragPolicy : std::uint8_t {
  kFirst,     // the earlier fragment's
  kLast,      // the later fragment's
  kBsd,       // the earlier one's if it does not start behind the later one
  kBsdRight,  // the later one's unless it starts before the earlier one
  kLinux,     // the earlier one's if it starts before the later one
  kSolaris,   // the later one's only if it starts before the earlier one and ends with or behind it
  kWindows,   // the later one's only if it starts before the earlier one and ends behind it
};

// "bsd-right", as configurations spell it; kLinux for a name nobody has.
DefragPolicy defrag_policy_of(std::string_view name);
// How a host of that policy treats fragments.
DefragPolicy defrag_policy_of(base::HostPolicy policy);

struct DefragOptions {
  std::size_t memory_bytes = std::size_t{16} << 20;
  TimestampNs timeout = 60'000'000'000;  // after the last fragment, in packet time
  std::uint64_t seed = 0;                // scatters the hash
};

inline constexpr std::size_t kMaxDatagramBytes = 65'535;
// Of one datagram; more are refused, which bounds the search for a fragment's place.
inline constexpr std::size_t kMaxFragments = 2048;

// Fragments with equal keys belong to one datagram.
struct FragmentKey {
  std::array<std::uint64_t, 6> words;
  friend bool operator==(const FragmentKey&, const FragmentKey&) = default;
};

struct Fragment {
  FragmentKey key;
  std::uint32_t offset = 0;  // octets, of the fragmentable part
  bool more = false;
  Bytes data;
  DefragPolicy policy = DefragPolicy::kLinux;  // its receiver's; the first fragment to come decides
  std::uint32_t limit = kMaxDatagramBytes;     // octets the fragmentable part may come to
  // From the first fragment, for the datagram: octets in front of the fragmentable part (link
  // layer included where it counts), time to live, protocol.
  std::uint32_t header_bytes = 0;
  std::uint8_t ttl = 0;
  std::uint8_t protocol = 0;
};

enum class FragmentVerdict : std::uint8_t {
  kKept,
  kComplete,
  kTooLarge,  // ends beyond its limit
  kRefused,   // empty, one too many, or no memory even after evictions
};

struct FragmentOutcome {
  FragmentVerdict verdict = FragmentVerdict::kKept;
  bool overlap = false;
  // kComplete: the datagram, in the buffer handed in.
  Bytes datagram;
  std::uint32_t header_bytes = 0;
  std::uint8_t ttl = 0;
  std::uint8_t protocol = 0;
};

struct DefragCounters {
  std::uint64_t fragments = 0;
  std::uint64_t reassembled = 0;
  std::uint64_t timeouts = 0;    // datagrams
  std::uint64_t evictions = 0;   // datagrams put out for newer ones
  std::uint64_t refused = 0;     // fragments not kept
  std::uint64_t overlaps = 0;    // fragments
  std::uint64_t duplicates = 0;  // fragments that came again, octet for octet

  DefragCounters& operator+=(const DefragCounters& other) {
    fragments += other.fragments;
    reassembled += other.reassembled;
    timeouts += other.timeouts;
    evictions += other.evictions;
    refused += other.refused;
    overlaps += other.overlaps;
    duplicates += other.duplicates;
    return *this;
  }
};

using DatagramBuffer = std::array<std::uint8_t, kMaxDatagramBytes>;

// Capacity: datagrams, fragments and octets as options.memory_bytes allows. When it is full, the
// datagram that has waited longest for a fragment is put out. Not thread-safe.
class Defragmenter {
 public:
  explicit Defragmenter(const DefragOptions& options);

  // Time is that of the packet; it never runs backwards here. `buffer` is made when first needed
  // and owns what the outcome's datagram points to.
  FragmentOutcome insert(const Fragment& fragment, TimestampNs time,
                         std::unique_ptr<DatagramBuffer>& buffer);

  // Gives up what has waited longer than the timeout.
  void expire(TimestampNs now);

  [[nodiscard]] const DefragCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t waiting() const { return datagrams_.used(); }
  // Of fragments held, whole blocks.
  [[nodiscard]] std::size_t held_bytes() const { return blocks_.used() * sizeof(Block); }
  // What all of it comes to at most.
  [[nodiscard]] std::size_t capacity_bytes() const { return capacity_ * kBytesPerBlock; }

 private:
  static constexpr std::uint32_t kNone = base::kNoSlot;

  struct Block {
    std::uint32_t next;
    std::array<std::uint8_t, 252> data;
  };
  // A fragment as it came.
  struct Piece {
    std::uint32_t next;  // by offset, then by arrival
    std::uint32_t first_block;
    std::uint32_t offset;
    std::uint32_t end;
    std::uint32_t arrival;
  };
  struct Datagram {
    FragmentKey key;
    TimestampNs last_seen;
    std::uint32_t next;  // of the same bucket
    std::uint32_t older;
    std::uint32_t newer;
    std::uint32_t first_piece;
    std::uint32_t last_piece;
    std::uint32_t pieces;
    std::uint32_t arrivals;
    std::uint32_t received;  // octets of all pieces
    std::uint32_t end;       // of the piece that reaches furthest
    std::uint32_t header_bytes;
    std::uint8_t ttl;
    std::uint8_t protocol;
    DefragPolicy policy;
    bool has_first;
    bool has_last;
    bool overlapped;
  };
  static constexpr std::size_t kBytesPerBlock =
      sizeof(Block) + sizeof(Piece) + sizeof(Datagram) + 2 * sizeof(std::uint32_t);

  struct Place {
    std::uint32_t before = kNone;  // piece to insert after; kNone: at the head
    bool overlap = false;
    bool duplicate = false;
  };

  void open_memory();
  [[nodiscard]] std::uint32_t bucket_of(const FragmentKey& key) const;
  std::uint32_t find_or_open(const Fragment& fragment);
  void touch(std::uint32_t index);
  void unlink_age(Datagram& datagram);
  void close(std::uint32_t index);
  void give_back(const Piece& piece);
  bool make_room(std::size_t blocks, std::size_t datagrams, std::uint32_t keep);
  [[nodiscard]] Place place_of(const Datagram& datagram, const Fragment& fragment) const;
  [[nodiscard]] bool same_data(const Piece& piece, Bytes data) const;
  void keep(Datagram& datagram, const Place& place, const Fragment& fragment);
  [[nodiscard]] bool complete(const Datagram& datagram) const;
  void copy_out(const Datagram& datagram, DatagramBuffer& buffer) const;
  void resolve_overlaps(const Datagram& datagram, DatagramBuffer& buffer);
  FragmentOutcome refuse(FragmentVerdict verdict);

  DefragOptions options_;
  std::size_t capacity_;
  base::Slab<Block> blocks_;
  base::Slab<Piece> pieces_;
  base::Slab<Datagram> datagrams_;
  std::unique_ptr<std::uint32_t[]> buckets_;
  std::uint32_t bucket_mask_ = 0;
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
  TimestampNs now_ = 0;
  DefragCounters counters_;
  // For overlaps, made when first needed: which arrival owns each octet, and all arrivals.
  std::unique_ptr<std::array<std::uint16_t, kMaxDatagramBytes>> owners_;
  std::unique_ptr<std::array<std::uint32_t, kMaxFragments>> by_arrival_;
};

}  // namespace netmoth::decode
