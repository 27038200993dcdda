// Looks at datagrams. See probe_looks.h. A datagram is whole, so nothing here is unsure.
#include <algorithm>

#include "base/reader.h"
#include "protocols/dhcp_message.h"
#include "protocols/dhcpv6_message.h"
#include "protocols/dns_message.h"
#include "protocols/ntp_message.h"
#include "protocols/probe_looks.h"
#include "protocols/quic_packet.h"
#include "protocols/snmp_message.h"

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

// A known type, and options that fill the rest at every level.
Look look_dhcpv6(Bytes datagram) {
  Dhcpv6Message message;
  if (!parse_dhcpv6(datagram, message) || message.options_cut) return kNoLook;
  if (message.relay_count == 0 && message.options.empty()) return kNoLook;
  return certain(dhcpv6_from_server(datagram[0]) ? Side::kServer : Side::kClient);
}

Look look_ntp(Bytes datagram) {
  if (datagram.size() < kNtpPrivateHeaderLength) return kNoLook;
  const unsigned version = datagram[0] >> 3 & 7;
  const unsigned mode = datagram[0] & 7;
  if (version < 1 || version > 4 || mode == 0) return kNoLook;
  // A scanner's monlist request may be this short: then ntpd's implementation numbers count too.
  if (datagram.size() < kNtpControlHeaderLength) {
    const bool known = datagram[2] == 0 || datagram[2] == 2 || datagram[2] == 3;
    return mode == ntp_mode::kPrivate && known ? certain() : kNoLook;
  }
  if (mode <= 5) {
    if (datagram.size() < kNtpHeaderLength || datagram[1] > 16) return kNoLook;
    if (mode == ntp_mode::kClient) return certain(Side::kClient);
    return certain(mode == ntp_mode::kServer ? Side::kServer : Side::kEither);
  }
  return certain();
}

// Away from its ports the whole message must be sound.
Look look_snmp(Bytes datagram, bool port_says_so) {
  SnmpMessage message;
  if (!parse_snmp(datagram, message) || (!message.sound && !port_says_so)) return kNoLook;
  return certain(message.is_reply() ? Side::kServer : Side::kClient);
}

// RFC 8489 §5; without the cookie (RFC 3489) on its own port only, and with sound attributes.
Look look_stun(Bytes datagram, bool port_says_so) {
  constexpr std::uint32_t kMagicCookie = 0x2112a442;
  base::Reader reader(datagram);
  const std::uint16_t type = reader.u16();
  const std::size_t length = reader.u16();
  const std::uint32_t cookie = reader.u32();
  reader.skip(12);
  if (!reader.ok() || (type & 0xc000) != 0) return kNoLook;
  if (length % 4 != 0 || length != reader.remaining()) return kNoLook;
  if (cookie == kMagicCookie) return certain();
  const unsigned method = type & 0x3eef;
  if (!port_says_so || (method != 1 && method != 2)) return kNoLook;
  while (reader.ok() && !reader.at_end()) {
    const std::uint16_t attribute = reader.u16();
    if (attribute > 0x20 && attribute < 0x8000) return kNoLook;
    reader.skip(reader.u16());
  }
  return reader.ok() ? certain() : kNoLook;
}

// RTCP, whose packets follow each other to the end, a report first (RFC 3550 §6.1). RTP itself
// shows in several datagrams only: datagram_tracker.h.
Look look_rtcp(Bytes datagram) {
  constexpr std::uint8_t kSenderReport = 200;
  constexpr std::uint8_t kReceiverReport = 201;
  base::Reader reader(datagram);
  for (bool first = true; !reader.at_end(); first = false) {
    const std::uint8_t flags = reader.u8();
    const std::uint8_t type = reader.u8();
    const std::size_t words = reader.u16();
    if (flags >> 6 != 2 || type < kSenderReport || type > 207) return kNoLook;
    if (first) {
      const std::size_t blocks = flags & 0x1f;
      if (type != kSenderReport && type != kReceiverReport) return kNoLook;
      if (words < (type == kSenderReport ? 6 : 1) + 6 * blocks) return kNoLook;
    }
    reader.skip(4 * words);
    if (!reader.ok()) return kNoLook;
  }
  return datagram.size() >= 8 ? certain() : kNoLook;
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
  switch (reader.u8()) {
    case 1:  // ClientHello
      return certain(Side::kClient);
    case 2:   // ServerHello
    case 3:   // HelloVerifyRequest
    case 12:  // ServerKeyExchange
    case 14:  // ServerHelloDone
      return certain(Side::kServer);
    default:
      return certain();
  }
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
