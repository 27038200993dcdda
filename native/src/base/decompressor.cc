// See decompressor.h.
#include "base/decompressor.h"

#include <algorithm>
#include <limits>

namespace netmoth::base {
namespace {

constexpr int kRawDeflate = -15;  // inflateInit2: no frame, the largest window

void* take_for_zlib(void* memory, uInt items, uInt size) {
  return static_cast<CodecMemory*>(memory)->take(std::size_t{items} * size);
}

void* take_for_brotli(void* memory, std::size_t size) {
  return static_cast<CodecMemory*>(memory)->take(size);
}

void give_back(void* memory, void* address) {
  static_cast<CodecMemory*>(memory)->give_back(address);
}

}  // namespace

bool Decompressor::start(Codec codec) {
  stop();
  if (codec == Codec::kBrotli) {
    brotli_ = BrotliDecoderCreateInstance(take_for_brotli, give_back, &memory_);
    return brotli_ != nullptr;
  }
  zlib_ = {};
  zlib_.zalloc = take_for_zlib;
  zlib_.zfree = give_back;
  zlib_.opaque = &memory_;
  zlib_running_ = inflateInit2(&zlib_, kRawDeflate) == Z_OK;
  return zlib_running_;
}

void Decompressor::stop() {
  if (zlib_running_) inflateEnd(&zlib_);
  zlib_running_ = false;
  if (brotli_ != nullptr) BrotliDecoderDestroyInstance(brotli_);
  brotli_ = nullptr;
}

Decompressor::Status Decompressor::step(Bytes& input, std::span<std::uint8_t> output,
                                        std::size_t& produced) {
  produced = 0;
  if (zlib_running_) return step_deflate(input, output, produced);
  return brotli_ != nullptr ? step_brotli(input, output, produced) : Status::kBroken;
}

Decompressor::Status Decompressor::step_deflate(Bytes& input, std::span<std::uint8_t> output,
                                                std::size_t& produced) {
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  const std::size_t given = std::min(input.size(), kMost);
  // zlib's pointer is not to const for the sake of old callers; it only reads.
  zlib_.next_in = const_cast<Bytef*>(input.data());
  zlib_.avail_in = static_cast<uInt>(given);
  zlib_.next_out = output.data();
  zlib_.avail_out = static_cast<uInt>(std::min(output.size(), kMost));
  const uInt room = zlib_.avail_out;
  const int result = inflate(&zlib_, Z_NO_FLUSH);
  input = input.subspan(given - zlib_.avail_in);
  produced = room - zlib_.avail_out;
  if (result == Z_STREAM_END) return Status::kEnd;
  return result == Z_OK || result == Z_BUF_ERROR ? Status::kMore : Status::kBroken;
}

Decompressor::Status Decompressor::step_brotli(Bytes& input, std::span<std::uint8_t> output,
                                               std::size_t& produced) {
  std::size_t available_in = input.size();
  const std::uint8_t* next_in = input.data();
  std::size_t available_out = output.size();
  std::uint8_t* next_out = output.data();
  const BrotliDecoderResult result = BrotliDecoderDecompressStream(
      brotli_, &available_in, &next_in, &available_out, &next_out, nullptr);
  input = input.last(available_in);
  produced = output.size() - available_out;
  if (result == BROTLI_DECODER_RESULT_SUCCESS) return Status::kEnd;
  return result == BROTLI_DECODER_RESULT_ERROR ? Status::kBroken : Status::kMore;
}

}  // namespace netmoth::base
