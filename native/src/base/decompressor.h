// Deflate without a frame around it (RFC 1951, by zlib), brotli (RFC 7932) and LZMA (the .lzma
// format: LZMA SDK, "lzma-specification.txt"), piece by piece.
//
// Invariant: nothing of input or output is kept beyond what the format needs to look back at; all
// of it is counted in CodecMemory.
#pragma once

#include <brotli/decode.h>
#include <lzma.h>
#include <zlib.h>

#include <array>
#include <cstddef>

#include "base/codec_memory.h"
#include "base/types.h"

namespace netmoth::base {

class Decompressor {
 public:
  enum class Codec : std::uint8_t { kDeflate, kBrotli, kLzma };
  enum class Status : std::uint8_t {
    kMore,    // wants input, or room where `output` is full
    kEnd,     // of the compressed data; what is left of `input` is not of it
    kBroken,  // no such data, or no memory; start() again before any step
  };

  explicit Decompressor(CodecMemory& memory) : memory_(memory) {}
  ~Decompressor() { stop(); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  // False where there is no memory.
  [[nodiscard]] bool start(Codec codec);
  void stop();
  // Takes octets off `input` and writes `produced` octets to the start of `output`.
  [[nodiscard]] Status step(Bytes& input, std::span<std::uint8_t> output, std::size_t& produced);

 private:
  Status step_deflate(Bytes& input, std::span<std::uint8_t> output, std::size_t& produced);
  Status step_lzma(Bytes& input, std::span<std::uint8_t> output, std::size_t& produced);
  bool take_lzma_header(Bytes& input);
  Status run_lzma(Bytes& input, std::span<std::uint8_t> output, std::size_t& produced);
  Status step_brotli(Bytes& input, std::span<std::uint8_t> output, std::size_t& produced);

  CodecMemory& memory_;
  z_stream zlib_{};
  bool zlib_running_ = false;
  BrotliDecoderState* brotli_ = nullptr;
  static constexpr std::size_t kLzmaHeader = 13;
  lzma_stream lzma_ = LZMA_STREAM_INIT;
  lzma_allocator lzma_memory_{};
  bool lzma_running_ = false;
  std::array<std::uint8_t, kLzmaHeader> lzma_header_{};
  std::size_t lzma_header_octets_ = 0;  // there so far
};

}  // namespace netmoth::base
