// Buffers for bytes that a stream has to hold, and the bound on them over all streams of a worker.
//
// Invariant: used() is the capacity of every buffer handed out and not given back, and never more
// than the limit. A few buffers of the ordinary size are kept for the next stream, so that holding
// what awaits its acknowledgment costs no allocation per packet. Not thread-safe: one worker, one
// pool.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

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
    if (needed <= buffer.capacity()) return true;
    const std::size_t had = buffer.capacity();
    // A single octet that came early shall not take a page.
    const std::size_t wanted =
        std::max({needed, 2 * had, had == 0 && more < 64 ? 64 : kBufferBytes});
    const std::size_t capacity = used_ - had + wanted <= limit_ ? wanted : needed;
    if (used_ - had + capacity > limit_) return false;
    if (had == 0 && capacity == kBufferBytes && !spare_.empty()) {
      buffer.swap(spare_.back());
      spare_.pop_back();
    } else {
      buffer.reserve(capacity);
    }
    used_ = used_ - had + buffer.capacity();
    return true;
  }
  void give_back(Buffer& buffer) {
    used_ -= buffer.capacity();
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
  std::size_t limit_;
  std::size_t used_ = 0;
  std::vector<Buffer> spare_;
  Buffer scratch_;
};

}  // namespace netmoth::stream
