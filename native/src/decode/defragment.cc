// Fragments wait in a list by offset, their octets in chained blocks; datagrams in a hash table and
// in a list by age.
//
// Invariant: see defragment.h. Without overlaps the octets received are the octets covered, so a
// datagram is known to be complete without looking at its pieces.
#include "decode/defragment.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace netmoth::decode {
namespace {

constexpr std::uint16_t kNobody = 0xFFFF;
constexpr std::size_t kMinBlocks = 512;  // one datagram of any size fits
constexpr std::size_t kMaxBlocks = std::size_t{1} << 30;

struct Span {
  std::uint32_t offset;
  std::uint32_t end;
};

bool later_wins(DefragPolicy policy, Span earlier, Span later) {
  switch (policy) {
    case DefragPolicy::kFirst:
      return false;
    case DefragPolicy::kLast:
      return true;
    case DefragPolicy::kBsd:
      return earlier.offset > later.offset;
    case DefragPolicy::kBsdRight:
      return earlier.offset <= later.offset;
    case DefragPolicy::kLinux:
      return earlier.offset >= later.offset;
    case DefragPolicy::kSolaris:
      return later.offset < earlier.offset && later.end >= earlier.end;
    case DefragPolicy::kWindows:
      return later.offset < earlier.offset && later.end > earlier.end;
  }
  return false;
}

}  // namespace

DefragPolicy defrag_policy_of(std::string_view name) {
  constexpr std::pair<std::string_view, DefragPolicy> kNames[] = {
      {"first", DefragPolicy::kFirst},     {"last", DefragPolicy::kLast},
      {"bsd", DefragPolicy::kBsd},         {"bsd-right", DefragPolicy::kBsdRight},
      {"linux", DefragPolicy::kLinux},     {"solaris", DefragPolicy::kSolaris},
      {"windows", DefragPolicy::kWindows},
  };
  for (const auto& [known, policy] : kNames) {
    if (known == name) return policy;
  }
  return DefragPolicy::kLinux;
}

DefragPolicy defrag_policy_of(base::HostPolicy policy) {
  switch (policy) {
    case base::HostPolicy::kBsd:
    case base::HostPolicy::kHpux10:
    case base::HostPolicy::kIrix:
      return DefragPolicy::kBsd;
    case base::HostPolicy::kBsdRight:
      return DefragPolicy::kBsdRight;
    case base::HostPolicy::kSolaris:
      return DefragPolicy::kSolaris;
    case base::HostPolicy::kWindows:
    case base::HostPolicy::kWindows2003:
    case base::HostPolicy::kVista:
      return DefragPolicy::kWindows;
    case base::HostPolicy::kHpux11:
    case base::HostPolicy::kMacos:
    case base::HostPolicy::kFirst:
      return DefragPolicy::kFirst;
    case base::HostPolicy::kLast:
      return DefragPolicy::kLast;
    case base::HostPolicy::kLinux:
    case base::HostPolicy::kOldLinux:
      break;
  }
  return DefragPolicy::kLinux;
}

Defragmenter::Defragmenter(const DefragOptions& options)
    : options_(options),
      capacity_(std::clamp(options.memory_bytes / kBytesPerBlock, kMinBlocks, kMaxBlocks)) {}

void Defragmenter::open_memory() {
  const auto capacity = static_cast<std::uint32_t>(capacity_);
  blocks_.open(capacity);
  pieces_.open(capacity);
  datagrams_.open(capacity);
  const std::uint32_t buckets = std::bit_floor(capacity);
  buckets_ = std::make_unique_for_overwrite<std::uint32_t[]>(buckets);
  std::fill_n(buckets_.get(), buckets, kNone);
  bucket_mask_ = buckets - 1;
}

std::uint32_t Defragmenter::bucket_of(const FragmentKey& key) const {
  std::uint64_t hash = options_.seed ^ 0x9E37'79B9'7F4A'7C15U;
  for (const std::uint64_t word : key.words) {
    hash = (hash ^ word) * 0xFF51'AFD7'ED55'8CCDU;
    hash ^= hash >> 32;
  }
  return static_cast<std::uint32_t>(hash ^ hash >> 29) & bucket_mask_;
}

std::uint32_t Defragmenter::find_or_open(const Fragment& fragment) {
  const std::uint32_t bucket = bucket_of(fragment.key);
  for (std::uint32_t i = buckets_[bucket]; i != kNone; i = datagrams_[i].next) {
    if (datagrams_[i].key == fragment.key) return i;
  }
  if (!make_room(0, 1, kNone)) return kNone;
  const std::uint32_t index = datagrams_.take();
  Datagram& datagram = datagrams_[index];
  datagram = Datagram{};
  datagram.key = fragment.key;
  datagram.policy = fragment.policy;
  datagram.first_piece = datagram.last_piece = kNone;
  datagram.older = datagram.newer = kNone;
  datagram.next = buckets_[bucket];
  buckets_[bucket] = index;
  return index;
}

