// MD5, SHA-1 and SHA-256 over a stream of octets, by nettle.
//
// Invariant: no allocation; a digest that is not wanted costs nothing but its room.
#pragma once

#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include <array>
#include <optional>

#include "base/types.h"

namespace netmoth::base {

struct DigestKinds {
  bool md5 = false;
  bool sha1 = false;
  bool sha256 = false;
};

struct Digests {
  std::optional<std::array<std::uint8_t, 16>> md5;
  std::optional<std::array<std::uint8_t, 20>> sha1;
  std::optional<std::array<std::uint8_t, 32>> sha256;
};

class StreamDigest {
 public:
  void start(DigestKinds wanted);
  void update(Bytes data);
  // Those that were wanted; start() again before the next stream.
  [[nodiscard]] Digests finish();

 private:
  DigestKinds wanted_;
  md5_ctx md5_;
  sha1_ctx sha1_;
  sha256_ctx sha256_;
};

}  // namespace netmoth::base
