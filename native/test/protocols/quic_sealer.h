// Protects QUIC Initial packets, the counterpart of open_initial() (RFC 9001 §5.3, §5.4).
#pragma once

#include <nettle/aes.h>
#include <nettle/gcm.h>

#include <array>

#include "octets.h"
#include "protocols/quic_crypto.h"

namespace netmoth::testing {

struct InitialParts {
  std::uint32_t version = 1;
  std::uint8_t type_bits = 0;  // 1 for version 2
  Octets destination = from_hex("8394c8f03e515708");
  Octets source;
  Octets token;
  std::uint32_t number = 2;  // written in four octets
};

inline void put_varint(Octets& out, std::size_t value) {
  put(out, 0x4000 | value, 2);
}

inline Octets seal_initial(const protocols::QuicKeys& keys, const InitialParts& parts,
                           const Octets& frames) {
  Octets packet;
  packet.push_back(static_cast<std::uint8_t>(0xc3 | parts.type_bits << 4));
  put(packet, parts.version, 4);
  put(packet, sized(parts.destination, 1));
  put(packet, sized(parts.source, 1));
  put(packet, sized(parts.token, 1));
  put_varint(packet, 4 + frames.size() + 16);
  const std::size_t number_offset = packet.size();
  put(packet, parts.number, 4);
  auto nonce = keys.iv;
  for (std::size_t i = 0; i < 4; ++i)
    nonce[8 + i] ^= packet[number_offset + i];
  gcm_aes128_ctx cipher;
  gcm_aes128_set_key(&cipher, keys.key.data());
  gcm_aes128_set_iv(&cipher, nonce.size(), nonce.data());
  gcm_aes128_update(&cipher, packet.size(), packet.data());
  Octets sealed(frames.size() + 16);
  gcm_aes128_encrypt(&cipher, frames.size(), sealed.data(), frames.data());
  gcm_aes128_digest(&cipher, 16, sealed.data() + frames.size());
  put(packet, sealed);
  aes128_ctx header;
  aes128_set_encrypt_key(&header, keys.header_protection.data());
  std::array<std::uint8_t, 16> mask;
  aes128_encrypt(&header, 16, mask.data(), packet.data() + number_offset + 4);
  packet[0] = static_cast<std::uint8_t>(packet[0] ^ (mask[0] & 0x0f));
  for (std::size_t i = 0; i < 4; ++i)
    packet[number_offset + i] ^= mask[1 + i];
  return packet;
}

}  // namespace netmoth::testing
