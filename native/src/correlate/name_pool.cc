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
  return blocks * kBlockBytes + buckets_of(blocks) * sizeof(NameId);
}

NamePool::NamePool(std::size_t capacity_bytes)
    : block_count_(blocks_of(capacity_bytes)),
      mask_(static_cast<std::uint32_t>(buckets_of(block_count_) - 1)),
      blocks_(block_count_),
      buckets_(std::size_t{mask_} + 1) {}

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

// The smallest free piece that fits; a piece keeps the size it was first cut to only when it is
// returned by a name of that size, so a larger one is split and its tail stays usable.
NameId NamePool::allocate(std::size_t blocks) {
  if (free_[blocks] == kNoName && block_count_ - used_ >= blocks) {
    const NameId id = used_;
    used_ += static_cast<std::uint32_t>(blocks);
    return id;
  }
  for (std::size_t size = blocks; size < kClasses; ++size) {
    const NameId id = free_[size];
    if (id == kNoName) continue;
    free_[size] = block(id).next;
    if (size > blocks) {
      const auto tail = static_cast<NameId>(id + blocks);
      block(tail).next = free_[size - blocks];
      free_[size - blocks] = tail;
    }
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
  NameId& list = free_[blocks_for(gone.length)];
  gone.next = list;
  list = id;
  --size_;
  held_blocks_ -= blocks_for(gone.length);
}

std::string_view NamePool::text(NameId id) const {
  if (id == kNoName) return {};
  const Block& at = block(id);
  return {reinterpret_cast<const char*>(&at) + offsetof(Block, text), at.length};
}

}  // namespace netmoth::correlate
