// Buffers for bytes that a stream has to hold, and the bound on them over all streams of a worker.
//
// Invariant: used() is what every buffer handed out and not given back takes, and never more than
// the limit. A few buffers of the ordinary size are kept for the next stream, so that holding what
// awaits its acknowledgment costs no allocation per packet. Not thread-safe: one worker, one pool.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/heap_balance.h"
#include "base/types.h"

namespace netmoth::stream {

inline constexpr std::size_t kBufferBytes = 4096;  // two full segments and some: a delayed ACK
inline constexpr std::size_t kSpareBuffers = 256;

class BufferPool {
 public:
  using Buffer = std::vector<std::uint8_t>;

  explicit BufferPool(std::size_t limit_bytes) : limit_(limit_bytes) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  // Makes room for `more` octets behind buffer's end. False where the limit forbids it.
  [[nodiscard]] bool reserve(Buffer& buffer, std::size_t more) {
    const std::size_t needed = buffer.size() + more;
    const std::size_t had = buffer.capacity();
    if (needed <= had) return true;
    const std::size_t others = used_ - octets_of(had);
    // A single octet that came early shall not take a page.
    const std::size_t wanted =
        std::max({needed, 2 * had, had == 0 && more < 64 ? 64 : kBufferBytes});
    const std::size_t capacity = others + octets_of(wanted) <= limit_ ? wanted : needed;
    if (others + octets_of(capacity) > limit_) return false;
    if (had == 0 && capacity == kBufferBytes && !spare_.empty()) {
      buffer.swap(spare_.back());
      spare_.pop_back();
    } else {
      const base::HeapAside aside;  // counted here, not with the session
      buffer.reserve(capacity);
    }
    used_ = others + octets_of(buffer.capacity());
    return true;
  }
  void give_back(Buffer& buffer) {
    if (buffer.capacity() == 0) return;
    const base::HeapAside aside;
    used_ -= octets_of(buffer.capacity());
    if (buffer.capacity() == kBufferBytes && spare_.size() < kSpareBuffers) {
      buffer.clear();
      spare_.push_back(std::move(buffer));
    }
    buffer = Buffer();
  }

  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] std::size_t limit() const { return limit_; }
  // Room to work out an overlap in, so that a storm of them allocates nothing.
  [[nodiscard]] Buffer& scratch() { return scratch_; }

 private:
  // With the head of the block.
  static constexpr std::size_t octets_of(std::size_t capacity) {
    return capacity == 0 ? 0 : capacity + 2 * sizeof(void*);
  }

  std::size_t limit_;
  std::size_t used_ = 0;
  std::vector<Buffer> spare_;
  Buffer scratch_;
};

}  // namespace netmoth::stream
