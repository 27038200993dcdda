// See crypto_stream.h.
#include "protocols/crypto_stream.h"

#include <algorithm>

namespace netmoth::protocols {

bool CryptoStream::add(std::uint64_t offset, Bytes data) {
  if (data.empty()) return true;
  if (offset > limit_ || data.size() > limit_ - offset) return false;
  const auto begin = static_cast<std::size_t>(offset);
  const std::size_t end = begin + data.size();
  if (bytes_.size() < end) bytes_.resize(end);
  std::copy(data.begin(), data.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin));
  Piece piece{begin, end};
  std::erase_if(pieces_, [&](const Piece& other) {
    if (other.begin > piece.end || other.end < piece.begin) return false;
    piece = {std::min(piece.begin, other.begin), std::max(piece.end, other.end)};
    return true;
  });
  if (pieces_.size() == kMaxCryptoPieces) return false;
  pieces_.insert(std::upper_bound(pieces_.begin(), pieces_.end(), piece,
                                  [](const Piece& a, const Piece& b) { return a.begin < b.begin; }),
                 piece);
  return true;
}

Bytes CryptoStream::contiguous() const {
  if (pieces_.empty() || pieces_.front().begin != 0) return {};
  return Bytes(bytes_).first(pieces_.front().end);
}

void CryptoStream::clear() {
  bytes_ = {};
  pieces_ = {};
}

}  // namespace netmoth::protocols
