// Octets of a handshake that come in pieces: QUIC's CRYPTO stream, a DTLS message.
//
// Invariant: at most `limit` octets are kept, in at most kMaxCryptoPieces pieces between holes;
// where pieces overlap the later octets count.
#pragma once

#include <vector>

#include "base/types.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxCryptoStream = 16 * 1024;
inline constexpr std::size_t kMaxCryptoPieces = 64;

class CryptoStream {
 public:
  explicit CryptoStream(std::size_t limit = kMaxCryptoStream) : limit_(limit) {}

  // False where the bounds are passed.
  bool add(std::uint64_t offset, Bytes data);
  // What is there from the start without a hole.
  [[nodiscard]] Bytes contiguous() const;
  void clear();

 private:
  struct Piece {
    std::size_t begin, end;
  };
  std::size_t limit_;
  std::vector<std::uint8_t> bytes_;
  std::vector<Piece> pieces_;  // sorted, disjoint, not touching
};

}  // namespace netmoth::protocols
