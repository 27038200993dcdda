// Protection of QUIC Initial packets (RFC 9001 §5, RFC 9369 §3.3): keys anybody can derive, because
// they come from the connection id in the packet. AES-128-GCM and HKDF-SHA256 by nettle.
//
// Invariant: a packet is called opened only where its authentication tag holds; nothing is
// allocated.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "base/types.h"

namespace netmoth::protocols {

// Which salt and labels; QuicSuite::kCount is the number of them.
enum class QuicSuite : std::uint8_t {
  kV1,
  kV2,
  kDraft29,
  kDraft23,
  kDraft21,
  kDraft17,
  kV2Draft,
  kQ050,
  kT050,
  kT051,
  kCount,
};

struct QuicKeys {
  std::array<std::uint8_t, 16> key;
  std::array<std::uint8_t, 12> iv;
  std::array<std::uint8_t, 16> header_protection;
};

enum class QuicEnd : std::uint8_t { kClient, kServer };

// Keys of what that end sends. `connection_id`: the destination of the client's first Initial
// packet.
QuicKeys derive_initial_keys(QuicSuite suite, Bytes connection_id, QuicEnd end);

// The suite a version uses; nothing where the version is not known.
std::optional<QuicSuite> quic_suite(std::uint32_t version);

// Opens the packet that is `packet` (header, protected packet number at `number_offset`, ciphertext
// and tag, exactly). The frames come into `out`, which must hold packet.size() octets; returns
// their view.
std::optional<Bytes> open_initial(const QuicKeys& keys, Bytes packet, std::size_t number_offset,
                                  std::span<std::uint8_t> out);

}  // namespace netmoth::protocols