void Defragmenter::unlink_age(Datagram& datagram) {
  (datagram.older == kNone ? oldest_ : datagrams_[datagram.older].newer) = datagram.newer;
  (datagram.newer == kNone ? newest_ : datagrams_[datagram.newer].older) = datagram.older;
}

void Defragmenter::touch(std::uint32_t index) {
  Datagram& datagram = datagrams_[index];
  datagram.last_seen = now_;
  if (newest_ == index) return;
  if (datagram.newer != kNone || datagram.older != kNone) unlink_age(datagram);
  datagram.older = newest_;
  datagram.newer = kNone;
  (newest_ == kNone ? oldest_ : datagrams_[newest_].newer) = index;
  newest_ = index;
}

void Defragmenter::give_back(const Piece& piece) {
  std::uint32_t block = piece.first_block;
  while (block != kNone) {
    const std::uint32_t next = blocks_[block].next;
    blocks_.give(block);
    block = next;
  }
}

void Defragmenter::close(std::uint32_t index) {
  Datagram& datagram = datagrams_[index];
  std::uint32_t piece = datagram.first_piece;
  while (piece != kNone) {
    const std::uint32_t next = pieces_[piece].next;
    give_back(pieces_[piece]);
    pieces_.give(piece);
    piece = next;
  }
  unlink_age(datagram);
  std::uint32_t* link = &buckets_[bucket_of(datagram.key)];
  while (*link != index)
    link = &datagrams_[*link].next;
  *link = datagram.next;
  datagrams_.give(index);
}

// For a piece of so many blocks. Never puts out `keep`, the newest.
bool Defragmenter::make_room(std::size_t blocks, std::size_t datagrams, std::uint32_t keep) {
  while (blocks_.unused() < blocks || pieces_.unused() == 0 || datagrams_.unused() < datagrams) {
    if (oldest_ == kNone || oldest_ == keep) return false;
    close(oldest_);
    ++counters_.evictions;
  }
  return true;
}

void Defragmenter::expire(TimestampNs now) {
  now_ = std::max(now_, now);
  while (oldest_ != kNone && datagrams_[oldest_].last_seen + options_.timeout < now_) {
    close(oldest_);
    ++counters_.timeouts;
  }
}

bool Defragmenter::same_data(const Piece& piece, Bytes data) const {
  for (std::uint32_t block = piece.first_block; block != kNone; block = blocks_[block].next) {
    const std::size_t part = std::min(data.size(), blocks_[block].data.size());
    if (std::memcmp(blocks_[block].data.data(), data.data(), part) != 0) return false;
    data = data.subspan(part);
  }
  return true;
}

Defragmenter::Place Defragmenter::place_of(const Datagram& datagram,
                                           const Fragment& fragment) const {
  const auto end = static_cast<std::uint32_t>(fragment.offset + fragment.data.size());
  Place place;
  if (fragment.offset >= datagram.end) {  // in order
    place.before = datagram.last_piece;
    return place;
  }
  for (std::uint32_t i = datagram.first_piece; i != kNone; i = pieces_[i].next) {
    const Piece& piece = pieces_[i];
    if (piece.offset >= end) break;
    if (piece.end > fragment.offset) place.overlap = true;
    if (piece.offset <= fragment.offset) place.before = i;
    if (piece.offset == fragment.offset && piece.end == end && same_data(piece, fragment.data)) {
      place.duplicate = true;
    }
  }
  return place;
}

void Defragmenter::keep(Datagram& datagram, const Place& place, const Fragment& fragment) {
  const std::uint32_t index = pieces_.take();
  Piece& piece = pieces_[index];
  piece.offset = fragment.offset;
  piece.end = static_cast<std::uint32_t>(fragment.offset + fragment.data.size());
  piece.arrival = datagram.arrivals++;
  piece.first_block = kNone;
  std::uint32_t* link = &piece.first_block;
  for (Bytes left = fragment.data; !left.empty();) {
    const std::uint32_t at = blocks_.take();
    Block& block = blocks_[at];
    const std::size_t part = std::min(left.size(), block.data.size());
    std::memcpy(block.data.data(), left.data(), part);
    block.next = kNone;
    *link = at;
    link = &block.next;
    left = left.subspan(part);
  }
  std::uint32_t& previous =
      place.before == kNone ? datagram.first_piece : pieces_[place.before].next;
  piece.next = previous;
  previous = index;
  if (piece.next == kNone) datagram.last_piece = index;
  ++datagram.pieces;
  datagram.received += piece.end - piece.offset;
  datagram.end = std::max(datagram.end, piece.end);
  datagram.overlapped = datagram.overlapped || place.overlap;
}

