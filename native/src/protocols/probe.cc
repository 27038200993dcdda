// Application protocol by payload: the looks of probe_looks.h in order, most telling first.
//
// Invariant: a port never decides alone; it makes a look more lenient, or chooses between equals.
#include "protocols/dns_probe.h"
#include "protocols/probe_looks.h"

namespace netmoth::protocols {
namespace {

// After that many bytes of a stream without an answer there will be none.
constexpr std::size_t kMaxProbeBytes = 4096;

namespace port {
constexpr std::uint16_t kFtp = 21;
constexpr std::uint16_t kTelnet = 23;
constexpr std::uint16_t kSmtp = 25;
constexpr std::uint16_t kDns = 53;
constexpr std::uint16_t kDhcpServer = 67;
constexpr std::uint16_t kDhcpClient = 68;
constexpr std::uint16_t kPop3 = 110;
constexpr std::uint16_t kNtp = 123;
constexpr std::uint16_t kNetbiosNs = 137;
constexpr std::uint16_t kSnmp = 161;
constexpr std::uint16_t kSnmpTrap = 162;
constexpr std::uint16_t kLdap = 389;
constexpr std::uint16_t kHttps = 443;
constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kDhcpV6Client = 546;
constexpr std::uint16_t kDhcpV6Server = 547;
constexpr std::uint16_t kSubmission = 587;
constexpr std::uint16_t kSsdp = 1900;
constexpr std::uint16_t kGlobalCatalog = 3268;
constexpr std::uint16_t kStun = 3478;
constexpr std::uint16_t kMdns = 5353;
constexpr std::uint16_t kLlmnr = 5355;
}  // namespace port

// Gathers looks; the first certain one wins, unsure ones are remembered.
class Verdicts {
 public:
  explicit Verdicts(const ProbeInput& input) : input_(input) {}

  // True where the question is answered.
  bool ask(AppProto proto, Look look) {
    if (look.certainty == Certainty::kNo) return false;
    if (look.certainty == Certainty::kUnsure) {
      if (result_.certainty == Certainty::kNo) result_ = {proto, Certainty::kUnsure, false};
      return false;
    }
    const bool to_server = input_.direction == Direction::kToServer;
    const bool reversed =
        (look.side == Side::kServer && to_server) || (look.side == Side::kClient && !to_server);
    result_ = {proto, Certainty::kCertain, reversed};
    return true;
  }

  [[nodiscard]] bool has_port(std::uint16_t number) const {
    return input_.client_port == number || input_.server_port == number;
  }

  [[nodiscard]] ProbeResult result() const { return result_; }

