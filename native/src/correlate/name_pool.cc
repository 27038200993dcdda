#include "correlate/name_pool.h"

#include <algorithm>
#include <bit>

namespace netmoth::correlate {
namespace {

// Names come from the network, but their chains are short whatever they are: a pool is bounded, and
// std::hash (murmur) is not invertible by hand as FNV is.
std::uint32_t hash_of(std::string_view name) {
  const std::size_t hash = std::hash<std::string_view>{}(name);
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

constexpr std::size_t kMinBlocks = 64;

}  // namespace

std::uint32_t NamePool::blocks_of(std::size_t capacity_bytes) {
  return static_cast<std::uint32_t>(
      std::clamp(capacity_bytes / kBlockBytes, kMinBlocks, std::size_t{1} << 30));
}

std::size_t NamePool::buckets_of(std::uint32_t blocks) {
  return std::bit_ceil(blocks / 2);
}

std::size_t NamePool::bytes_when_full(std::size_t capacity_bytes) {
  const std::uint32_t blocks = blocks_of(capacity_bytes);
  return blocks * (kBlockBytes + sizeof(bool)) + buckets_of(blocks) * sizeof(NameId);
}

NamePool::NamePool(std::size_t capacity_bytes)
    : block_count_(blocks_of(capacity_bytes)),
      mask_(static_cast<std::uint32_t>(buckets_of(block_count_) - 1)),
      blocks_(block_count_),
      buckets_(std::size_t{mask_} + 1),
      ends_free_(block_count_) {}

NameId NamePool::find(std::string_view name) const {
  const std::uint32_t hash = hash_of(name);
  NameId id = buckets_[hash & mask_];
  while (id != kNoName && (block(id).hash != hash || text(id) != name))
    id = block(id).next;
  return id;
}

NameId NamePool::intern(std::string_view name) {
  if (name.empty() || name.size() > kMaxDomainLength) return kNoName;
  if (const NameId known = find(name); known != kNoName) {
    retain(known);
    return known;
  }
  const NameId id = allocate(blocks_for(name.size()));
  if (id == kNoName) return kNoName;
  Block& made = block(id);
  made.references = 1;
  made.hash = hash_of(name);
  made.length = static_cast<std::uint32_t>(name.size());
  std::memcpy(reinterpret_cast<char*>(&made) + offsetof(Block, text), name.data(), name.size());
  NameId& bucket = buckets_[made.hash & mask_];
  made.next = bucket;
  bucket = id;
  ++size_;
  held_blocks_ += blocks_for(name.size());
  return id;
}

// Of a free piece, in its last block: how many blocks it has. Where the piece has one block this is
// behind its header.
std::uint32_t& NamePool::tail_of(NameId last) {
  char* const end = reinterpret_cast<char*>(&block(last) + 1);
  return *reinterpret_cast<std::uint32_t*>(end - sizeof(std::uint32_t));
}

void NamePool::put_free(NameId id, std::size_t blocks) {
  NameId& list = list_for(blocks);
  if (list != kNoName) block(list).hash = id;
  Block& piece = block(id);
  piece.references = 0;
  piece.hash = kNoName;
  piece.next = list;
  piece.length = static_cast<std::uint32_t>(blocks);
  list = id;
  const auto last = static_cast<NameId>(id + blocks - 1);
  tail_of(last) = piece.length;
  ends_free_[last] = true;
}

void NamePool::take_free(NameId id) {
  const Block& piece = block(id);
  (piece.hash != kNoName ? block(piece.hash).next : list_for(piece.length)) = piece.next;
  if (piece.next != kNoName) block(piece.next).hash = piece.hash;
  ends_free_[id + piece.length - 1] = false;
}

// The smallest free piece that fits; what is left of it stays usable.
NameId NamePool::allocate(std::size_t blocks) {
  const bool fits_exactly = blocks < kLargest && free_[blocks] != kNoName;
  if (!fits_exactly && block_count_ - used_ >= blocks) {
    const NameId id = used_;
    used_ += static_cast<std::uint32_t>(blocks);
    return id;
  }
  for (std::size_t size = blocks; size <= kLargest; ++size) {
    const NameId id = free_[size];
    if (id == kNoName) continue;
    const std::size_t left = block(id).length - blocks;
    take_free(id);
    if (left > 0) put_free(static_cast<NameId>(id + blocks), left);
    return id;
  }
  return kNoName;
}

void NamePool::release(NameId id) {
  Block& gone = block(id);
  if (--gone.references > 0) return;
  NameId* link = &buckets_[gone.hash & mask_];
  while (*link != id)
    link = &block(*link).next;
  *link = gone.next;
  std::size_t blocks = blocks_for(gone.length);
  --size_;
  held_blocks_ -= blocks;
  const auto after = static_cast<NameId>(id + blocks);
  if (after < used_ && block(after).references == 0) {
    blocks += block(after).length;
    take_free(after);
  }
  if (ends_free_[id - 1]) {
    const std::uint32_t before = tail_of(id - 1);
    id -= before;
    blocks += before;
    take_free(id);
  }
  if (id + blocks == used_)
    used_ = id;
  else
    put_free(id, blocks);
}

std::string_view NamePool::text(NameId id) const {
  if (id == kNoName) return {};
  const Block& at = block(id);
  return {reinterpret_cast<const char*>(&at) + offsetof(Block, text), at.length};
}

}  // namespace netmoth::correlate
