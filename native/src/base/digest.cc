// Digests by nettle's one-shot contexts on the stack.
//
// Invariant: see digest.h.
#include "base/digest.h"

#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

namespace netmoth::base {

std::array<std::uint8_t, 16> md5(Bytes data) {
  std::array<std::uint8_t, 16> digest;
  md5_ctx context;
  md5_init(&context);
  md5_update(&context, data.size(), data.data());
  md5_digest(&context, digest.size(), digest.data());
  return digest;
}

std::array<std::uint8_t, 20> sha1(Bytes data) {
  std::array<std::uint8_t, 20> digest;
  sha1_ctx context;
  sha1_init(&context);
  sha1_update(&context, data.size(), data.data());
  sha1_digest(&context, digest.size(), digest.data());
  return digest;
}

std::array<std::uint8_t, 32> sha256(Bytes data) {
  std::array<std::uint8_t, 32> digest;
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, data.size(), data.data());
  sha256_digest(&context, digest.size(), digest.data());
  return digest;
}

}  // namespace netmoth::base
