// Fields of transactions. Source: Suricata 8 user guide, the chapter of each protocol.
#include "base/reader.h"
#include "detect/fields.h"
#include "protocols/dhcp_message.h"
#include "protocols/dns_message.h"
#include "protocols/http2_stream.h"
#include "protocols/http_transaction.h"
#include "protocols/tls_handshake.h"

namespace netmoth::detect {
namespace {

using protocols::RecordKind;

constexpr std::uint32_t kDns = kind_bit(RecordKind::kDns) | kind_bit(RecordKind::kMdns);
constexpr std::uint32_t kTls = kind_bit(RecordKind::kTls);
constexpr std::uint32_t kDhcp = kind_bit(RecordKind::kDhcp);
constexpr std::uint32_t kHttp = kind_bit(RecordKind::kHttp);

template <typename T>
const T& record(const FieldContext& c) {
  return static_cast<const T&>(*c.tx->record);
}

void dns_opcode(const FieldContext& c, FieldValues& out) {
  out.add(std::uint64_t{record<protocols::DnsMessage>(c).opcode()});
}
void dns_rcode(const FieldContext& c, FieldValues& out) {
  const auto& message = record<protocols::DnsMessage>(c);
  if (message.is_response()) out.add(std::uint64_t{message.rcode()});
}
void dns_type(const FieldContext& c, FieldValues& out) {
  const auto& message = record<protocols::DnsMessage>(c);
  for (const auto& question : message.questions)
    out.add(std::uint64_t{question.type});
  for (const auto* section : {&message.answers, &message.authorities, &message.additionals}) {
    for (const auto& each : *section)
      out.add(std::uint64_t{each.type});
  }
}

template <std::uint8_t kOption>
void dhcp_seconds(const FieldContext& c, FieldValues& out) {
  const protocols::DhcpOption* option = record<protocols::DhcpMessage>(c).find(kOption);
  if (option == nullptr || option->data.size() < 4) return;
  base::Reader reader(option->data);
  out.add(std::uint64_t{reader.u32()});
}

const protocols::TlsCertificate* certificate(const FieldContext& c) {
  const auto& handshake = record<protocols::TlsHandshake>(c);
  return handshake.server.certificate ? &*handshake.server.certificate : nullptr;
}
template <std::string protocols::TlsCertificate::*kText>
void tls_text(const FieldContext& c, FieldValues& out) {
  const protocols::TlsCertificate* const found = certificate(c);
  if (found != nullptr && !(found->*kText).empty()) out.add(std::string_view(found->*kText));
}
// As rules write versions: "1.2".
void tls_version(const FieldContext& c, FieldValues& out) {
  constexpr std::string_view kMinor[] = {"sslv3", "1.0", "1.1", "1.2", "1.3"};
  const std::uint16_t version = record<protocols::TlsHandshake>(c).version;
  if (version >> 8 == 3 && (version & 0xff) < std::size(kMinor)) out.add(kMinor[version & 0xff]);
}
void tls_chain_length(const FieldContext& c, FieldValues& out) {
  std::uint64_t count = 0;
  const auto& handshake = record<protocols::TlsHandshake>(c);
  protocols::for_each_certificate(handshake.server.chain, [&](Bytes) { ++count; });
  if (count > 0) out.add(count);
}

void http2_error(const FieldContext& c, FieldValues& out) {
  const auto& t = record<protocols::HttpTransaction>(c);
  if (t.http2 == nullptr) return;
  for (const auto& side : t.http2->sides) {
    if (side.error) out.add(std::uint64_t{*side.error});
  }
}
void http2_priority(const FieldContext& c, FieldValues& out) {
  const auto& t = record<protocols::HttpTransaction>(c);
  if (t.http2 == nullptr) return;
  for (const auto& side : t.http2->sides) {
    if (side.priority) out.add(std::uint64_t{*side.priority});
  }
}

using protocols::TlsCertificate;
namespace dhcp_option = protocols::dhcp_option;
constexpr FieldScope kTx = FieldScope::kTransaction;

constexpr FieldRow kRows[] = {
    {"dhcp.leasetime", kTx, kDhcp, dhcp_seconds<dhcp_option::kLeaseTime>},
    {"dhcp.rebinding_time", kTx, kDhcp, dhcp_seconds<dhcp_option::kRebindingTime>},
    {"dhcp.renewal_time", kTx, kDhcp, dhcp_seconds<dhcp_option::kRenewalTime>},
    {"dns.opcode", kTx, kDns, dns_opcode},
    {"dns.rcode", kTx, kDns, dns_rcode},
    {"dns.rrtype", kTx, kDns, dns_type},
    {"http2.errorcode", kTx, kHttp, http2_error},
    {"http2.priority", kTx, kHttp, http2_priority},
    {"tls.cert_chain_len", kTx, kTls, tls_chain_length, false, false, Side::kToClient},
    {"tls.fingerprint", kTx, kTls, tls_text<&TlsCertificate::fingerprint>, false, false,
     Side::kToClient},
    {"tls.issuerdn", kTx, kTls, tls_text<&TlsCertificate::issuer>, false, true, Side::kToClient},
    {"tls.subject", kTx, kTls, tls_text<&TlsCertificate::subject>, false, true, Side::kToClient},
    {"tls.version", kTx, kTls, tls_version, false, false, Side::kToClient},
};

}  // namespace

std::span<const FieldRow> tx_fields() {
  return kRows;
}

}  // namespace netmoth::detect