 private:
  const ProbeInput& input_;
  ProbeResult result_;
};

Look as_look(DnsLook dns) {
  return {dns.certainty, dns.is_response ? Side::kServer : Side::kClient};
}

ProbeResult probe_stream(const ProbeInput& input) {
  Verdicts v(input);
  const Bytes data = input.data;
  if (data.empty()) return {AppProto::kUnknown, Certainty::kUnsure, false};
  const bool smtp_port = v.has_port(port::kSmtp) || v.has_port(port::kSubmission);
  const bool dns_port = v.has_port(port::kDns);
  const bool ldap_port = v.has_port(port::kLdap) || v.has_port(port::kGlobalCatalog);
  (void)(v.ask(AppProto::kTls, look_tls(data)) || v.ask(AppProto::kHttp2, look_http2(data)) ||
         v.ask(AppProto::kSip, look_sip(data)) || v.ask(AppProto::kHttp, look_http(data)) ||
         v.ask(AppProto::kSsh, look_ssh(data)) ||
         (dns_port && v.ask(AppProto::kDns, as_look(looks_like_dns_stream(data, true)))) ||
         v.ask(AppProto::kSmb, look_smb(data)) ||
         v.ask(AppProto::kSmtp, look_smtp(data, smtp_port)) ||
         v.ask(AppProto::kFtp, look_ftp(data, v.has_port(port::kFtp))) ||
         v.ask(AppProto::kImap, look_imap(data)) ||
         v.ask(AppProto::kPop3, look_pop3(data, v.has_port(port::kPop3))) ||
         v.ask(AppProto::kXmpp, look_xmpp(data)) || v.ask(AppProto::kSocks, look_socks(data)) ||
         v.ask(AppProto::kRdp, look_rdp(data)) || v.ask(AppProto::kMqtt, look_mqtt(data)) ||
         v.ask(AppProto::kKrb5, look_krb5_stream(data)) ||
         v.ask(AppProto::kBittorrent, look_bittorrent(data)) ||
         v.ask(AppProto::kTelnet, look_telnet(data, v.has_port(port::kTelnet))) ||
         v.ask(AppProto::kLdap, look_ldap(data, ldap_port)) ||
         (!dns_port && v.ask(AppProto::kDns, as_look(looks_like_dns_stream(data, false)))));
  ProbeResult result = v.result();
  if (result.certainty == Certainty::kUnsure && data.size() >= kMaxProbeBytes) return {};
  return result;
}

ProbeResult probe_datagram(const ProbeInput& input) {
  Verdicts v(input);
  const Bytes data = input.data;
  // From port 5353 to port 53: an ordinary question with an odd source port.
  if (v.has_port(port::kMdns) && !v.has_port(port::kDns) &&
      looks_like_dns(data, true).certainty == Certainty::kCertain) {
    // Queries and announcements both go to the group: neither direction is the wrong one.
    return {AppProto::kMdns, Certainty::kCertain, false};
  }
  if (v.has_port(port::kLlmnr) && v.ask(AppProto::kLlmnr, as_look(looks_like_dns(data, true)))) {
    return v.result();
  }
  const bool dhcp_port = v.has_port(port::kDhcpServer) || v.has_port(port::kDhcpClient);
  const bool dhcpv6_port = v.has_port(port::kDhcpV6Client) || v.has_port(port::kDhcpV6Server);
  const bool snmp_port = v.has_port(port::kSnmp) || v.has_port(port::kSnmpTrap);
  const bool quic_port = v.has_port(port::kHttps) || v.has_port(port::kHttp);
  (void)((v.has_port(port::kDns) && v.ask(AppProto::kDns, as_look(looks_like_dns(data, true)))) ||
         (v.has_port(port::kNetbiosNs) && v.ask(AppProto::kNetbiosNs, look_netbios_ns(data))) ||
         v.ask(AppProto::kQuic, look_quic(data, quic_port)) ||
         v.ask(AppProto::kStun, look_stun(data, v.has_port(port::kStun))) ||
         v.ask(AppProto::kDtls, look_dtls(data)) ||
         (dhcp_port && v.ask(AppProto::kDhcp, look_dhcp(data))) ||
         (dhcpv6_port && v.ask(AppProto::kDhcpV6, look_dhcpv6(data))) ||
         (v.has_port(port::kNtp) && v.ask(AppProto::kNtp, look_ntp(data))) ||
         (!v.has_port(port::kDns) && v.ask(AppProto::kSnmp, look_snmp(data, snmp_port))) ||
         v.ask(AppProto::kSip, look_sip(data)) ||
         (v.has_port(port::kSsdp) && v.ask(AppProto::kSsdp, look_ssdp(data))) ||
         v.ask(AppProto::kBittorrentDht, look_bittorrent_dht(data)) ||
         v.ask(AppProto::kWireguard, look_wireguard(data)) ||
         v.ask(AppProto::kRtp, look_rtcp(data)) || v.ask(AppProto::kKrb5, look_krb5(data)) ||
         (v.has_port(port::kLdap) && v.ask(AppProto::kLdap, look_ldap(data, true))) ||
         (!v.has_port(port::kDns) && v.ask(AppProto::kDns, as_look(looks_like_dns(data, false)))));
  ProbeResult result = v.result();
  return result.certainty == Certainty::kCertain ? result : ProbeResult{};
}

}  // namespace

ProbeResult probe(const ProbeInput& input) {
  return input.transport == Transport::kUdp ? probe_datagram(input) : probe_stream(input);
}

}  // namespace netmoth::protocols
