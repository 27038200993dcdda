// See decompressor.h.
#include "base/decompressor.h"

#include <algorithm>
#include <limits>

namespace netmoth::base {
namespace {

constexpr int kRawDeflate = -15;  // inflateInit2: no frame, the largest window
// A window is made as large as the header says and at most this (Suricata's lzma-memlimit): what
// looks back further is broken.
constexpr std::uint32_t kMaxLzmaWindow = std::uint32_t{1} << 20;
constexpr std::uint64_t kMaxLzmaMemory = std::uint64_t{4} << 20;

void* take_for_zlib(void* memory, uInt items, uInt size) {
  return static_cast<CodecMemory*>(memory)->take(std::size_t{items} * size);
}

void* take_for_brotli(void* memory, std::size_t size) {
  return static_cast<CodecMemory*>(memory)->take(size);
}

void* take_for_lzma(void* memory, std::size_t items, std::size_t size) {
  return static_cast<CodecMemory*>(memory)->take(items * size);
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
  if (codec == Codec::kLzma) {
    lzma_ = LZMA_STREAM_INIT;
    lzma_memory_ = {take_for_lzma, give_back, &memory_};
    lzma_.allocator = &lzma_memory_;
    lzma_header_octets_ = 0;
    lzma_running_ = lzma_alone_decoder(&lzma_, kMaxLzmaMemory) == LZMA_OK;
    return lzma_running_;
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
  if (lzma_running_) lzma_end(&lzma_);
  lzma_running_ = false;
}

Decompressor::Status Decompressor::step(Bytes& input, std::span<std::uint8_t> output,
                                        std::size_t& produced) {
  produced = 0;
  if (zlib_running_) return step_deflate(input, output, produced);
  if (lzma_running_) return step_lzma(input, output, produced);
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

// Properties, size of the window, size of the content (13 octets): complete, and its window cut.
bool Decompressor::take_lzma_header(Bytes& input) {
  const std::size_t taken = std::min(input.size(), kLzmaHeader - lzma_header_octets_);
  std::copy_n(input.begin(), taken, lzma_header_.begin() + lzma_header_octets_);
  input = input.subspan(taken);
  lzma_header_octets_ += taken;
  if (lzma_header_octets_ < kLzmaHeader) return false;
  std::uint32_t window = 0;
  for (std::size_t i = 4; i > 0; --i)
    window = window << 8 | lzma_header_[i];
  window = std::min(window, kMaxLzmaWindow);
  for (std::size_t i = 1; i <= 4; ++i, window >>= 8)
    lzma_header_[i] = static_cast<std::uint8_t>(window);
  return true;
}

Decompressor::Status Decompressor::step_lzma(Bytes& input, std::span<std::uint8_t> output,
                                             std::size_t& produced) {
  if (lzma_header_octets_ < kLzmaHeader) {
    if (!take_lzma_header(input)) return Status::kMore;
    Bytes header = lzma_header_;
    const Status status = run_lzma(header, output, produced);
    if (status != Status::kMore || !header.empty()) return status;
  }
  return run_lzma(input, output.subspan(produced), produced);
}

// Adds to `produced`.
Decompressor::Status Decompressor::run_lzma(Bytes& input, std::span<std::uint8_t> output,
                                            std::size_t& produced) {
  lzma_.next_in = input.data();
  lzma_.avail_in = input.size();
  lzma_.next_out = output.data();
  lzma_.avail_out = output.size();
  const lzma_ret result = lzma_code(&lzma_, LZMA_RUN);
  input = input.last(lzma_.avail_in);
  produced += output.size() - lzma_.avail_out;
  if (result == LZMA_STREAM_END) return Status::kEnd;
  return result == LZMA_OK || result == LZMA_BUF_ERROR ? Status::kMore : Status::kBroken;
}

}  // namespace netmoth::base
