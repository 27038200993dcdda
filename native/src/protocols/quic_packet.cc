// See quic_packet.h.
#include "protocols/quic_packet.h"

#include "base/reader.h"
#include "protocols/quic_initial.h"

namespace netmoth::protocols {
namespace {

constexpr std::uint32_t kVersion1 = 0x00000001;
constexpr std::uint32_t kVersion2 = 0x6b3343cf;       // RFC 9369
constexpr std::uint32_t kVersion2Draft = 0x709a50c4;  // draft-ietf-quic-v2-01 to -05
constexpr std::size_t kMaxConnectionId = 20;

bool is_draft(std::uint32_t version) {
  return (version & 0xffffff00) == 0xff000000;
}
bool is_mvfst(std::uint32_t version) {
  return (version & 0xfffffff0) == 0xfaceb000;
}

bool is_digit(std::uint32_t c) {
  return c >= '0' && c <= '9';
}

// "Q046", "T051": a letter and three digits.
bool is_gquic(std::uint32_t version) {
  const std::uint32_t letter = version >> 24;
  return (letter == 'Q' || letter == 'T') && is_digit(version >> 16 & 0xff) &&
         is_digit(version >> 8 & 0xff) && is_digit(version & 0xff);
}

}  // namespace

QuicKind classify_quic(Bytes datagram) {
  if (datagram.size() < 8) return QuicKind::kNone;
  base::Reader reader(datagram);
  const std::uint8_t first = reader.u8();
  if ((first & 0x80) != 0) {
    const std::uint32_t version = reader.u32();
    if (is_gquic(version)) return QuicKind::kGquicKnownVersion;
    const std::size_t destination = reader.u8();
    reader.skip(destination);
    const std::size_t source = reader.u8();
    reader.skip(source);
    if (!reader.ok() || destination > kMaxConnectionId || source > kMaxConnectionId) {
      return QuicKind::kNone;
    }
    if (version == 0) {
      const bool versions = reader.remaining() >= 4 && reader.remaining() % 4 == 0;
      return versions && destination + source > 0 ? QuicKind::kVersionNegotiation : QuicKind::kNone;
    }
    if ((first & 0x40) == 0) return QuicKind::kNone;  // the fixed bit
    const bool known = version == kVersion1 || version == kVersion2 || version == kVersion2Draft ||
                       is_draft(version) || is_mvfst(version);
    if (known) return QuicKind::kLongKnownVersion;
    // RFC 9000 §15: versions of the form 0x?a?a?a?a force a negotiation; a client's first datagram
    // is at least 1200 octets long (§14.1).
    const bool forced = (version & 0x0f0f0f0f) == 0x0a0a0a0a && datagram.size() >= 1200;
    if (forced) return QuicKind::kLongKnownVersion;
    return QuicKind::kLongOtherVersion;
  }
  // gQUIC up to Q043: public flags, connection id, version, packet number.
  constexpr std::uint8_t kHasVersion = 0x01;
  constexpr std::uint8_t kHasConnectionId = 0x08;
  if ((first & kHasVersion) == 0 || (first & kHasConnectionId) == 0 || (first & 0xc0) != 0) {
    return QuicKind::kNone;
  }
  reader.skip(8);
  const std::uint32_t version = reader.u32();
  return reader.ok() && is_gquic(version) ? QuicKind::kGquicKnownVersion : QuicKind::kNone;
}

std::string quic_version_name(std::uint32_t version) {
  if (version == kVersion1) return "1";
  if (version == kVersion2 || version == kVersion2Draft) return "2";
  if (is_draft(version)) return "draft-" + std::to_string(version & 0xff);
  if (is_mvfst(version)) return "mvfst-" + std::to_string(version & 0xf);
  std::string out;
  if (is_gquic(version)) {
    for (int shift = 24; shift >= 0; shift -= 8)
      out.push_back(static_cast<char>(version >> shift));
    return out;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = 28; shift >= 0; shift -= 4)
    out.push_back(kDigits[version >> shift & 0xf]);
  return out;
}

}  // namespace netmoth::protocols
