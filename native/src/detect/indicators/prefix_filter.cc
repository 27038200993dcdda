#include "detect/indicators/prefix_filter.h"

#include <algorithm>
#include <bit>

namespace netmoth::detect {
namespace {

constexpr std::uint64_t kMaxIpv4FilterBits = 1U << 22;
constexpr std::uint64_t kIpv4BitsPerRow = 32;
constexpr std::uint64_t kIpv6BitsPerRow = 16;

std::uint64_t bits_for(std::uint64_t rows, std::uint64_t per_row, std::uint64_t most) {
  return std::bit_ceil(std::clamp(rows * per_row, kMinFilterBits, most));
}

}  // namespace

Ipv4Filter::Ipv4Filter(std::uint64_t rows)
    : shift_(0), bits_(bits_for(rows, kIpv4BitsPerRow, kMaxIpv4FilterBits)) {
  constexpr unsigned kAddressBits = 32;
  shift_ = kAddressBits - static_cast<unsigned>(std::countr_zero(bits_.size()));
}

void Ipv4Filter::add(std::uint32_t first, std::uint32_t last) {
  for (std::uint32_t block = first >> shift_; block <= last >> shift_; ++block)
    bits_.set(block);
}

Ipv6Filter::Ipv6Filter(std::uint64_t rows)
    : bits_(bits_for(rows, kIpv6BitsPerRow, kMaxFilterBits)) {}

void Ipv6Filter::add(const Ipv6Number& first, const Ipv6Number& last) {
  if (first.high == last.high) return bits_.set(bit_of(first.high, kNarrow));
  const std::uint64_t begin = first.high >> 32;
  const std::uint64_t end = last.high >> 32;
  wide_blocks_ += end - begin + 1;
  if (wide_blocks_ > kMaxWideBlocks) return;
  for (std::uint64_t block = begin; block <= end; ++block)
    bits_.set(bit_of(block, kWide));
}

}  // namespace netmoth::detect
