// Which parser reads which protocol.
#include "protocols/dhcp_parser.h"
#include "protocols/dhcpv6_parser.h"
#include "protocols/dns_parser.h"
#include "protocols/dtls_parser.h"
#include "protocols/ftp_parser.h"
#include "protocols/http2_parser.h"
#include "protocols/http_parser.h"
#include "protocols/krb5_parser.h"
#include "protocols/mqtt_parser.h"
#include "protocols/ntp_parser.h"
#include "protocols/quic_parser.h"
#include "protocols/sip_parser.h"
#include "protocols/smtp_parser.h"
#include "protocols/snmp_parser.h"
#include "protocols/socks_parser.h"
#include "protocols/ssh_parser.h"
#include "protocols/switch_parser.h"
#include "protocols/tls_parser.h"

namespace netmoth::protocols {

ExpectedParser TransactionSink::take_expected() {
  return {};
}

std::unique_ptr<Parser> make_parser(AppProto proto, Transport transport) {
  switch (proto) {
    case AppProto::kDns:
      return std::make_unique<DnsParser>(proto, transport);
    case AppProto::kMdns:
    case AppProto::kLlmnr:
      return transport == Transport::kUdp ? std::make_unique<DnsParser>(proto, transport) : nullptr;
    case AppProto::kTls:
      return transport == Transport::kUdp ? nullptr : std::make_unique<TlsParser>();
    case AppProto::kDtls:
      return transport == Transport::kUdp ? std::make_unique<DtlsParser>() : nullptr;
    case AppProto::kHttp:
      return transport == Transport::kUdp ? nullptr : std::make_unique<HttpParser>();
    case AppProto::kHttp2:
      return transport == Transport::kUdp ? nullptr : std::make_unique<Http2Parser>();
    case AppProto::kQuic:
      return transport == Transport::kUdp ? std::make_unique<QuicParser>() : nullptr;
    case AppProto::kDhcp:
      return transport == Transport::kUdp ? std::make_unique<DhcpParser>() : nullptr;
    case AppProto::kDhcpV6:
      return transport == Transport::kUdp ? std::make_unique<Dhcpv6Parser>() : nullptr;
    case AppProto::kKrb5:
      return std::make_unique<Krb5Parser>(transport);
    case AppProto::kSip:
      return std::make_unique<SipParser>(transport);
    case AppProto::kSnmp:
      return transport == Transport::kUdp ? std::make_unique<SnmpParser>() : nullptr;
    case AppProto::kNtp:
      return transport == Transport::kUdp ? std::make_unique<NtpParser>() : nullptr;
    case AppProto::kMqtt:
      return transport == Transport::kUdp ? nullptr : std::make_unique<MqttParser>();
    case AppProto::kSsh:
      return transport == Transport::kUdp ? nullptr : std::make_unique<SshParser>();
    case AppProto::kFtp:
      return transport == Transport::kUdp ? nullptr : std::make_unique<FtpParser>();
    case AppProto::kSmtp:
      return transport == Transport::kUdp ? nullptr : std::make_unique<SmtpParser>();
    case AppProto::kImap:
    case AppProto::kPop3:
    case AppProto::kXmpp:
    case AppProto::kLdap:
      return transport == Transport::kUdp ? nullptr : std::make_unique<SwitchParser>(proto);
    case AppProto::kSocks:
      return transport == Transport::kUdp ? nullptr : std::make_unique<SocksParser>();
    default:
      return nullptr;
  }
}

}  // namespace netmoth::protocols
