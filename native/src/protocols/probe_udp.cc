// Looks at datagrams. See probe_looks.h. A datagram is whole, so nothing here is unsure.
#include <algorithm>

#include "base/reader.h"
#include "protocols/dhcp_message.h"
#include "protocols/dns_message.h"
#include "protocols/probe_looks.h"
#include "protocols/quic_packet.h"

namespace netmoth::protocols {
namespace {

constexpr Look certain(Side side = Side::kEither) {
  return {Certainty::kCertain, side};
}

}  // namespace

Look look_quic(Bytes datagram, bool port_says_so) {
  switch (classify_quic(datagram)) {
    case QuicKind::kNone:
      return kNoLook;
    case QuicKind::kLongKnownVersion:
    case QuicKind::kGquicKnownVersion:
      return certain();
    case QuicKind::kLongOtherVersion:
      return port_says_so ? certain() : kNoLook;
    case QuicKind::kVersionNegotiation:
      return certain(Side::kServer);
  }
  return kNoLook;
}

Look look_dhcp(Bytes datagram) {
  DhcpMessage message;
  if (!parse_dhcp(datagram, message)) return kNoLook;
  return certain(message.opcode == 1 ? Side::kClient : Side::kServer);
}

// RFC 8415 §8: a type, a transaction id and options that fill the rest.
Look look_dhcpv6(Bytes datagram) {
  constexpr std::uint8_t kRelayForward = 12;
  constexpr std::uint8_t kRelayReply = 13;
  base::Reader reader(datagram);
  const std::uint8_t type = reader.u8();
  if (type == 0 || type > kRelayReply) return kNoLook;
  reader.skip(type >= kRelayForward ? 33 : 3);
  int options = 0;
  while (reader.ok() && !reader.at_end()) {
    reader.skip(2);
    reader.skip(reader.u16());
    ++options;
  }
  return reader.ok() && options > 0 ? certain() : kNoLook;
}

Look look_ntp(Bytes datagram) {
  if (datagram.size() < 12) return kNoLook;
  const unsigned version = datagram[0] >> 3 & 7;
  const unsigned mode = datagram[0] & 7;
  if (version < 1 || version > 4 || mode == 0) return kNoLook;
  if (mode <= 5) {
    if (datagram.size() < 48 || datagram[1] > 16) return kNoLook;
    if (mode == 3) return certain(Side::kClient);
    return certain(mode == 4 ? Side::kServer : Side::kEither);
  }
  return certain();
}

// A SEQUENCE that fills the datagram, an INTEGER version, then community or header (RFC 1157,
// 3412).
Look look_snmp(Bytes datagram) {
  base::Reader reader(datagram);
  const auto header = [&](std::uint8_t tag, std::size_t& length) {
    if (reader.u8() != tag) return false;
    length = reader.u8();
    if (length == 0x81) {
      length = reader.u8();
    } else if (length == 0x82) {
      length = reader.u16();
    } else if (length >= 0x80) {
      return false;
    }
    return reader.ok() && length <= reader.remaining();
  };
  std::size_t length = 0;
  if (!header(0x30, length) || length != reader.remaining()) return kNoLook;
  if (!header(0x02, length) || length != 1) return kNoLook;
  const std::uint8_t version = reader.u8();
  if (version == 3) return header(0x30, length) ? certain() : kNoLook;
  if (version > 1 || !header(0x04, length)) return kNoLook;
  reader.skip(length);
  const std::uint8_t pdu = reader.u8();
  if (!reader.ok() || pdu < 0xa0 || pdu > 0xa8) return kNoLook;
  return certain(pdu == 0xa2 ? Side::kServer : Side::kClient);
}

// RFC 8489 §5.
Look look_stun(Bytes datagram) {
  constexpr std::uint32_t kMagicCookie = 0x2112a442;
  base::Reader reader(datagram);
  const std::uint16_t type = reader.u16();
  const std::size_t length = reader.u16();
  const std::uint32_t cookie = reader.u32();
  reader.skip(12);
  if (!reader.ok() || (type & 0xc000) != 0 || cookie != kMagicCookie) return kNoLook;
  if (length % 4 != 0 || length != reader.remaining()) return kNoLook;
  return certain();
}

// RFC 6347 §4.1: records of thirteen octets' header.
Look look_dtls(Bytes datagram) {
  base::Reader reader(datagram);
  const std::uint8_t type = reader.u8();
  const std::uint16_t version = reader.u16();
  reader.skip(8);
  const std::size_t length = reader.u16();
  const bool known = version == 0xfeff || version == 0xfefd || version == 0x0100;
  if (!reader.ok() || type < 20 || type > 25 || !known || length > reader.remaining())
    return kNoLook;
  if (type != 22) return certain();
  const std::uint8_t message = reader.u8();
  return certain(message == 1 ? Side::kClient : Side::kServer);
}

// https://www.wireguard.com/protocol/: a type, three zeros, fixed lengths.
Look look_wireguard(Bytes datagram) {
  if (datagram.size() < 32 || datagram[1] != 0 || datagram[2] != 0 || datagram[3] != 0) {
    return kNoLook;
  }
  if (datagram[0] == 1 && datagram.size() == 148) return certain(Side::kClient);
  if (datagram[0] == 2 && datagram.size() == 92) return certain(Side::kServer);
  return kNoLook;
}

// BEP 5: a bencoded dictionary with y = q, r or e.
Look look_bittorrent_dht(Bytes datagram) {
  const std::string_view text = as_text(datagram);
  if (text.size() < 12 || text.front() != 'd' || text.back() != 'e') return kNoLook;
  const bool start = text.substr(0, 5) == "d1:ad" || text.substr(0, 5) == "d1:rd" ||
                     text.substr(0, 5) == "d1:el" || text.substr(0, 5) == "d2:ip";
  if (!start) return kNoLook;
  if (text.find("1:y1:q") != std::string_view::npos) return certain(Side::kClient);
  const bool reply = text.find("1:y1:r") != std::string_view::npos ||
                     text.find("1:y1:e") != std::string_view::npos;
  return reply ? certain(Side::kServer) : kNoLook;
}

// RFC 1002 §4.2: DNS's frame around an encoded NetBIOS name.
Look look_netbios_ns(Bytes datagram) {
  if (datagram.size() < kDnsHeaderLength + 38) return kNoLook;
  base::Reader reader(datagram);
  reader.skip(2);
  const std::uint16_t flags = reader.u16();
  reader.skip(8);
  if (reader.u8() != 32) return kNoLook;
  const Bytes name = reader.bytes(32);
  for (const std::uint8_t c : name) {
    if (c < 'A' || c > 'P') return kNoLook;
  }
  return certain((flags & 0x8000) != 0 ? Side::kServer : Side::kClient);
}

}  // namespace netmoth::protocols