bool Defragmenter::complete(const Datagram& datagram) const {
  if (!datagram.has_first || !datagram.has_last || datagram.received < datagram.end) return false;
  if (!datagram.overlapped) return true;
  std::uint32_t covered = 0;
  for (std::uint32_t i = datagram.first_piece; i != kNone; i = pieces_[i].next) {
    if (pieces_[i].offset > covered) return false;
    covered = std::max(covered, pieces_[i].end);
  }
  return true;
}

void Defragmenter::copy_out(const Datagram& datagram, DatagramBuffer& buffer) const {
  for (std::uint32_t i = datagram.first_piece; i != kNone; i = pieces_[i].next) {
    std::uint32_t at = pieces_[i].offset;
    for (std::uint32_t b = pieces_[i].first_block; b != kNone; b = blocks_[b].next) {
      const auto part = std::min<std::uint32_t>(pieces_[i].end - at, sizeof(Block::data));
      std::memcpy(buffer.data() + at, blocks_[b].data.data(), part);
      at += part;
    }
  }
}

// In order of arrival, each octet against the one who has it.
void Defragmenter::resolve_overlaps(const Datagram& datagram, DatagramBuffer& buffer) {
  if (owners_ == nullptr) {
    owners_ = std::make_unique<std::array<std::uint16_t, kMaxDatagramBytes>>();
    by_arrival_ = std::make_unique<std::array<std::uint32_t, kMaxFragments>>();
  }
  auto& owners = *owners_;
  auto& by_arrival = *by_arrival_;
  std::fill_n(owners.begin(), datagram.end, kNobody);
  for (std::uint32_t i = datagram.first_piece; i != kNone; i = pieces_[i].next)
    by_arrival[pieces_[i].arrival] = i;
  for (std::uint32_t arrival = 0; arrival < datagram.arrivals; ++arrival) {
    const Piece& piece = pieces_[by_arrival[arrival]];
    const Span span{piece.offset, piece.end};
    std::uint32_t at = piece.offset;
    for (std::uint32_t b = piece.first_block; b != kNone; b = blocks_[b].next) {
      const std::uint32_t stop = std::min<std::uint32_t>(piece.end, at + sizeof(Block::data));
      for (const std::uint8_t* from = blocks_[b].data.data(); at < stop; ++at, ++from) {
        if (owners[at] != kNobody) {
          const Piece& owner = pieces_[by_arrival[owners[at]]];
          if (!later_wins(datagram.policy, {owner.offset, owner.end}, span)) continue;
        }
        owners[at] = static_cast<std::uint16_t>(arrival);
        buffer[at] = *from;
      }
    }
  }
}

FragmentOutcome Defragmenter::refuse(FragmentVerdict verdict) {
  ++counters_.refused;
  FragmentOutcome outcome;
  outcome.verdict = verdict;
  return outcome;
}

FragmentOutcome Defragmenter::insert(const Fragment& fragment, TimestampNs time,
                                     std::unique_ptr<DatagramBuffer>& buffer) {
  ++counters_.fragments;
  expire(time);
  if (fragment.data.empty()) return refuse(FragmentVerdict::kRefused);
  if (fragment.offset + fragment.data.size() >
      std::min<std::size_t>(fragment.limit, kMaxDatagramBytes)) {
    return refuse(FragmentVerdict::kTooLarge);
  }
  if (buckets_ == nullptr) open_memory();
  const std::uint32_t index = find_or_open(fragment);
  if (index == kNone) return refuse(FragmentVerdict::kRefused);
  touch(index);
  Datagram& datagram = datagrams_[index];

  const Place place = place_of(datagram, fragment);
  FragmentOutcome outcome;
  if (place.duplicate) {
    ++counters_.duplicates;
  } else {
    outcome.overlap = place.overlap;
    if (place.overlap) ++counters_.overlaps;
    const std::size_t blocks =
        (fragment.data.size() + sizeof(Block::data) - 1) / sizeof(Block::data);
    if (datagram.pieces == kMaxFragments || !make_room(blocks, 0, index)) {
      outcome.verdict = refuse(FragmentVerdict::kRefused).verdict;
      return outcome;
    }
    keep(datagram, place, fragment);
  }
  if (fragment.offset == 0 && !datagram.has_first) {
    datagram.has_first = true;
    datagram.header_bytes = fragment.header_bytes;
    datagram.ttl = fragment.ttl;
    datagram.protocol = fragment.protocol;
  }
  if (!fragment.more) datagram.has_last = true;
  if (!complete(datagram)) return outcome;

  if (buffer == nullptr) buffer = std::make_unique_for_overwrite<DatagramBuffer>();
  datagram.overlapped ? resolve_overlaps(datagram, *buffer) : copy_out(datagram, *buffer);
  outcome.verdict = FragmentVerdict::kComplete;
  outcome.datagram = Bytes(*buffer).first(datagram.end);
  outcome.header_bytes = datagram.header_bytes;
  outcome.ttl = datagram.ttl;
  outcome.protocol = datagram.protocol;
  close(index);
  ++counters_.reassembled;
  return outcome;
}

}  // namespace netmoth::decode
