// See quic_crypto.h.
#include "protocols/quic_crypto.h"

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

#include <algorithm>
#include <string_view>

namespace netmoth::protocols {
namespace {

constexpr std::size_t kSecretLength = 32;
constexpr std::size_t kSaltLength = 20;
constexpr std::size_t kTagLength = 16;
constexpr std::size_t kSampleOffset = 4;  // from the start of the packet number

using Secret = std::array<std::uint8_t, kSecretLength>;
using Salt = std::array<std::uint8_t, kSaltLength>;

// RFC 9001 §5.2, RFC 9369 §3.3.1, the drafts of the same names, and Google's quic-trace for Q and
// T.
constexpr std::array<Salt, static_cast<std::size_t>(QuicSuite::kCount)> kSalts{{
    {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
     0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
    {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
     0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
    {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
     0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99},
    {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
     0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02},
    {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
     0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a},
    {0xef, 0x4f, 0xb0, 0xab, 0xb4, 0x74, 0x70, 0xc4, 0x1b, 0xef,
     0xcf, 0x80, 0x31, 0x33, 0x4f, 0xae, 0x48, 0x5e, 0x09, 0xa0},
    {0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d,
     0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3},
    {0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94,
     0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45},
    {0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
     0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10},
    {0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
     0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d},
}};

// HKDF-Expand-Label (RFC 8446 §7.1) with an empty context. `secret` is keyed once for all its
// labels.
void expand_label(hmac_sha256_ctx& secret, std::string_view label, std::span<std::uint8_t> out) {
  constexpr std::string_view kPrefix = "tls13 ";
  std::array<std::uint8_t, 40> info{};
  std::size_t n = 0;
  info[n++] = 0;
  info[n++] = static_cast<std::uint8_t>(out.size());
  info[n++] = static_cast<std::uint8_t>(kPrefix.size() + label.size());
  for (const std::string_view part : {kPrefix, label}) {
    for (const char c : part)
      info[n++] = static_cast<std::uint8_t>(c);
  }
  info[n++] = 0;
  hkdf_expand(&secret, reinterpret_cast<nettle_hash_update_func*>(hmac_sha256_update),
              reinterpret_cast<nettle_hash_digest_func*>(hmac_sha256_digest), SHA256_DIGEST_SIZE, n,
              info.data(), out.size(), out.data());
}

}  // namespace

QuicKeys derive_initial_keys(QuicSuite suite, Bytes connection_id, QuicEnd end) {
  const Salt& salt = kSalts[static_cast<std::size_t>(suite)];
  Secret secret;
  hmac_sha256_ctx context;
  hmac_sha256_set_key(&context, salt.size(), salt.data());
  hmac_sha256_update(&context, connection_id.size(), connection_id.data());
  hmac_sha256_digest(&context, secret.size(), secret.data());
  hmac_sha256_set_key(&context, secret.size(), secret.data());
  expand_label(context, end == QuicEnd::kClient ? "client in" : "server in", secret);
  hmac_sha256_set_key(&context, secret.size(), secret.data());
  const bool version2 = suite == QuicSuite::kV2 || suite == QuicSuite::kV2Draft;
  QuicKeys keys;
  expand_label(context, version2 ? "quicv2 key" : "quic key", keys.key);
  expand_label(context, version2 ? "quicv2 iv" : "quic iv", keys.iv);
  expand_label(context, version2 ? "quicv2 hp" : "quic hp", keys.header_protection);
  return keys;
}

std::optional<QuicSuite> quic_suite(std::uint32_t version) {
  switch (version) {
    case 0x00000001:
      return QuicSuite::kV1;
    case 0x6b3343cf:
      return QuicSuite::kV2;
    case 0x709a50c4:
      return QuicSuite::kV2Draft;
    case 0x51303530:
      return QuicSuite::kQ050;
    case 0x54303530:
      return QuicSuite::kT050;
    case 0x54303531:
      return QuicSuite::kT051;
    case 0xfaceb001:
      return QuicSuite::kDraft21;
    default:
      break;
  }
  if ((version & 0xfffffff0) == 0xfaceb000) return QuicSuite::kDraft23;
  if ((version & 0xffffff00) == 0xff000000) {
    const unsigned draft = version & 0xff;
    if (draft >= 33) return QuicSuite::kV1;
    if (draft >= 29) return QuicSuite::kDraft29;
    if (draft >= 23) return QuicSuite::kDraft23;
    if (draft >= 21) return QuicSuite::kDraft21;
    return QuicSuite::kDraft17;
  }
  return std::nullopt;
}

std::optional<Bytes> open_initial(const QuicKeys& keys, Bytes packet, std::size_t number_offset,
                                  std::span<std::uint8_t> out) {
  if (packet.size() < number_offset + kSampleOffset + kTagLength || out.size() < packet.size()) {
    return std::nullopt;
  }
  aes128_ctx header_cipher;
  aes128_set_encrypt_key(&header_cipher, keys.header_protection.data());
  std::array<std::uint8_t, AES_BLOCK_SIZE> mask;
  aes128_encrypt(&header_cipher, mask.size(), mask.data(),
                 packet.data() + number_offset + kSampleOffset);
  const auto first = static_cast<std::uint8_t>(packet[0] ^ (mask[0] & 0x0f));
  const std::size_t number_length = (first & 3u) + 1u;
  // The unprotected packet number, also part of the nonce. Truncated numbers are small in Initials.
  std::array<std::uint8_t, 4> number{};
  auto nonce = keys.iv;
  for (std::size_t i = 0; i < number_length; ++i) {
    number[i] = packet[number_offset + i] ^ mask[1 + i];
    nonce[nonce.size() - number_length + i] ^= number[i];
  }
  gcm_aes128_ctx cipher;
  gcm_aes128_set_key(&cipher, keys.key.data());
  gcm_aes128_set_iv(&cipher, nonce.size(), nonce.data());
  // nettle wants associated data in multiples of its block but for the last piece: put it together.
  std::array<std::uint8_t, 2048> header;
  const std::size_t header_length = number_offset + number_length;
  if (header_length > header.size() || header_length + kTagLength > packet.size()) {
    return std::nullopt;
  }
  std::copy_n(packet.begin(), number_offset, header.begin());
  header[0] = first;
  std::copy_n(number.begin(), number_length,
              header.begin() + static_cast<std::ptrdiff_t>(number_offset));
  gcm_aes128_update(&cipher, header_length, header.data());
  const std::size_t length = packet.size() - header_length - kTagLength;
  gcm_aes128_decrypt(&cipher, length, out.data(), packet.data() + header_length);
  std::array<std::uint8_t, kTagLength> tag;
  gcm_aes128_digest(&cipher, tag.size(), tag.data());
  if (memeql_sec(tag.data(), packet.data() + packet.size() - kTagLength, kTagLength) == 0) {
    return std::nullopt;
  }
  return Bytes(out.data(), length);
}

}  // namespace netmoth::protocols
