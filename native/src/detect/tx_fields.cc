// Fields of transactions. Source: Suricata 8 user guide, the chapter of each protocol.
#include <algorithm>

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

using protocols::TlsCertificate;

template <typename T>
const T& record(const FieldContext& c) {
  return static_cast<const T&>(*c.tx->record);
}

// IANA "DNS OpCodes".
void dns_opcode(const FieldContext& c, FieldValues& out) {
  constexpr std::string_view kNames[] = {"QUERY",  "IQUERY", "STATUS", "",
                                         "NOTIFY", "UPDATE", "DSO"};
  const std::uint8_t opcode = record<protocols::DnsMessage>(c).opcode();
  out.add(std::uint64_t{opcode}, opcode < std::size(kNames) ? kNames[opcode] : std::string_view());
}
void dns_rcode(const FieldContext& c, FieldValues& out) {
  const auto& message = record<protocols::DnsMessage>(c);
  if (message.is_response())
    out.add(std::uint64_t{message.rcode()}, protocols::dns_rcode_name(message.rcode()));
}
void dns_type(const FieldContext& c, FieldValues& out) {
  const auto& message = record<protocols::DnsMessage>(c);
  for (const auto& question : message.questions)
    out.add(std::uint64_t{question.type}, protocols::dns_type_name(question.type));
  for (const auto* section : {&message.answers, &message.authorities, &message.additionals}) {
    for (const auto& each : *section)
      out.add(std::uint64_t{each.type}, protocols::dns_type_name(each.type));
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

template <std::int64_t TlsCertificate::*kTime>
void tls_time(const FieldContext& c, FieldValues& out) {
  const TlsCertificate* const found = certificate(c);
  if (found != nullptr && found->has_validity)
    out.add(static_cast<std::uint64_t>(std::max<std::int64_t>(found->*kTime, 0)));
}
template <bool kExpired>
void tls_expiry(const FieldContext& c, FieldValues& out) {
  constexpr TimestampNs kSecond = 1'000'000'000;
  const TlsCertificate* const found = certificate(c);
  if (found == nullptr || !found->has_validity) return;
  if ((c.now / kSecond > found->not_after) == kExpired) out.add(std::uint64_t{1});
}
void ssl_version(const FieldContext& c, FieldValues& out) {
  const auto& handshake = record<protocols::TlsHandshake>(c);
  const std::uint16_t version =
      c.direction == Direction::kToServer ? handshake.client_version : handshake.version;
  constexpr std::string_view kMinor[] = {"sslv3", "tls1.0", "tls1.1", "tls1.2", "tls1.3"};
  if (version == protocols::tls_version::kSsl2) out.add(std::string_view("sslv2"));
  if (version >> 8 == 3 && (version & 0xff) < std::size(kMinor)) out.add(kMinor[version & 0xff]);
}
void ssl_state(const FieldContext& c, FieldValues& out) {
  const auto& handshake = record<protocols::TlsHandshake>(c);
  const bool client = c.direction == Direction::kToServer;
  if (client && handshake.client_hello) out.add(std::string_view("client_hello"));
  if (!client && handshake.server_hello) out.add(std::string_view("server_hello"));
}

const protocols::Http2Side* http2_side(const FieldContext& c) {
  const auto& t = record<protocols::HttpTransaction>(c);
  return t.http2 == nullptr ? nullptr : &t.http2->sides[index_of(c.direction)];
}
// RFC 9113 §7.
void http2_error(const FieldContext& c, FieldValues& out) {
  constexpr std::string_view kNames[] = {"NO_ERROR",
                                         "PROTOCOL_ERROR",
                                         "INTERNAL_ERROR",
                                         "FLOW_CONTROL_ERROR",
                                         "SETTINGS_TIMEOUT",
                                         "STREAM_CLOSED",
                                         "FRAME_SIZE_ERROR",
                                         "REFUSED_STREAM",
                                         "CANCEL",
                                         "COMPRESSION_ERROR",
                                         "CONNECT_ERROR",
                                         "ENHANCE_YOUR_CALM",
                                         "INADEQUATE_SECURITY",
                                         "HTTP_1_1_REQUIRED"};
  const auto* const side = http2_side(c);
  if (side == nullptr || !side->error) return;
  out.add(std::uint64_t{*side->error},
          *side->error < std::size(kNames) ? kNames[*side->error] : std::string_view());
}
void http2_priority(const FieldContext& c, FieldValues& out) {
  const auto* const side = http2_side(c);
  if (side != nullptr && side->priority) out.add(std::uint64_t{*side->priority});
}
// RFC 9113 §6.
void http2_frame_type(const FieldContext& c, FieldValues& out) {
  constexpr std::string_view kNames[] = {"DATA",          "HEADERS",      "PRIORITY", "RST_STREAM",
                                         "SETTINGS",      "PUSH_PROMISE", "PING",     "GOAWAY",
                                         "WINDOW_UPDATE", "CONTINUATION"};
  const auto* const side = http2_side(c);
  for (std::size_t type = 0; side != nullptr && type < 16; ++type) {
    if ((side->frame_types >> type & 1U) != 0)
      out.add(type, type < std::size(kNames) ? kNames[type] : std::string_view());
  }
}
template <std::vector<std::uint32_t> protocols::Http2Side::*kNumbers>
void http2_numbers(const FieldContext& c, FieldValues& out) {
  const auto* const side = http2_side(c);
  if (side == nullptr) return;
  for (const std::uint32_t number : side->*kNumbers)
    out.add(std::uint64_t{number});
}
template <std::uint16_t kId>
void http2_setting(const FieldContext& c, FieldValues& out) {
  const auto* const side = http2_side(c);
  if (side == nullptr) return;
  for (const auto& setting : side->settings) {
    if (setting.id == kId) out.add(std::uint64_t{setting.value});
  }
}

namespace dhcp_option = protocols::dhcp_option;
constexpr FieldScope kTx = FieldScope::kTransaction;

constexpr FieldRow kRows[] = {
    {"dhcp.leasetime", kTx, kDhcp, dhcp_seconds<dhcp_option::kLeaseTime>},
    {"dhcp.rebinding_time", kTx, kDhcp, dhcp_seconds<dhcp_option::kRebindingTime>},
    {"dhcp.renewal_time", kTx, kDhcp, dhcp_seconds<dhcp_option::kRenewalTime>},
    {"dns.opcode", kTx, kDns, dns_opcode, false, false, Side::kAny, false, true},
    {"dns.rcode", kTx, kDns, dns_rcode, false, false, Side::kAny, false, true},
    {"dns.rrtype", kTx, kDns, dns_type, false, false, Side::kAny, false, true},
    {"http2.errorcode", kTx, kHttp, http2_error, false, false, Side::kAny, false, true},
    {"http2.frametype", kTx, kHttp, http2_frame_type, false, false, Side::kAny, false, true},
    {"http2.priority", kTx, kHttp, http2_priority},
    {"http2.settings.1", kTx, kHttp, http2_setting<1>},
    {"http2.settings.2", kTx, kHttp, http2_setting<2>},
    {"http2.settings.3", kTx, kHttp, http2_setting<3>},
    {"http2.settings.4", kTx, kHttp, http2_setting<4>},
    {"http2.settings.5", kTx, kHttp, http2_setting<5>},
    {"http2.settings.6", kTx, kHttp, http2_setting<6>},
    {"http2.size_update", kTx, kHttp, http2_numbers<&protocols::Http2Side::size_updates>},
    {"http2.window", kTx, kHttp, http2_numbers<&protocols::Http2Side::windows>},
    {"ssl_state", kTx, kTls, ssl_state},
    {"ssl_version", kTx, kTls, ssl_version},
    {"tls.cert_chain_len", kTx, kTls, tls_chain_length, false, false, Side::kToClient},
    {"tls.fingerprint", kTx, kTls, tls_text<&TlsCertificate::fingerprint>, false, false,
     Side::kToClient},
    {"tls.issuerdn", kTx, kTls, tls_text<&TlsCertificate::issuer>, false, true, Side::kToClient},
    {"tls.subject", kTx, kTls, tls_text<&TlsCertificate::subject>, false, true, Side::kToClient},
    {"tls_cert_expired", kTx, kTls, tls_expiry<true>, false, false, Side::kToClient},
    {"tls_cert_notafter", kTx, kTls, tls_time<&TlsCertificate::not_after>, false, false,
     Side::kToClient},
    {"tls_cert_notbefore", kTx, kTls, tls_time<&TlsCertificate::not_before>, false, false,
     Side::kToClient},
    {"tls_cert_valid", kTx, kTls, tls_expiry<false>, false, false, Side::kToClient},
    {"tls.version", kTx, kTls, tls_version, false, false, Side::kToClient},
};

}  // namespace

std::span<const FieldRow> tx_fields() {
  return kRows;
}

}  // namespace netmoth::detect
