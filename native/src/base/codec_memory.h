// Memory that decompressors of one worker may hold together.
//
// Invariant: an allocation beyond the limit is refused and counted, never made; the decompressor
// that asked then says that it is broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace netmoth::base {

class CodecMemory {
 public:
  explicit CodecMemory(std::size_t limit_octets) : limit_(limit_octets) {}

  // Each block knows its size, because zlib and brotli do not tell it when they give one back.
  [[nodiscard]] void* take(std::size_t octets) {
    if (octets > limit_ || octets + kHead > limit_ - used_) {
      ++refused_;
      return nullptr;
    }
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): the codecs ask for memory as C does
    void* block = std::malloc(octets + kHead);
    if (block == nullptr) return nullptr;
    used_ += octets + kHead;
    *static_cast<std::size_t*>(block) = octets + kHead;
    return static_cast<char*>(block) + kHead;
  }
  void give_back(void* address) {
    if (address == nullptr) return;
    char* block = static_cast<char*>(address) - kHead;
    used_ -= *reinterpret_cast<std::size_t*>(block);
    std::free(block);  // NOLINT(cppcoreguidelines-no-malloc): what take() gave
  }

  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  static constexpr std::size_t kHead = alignof(std::max_align_t);
  std::size_t limit_;
  std::size_t used_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace netmoth::base
