// A file, a pipe or memory as a window of bytes that moves forward.
//
// Invariant: holds kBufferBytes at most. The window only moves (and so invalidates views) in fill()
// with `may_move`. Whoever needs views to live longer takes the buffer itself by exchange(), which
// leaves what is not consumed yet in another one.
#pragma once

#include <memory>
#include <string>

#include "base/types.h"

namespace netmoth::capture {

inline constexpr std::size_t kBufferBytes = 1U << 20;

class ByteSource {
 public:
  explicit ByteSource(const std::string& path);
  explicit ByteSource(Bytes contents);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  enum class Fill : std::uint8_t { kReady, kShort, kMustMove };
  // Makes `count` (at most kBufferBytes) bytes available. kShort: the input ended before, or
  // failed.
  [[nodiscard]] Fill fill(std::size_t count, bool may_move) {
    if (end_ - begin_ >= count) return Fill::kReady;
    return fill_slowly(count, may_move);
  }

  [[nodiscard]] Bytes available() const { return {data_ + begin_, end_ - begin_}; }
  void consume(std::size_t count) {
    begin_ += count;
    consumed_ += count;
  }

  // Gives the buffer the views point to away for `other`, which may be empty. Nothing for memory,
  // whose views live anyway.
  using Buffer = std::unique_ptr<std::uint8_t[]>;
  void exchange(Buffer& other);
  // Reads no more than this at a time unless more is asked for.
  void limit_reads(std::size_t bytes) { read_limit_ = bytes; }

  [[nodiscard]] std::uint64_t offset_bytes() const { return consumed_; }
  [[nodiscard]] std::uint64_t total_bytes() const { return total_; }
  // errno of opening or reading, 0 where all went well.
  [[nodiscard]] int error_number() const { return error_number_; }
  [[nodiscard]] bool opened() const { return opened_; }

 private:
  Fill fill_slowly(std::size_t count, bool may_move);

  int descriptor_ = -1;
  bool opened_ = true;
  bool ended_ = false;
  int error_number_ = 0;
  std::size_t read_limit_ = kBufferBytes;
  Buffer buffer_;
  const std::uint8_t* data_ = nullptr;  // buffer_, or the memory given
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t consumed_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace netmoth::capture
