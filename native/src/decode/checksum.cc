// Sums of 32-bit halves in 64-bit lanes, so that no carry is lost before the end.
//
// Invariant: see checksum.h. A lane takes 2^32 additions before it could overflow; a packet has
// 2^14.
#include "decode/checksum.h"

namespace netmoth::decode {
namespace {

using Lanes = std::uint64_t __attribute__((vector_size(16)));

Lanes load(const std::uint8_t* at) {
  Lanes lanes;
  std::memcpy(&lanes, at, sizeof lanes);
  return lanes;
}

}  // namespace

void ChecksumSum::add(Bytes data) {
  const std::uint8_t* at = data.data();
  std::size_t left = data.size();
  Lanes low{};
  Lanes high{};
  for (; left >= 32; left -= 32, at += 32) {
    const Lanes first = load(at);
    const Lanes second = load(at + 16);
    low += (first & 0xFFFFFFFFU) + (second & 0xFFFFFFFFU);
    high += (first >> 32) + (second >> 32);
  }
  const Lanes both = low + high;
  std::uint64_t sum = both[0] + both[1];
  for (; left >= 4; left -= 4, at += 4) {
    std::uint32_t word;
    std::memcpy(&word, at, sizeof word);
    sum += word;
  }
  std::uint8_t tail[4] = {};
  std::memcpy(tail, at, left);
  std::uint32_t word;
  std::memcpy(&word, tail, sizeof word);
  sum_ += sum + word;
}

bool ChecksumSum::valid() const {
  std::uint64_t sum = (sum_ & 0xFFFFFFFFU) + (sum_ >> 32);
  while (sum > 0xFFFF)
    sum = (sum & 0xFFFF) + (sum >> 16);
  return sum == 0xFFFF;
}

}  // namespace netmoth::decode
