// The single questions detection asks: "does this look like X, and which side would say it?"
//
// Invariant: a look costs O(bytes looked at) with small constants, keeps nothing, and says kCertain
// only where a second protocol with the same start is not in use. kUnsure means that every byte so
// far fits.
#pragma once

#include "protocols/parser.h"

namespace netmoth::protocols {

enum class Side : std::uint8_t { kEither, kClient, kServer };

struct Look {
  Certainty certainty = Certainty::kNo;
  Side side = Side::kEither;
};

inline constexpr Look kNoLook{};

// Text protocols (probe_text.cc), over TCP.
Look look_http(Bytes data);
Look look_http2(Bytes data);
Look look_ssh(Bytes data);
Look look_smtp(Bytes data, bool port_says_so);
Look look_ftp(Bytes data, bool port_says_so);
Look look_imap(Bytes data);
Look look_pop3(Bytes data, bool port_says_so);
Look look_xmpp(Bytes data);
Look look_sip(Bytes data);  // also over UDP
Look look_ssdp(Bytes datagram);

// Binary protocols over TCP (probe_tcp.cc).
Look look_tls(Bytes data);
Look look_smb(Bytes data);
Look look_rdp(Bytes data);
Look look_mqtt(Bytes data);
Look look_socks(Bytes data);
Look look_krb5_stream(Bytes data);
Look look_bittorrent(Bytes data);
Look look_telnet(Bytes data, bool port_says_so);
Look look_ldap(Bytes data, bool port_says_so);  // also over UDP

// Datagrams (probe_udp.cc).
Look look_quic(Bytes datagram, bool port_says_so);
Look look_dhcp(Bytes datagram);
Look look_dhcpv6(Bytes datagram);
Look look_ntp(Bytes datagram);
Look look_snmp(Bytes datagram, bool port_says_so);
Look look_rtcp(Bytes datagram);
Look look_stun(Bytes datagram, bool port_says_so);
Look look_dtls(Bytes datagram);
Look look_wireguard(Bytes datagram);
Look look_bittorrent_dht(Bytes datagram);
Look look_krb5(Bytes datagram);
Look look_netbios_ns(Bytes datagram);

}  // namespace netmoth::protocols
