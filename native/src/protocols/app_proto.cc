// EVE's names of application protocols (app_proto).
#include "protocols/parser.h"

namespace netmoth::protocols {

std::string_view app_proto_name(AppProto proto) {
  switch (proto) {
    case AppProto::kUnknown:
      return "unknown";
    case AppProto::kFailed:
      return "failed";
    case AppProto::kDns:
      return "dns";
    case AppProto::kMdns:
      return "mdns";
    case AppProto::kTls:
      return "tls";
    case AppProto::kHttp:
      return "http";
    case AppProto::kHttp2:
      return "http2";
    case AppProto::kQuic:
      return "quic";
    case AppProto::kDhcp:
      return "dhcp";
    case AppProto::kSsh:
      return "ssh";
    case AppProto::kSmtp:
      return "smtp";
    case AppProto::kFtp:
      return "ftp";
    case AppProto::kImap:
      return "imap";
    case AppProto::kPop3:
      return "pop3";
    case AppProto::kNtp:
      return "ntp";
    case AppProto::kSnmp:
      return "snmp";
    case AppProto::kSmb:
      return "smb";
    case AppProto::kRdp:
      return "rdp";
    case AppProto::kSip:
      return "sip";
    case AppProto::kMqtt:
      return "mqtt";
    case AppProto::kKrb5:
      return "krb5";
    case AppProto::kTelnet:
      return "telnet";
    case AppProto::kLdap:
      return "ldap";
    case AppProto::kBittorrentDht:
      return "bittorrent-dht";
    case AppProto::kDhcpV6:
      return "dhcpv6";
    case AppProto::kStun:
      return "stun";
    case AppProto::kDtls:
      return "dtls";
    case AppProto::kRtp:
      return "rtp";
    case AppProto::kWireguard:
      return "wireguard";
    case AppProto::kLlmnr:
      return "llmnr";
    case AppProto::kNetbiosNs:
      return "netbios-ns";
    case AppProto::kSsdp:
      return "ssdp";
    case AppProto::kXmpp:
      return "xmpp";
    case AppProto::kSocks:
      return "socks";
    case AppProto::kFtpData:
      return "ftp-data";
    case AppProto::kBittorrent:
      return "bittorrent";
    case AppProto::kWebsocket:
      return "websocket";
  }
  return "unknown";
}

}  // namespace netmoth::protocols
