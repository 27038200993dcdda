// Writes quic events. See quic_json.h.
#include "output/quic_json.h"

#include <algorithm>
#include <array>

#include "output/tls_json.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::QuicExtension;
using protocols::QuicInitial;

struct ExtensionName {
  std::uint16_t type;
  std::string_view name;
};

// IANA's TLS ExtensionType Values, as far as Suricata's EVE names them; sorted.
constexpr std::array kExtensionNames = std::to_array<ExtensionName>({
    {0, "server_name"},
    {1, "max_fragment_length"},
    {2, "client_certificate_url"},
    {3, "trusted_ca_keys"},
    {4, "truncated_hmac"},
    {5, "status_request"},
    {6, "user_mapping"},
    {7, "client_authz"},
    {8, "server_authz"},
    {9, "cert_type"},
    {10, "supported_groups"},
    {11, "ec_point_formats"},
    {12, "srp"},
    {13, "signature_algorithms"},
    {14, "use_srtp"},
    {15, "heartbeat"},
    {16, "alpn"},
    {17, "status_request_v2"},
    {18, "signed_certificate_timestamp"},
    {19, "client_certificate_type"},
    {20, "server_certificate_type"},
    {21, "padding"},
    {22, "encrypt_then_mac"},
    {23, "extended_master_secret"},
    {24, "token_binding"},
    {25, "cached_info"},
    {26, "tls_lts"},
    {27, "compress_certificate"},
    {28, "record_size_limit"},
    {29, "pwd_protect"},
    {30, "pwd_clear"},
    {31, "password_salt"},
    {32, "ticket_pinning"},
    {33, "tls_cert_with_extern_psk"},
    {34, "delegated_credentials"},
    {35, "session_ticket"},
    {36, "tlmsp"},
    {37, "tlmsp_proxying"},
    {38, "tlmsp_delegate"},
    {39, "supported_ekt_ciphers"},
    {41, "pre_shared_key"},
    {42, "early_data"},
    {43, "supported_versions"},
    {44, "cookie"},
    {45, "psk_key_exchange_modes"},
    {47, "certificate_authorities"},
    {48, "oid_filters"},
    {49, "post_handshake_auth"},
    {50, "signature_algorithms_cert"},
    {51, "key_share"},
    {52, "transparency_info"},
    {53, "connection_id_deprecated"},
    {54, "connection_id"},
    {55, "external_id_hash"},
    {56, "external_session_id"},
    {57, "quic_transport_parameters"},
    {58, "ticket_request"},
    {59, "dnssec_chain"},
    {13172, "next_protocol_negotiation"},
    {65281, "renegotiation_info"},
});
static_assert(std::ranges::is_sorted(kExtensionNames, {}, &ExtensionName::type));

void write_extension(JsonWriter& json, const QuicExtension& extension) {
  json.begin_object();
  const auto at =
      std::ranges::lower_bound(kExtensionNames, extension.type, {}, &ExtensionName::type);
  if (at != kExtensionNames.end() && at->type == extension.type)
    json.member_plain("name", at->name);
  json.member("type", std::uint64_t{extension.type});
  if (!extension.values.empty()) {
    json.key("values");
    json.begin_array();
    for (const std::string& value : extension.values)
      json.text(value);
    json.end_array();
  }
  json.end_object();
}

}  // namespace

void write_quic(JsonWriter& json, const QuicInitial& initial) {
  json.key("quic");
  json.begin_object();
  json.member_plain("version", protocols::quic_version_name(initial.version));
  if (!initial.sni.empty()) json.member("sni", initial.sni);
  if (!initial.user_agent.empty()) json.member("ua", initial.user_agent);
  if (!initial.cyu.empty()) {
    json.key("cyu");
    json.begin_array();
    json.begin_object();
    json.member_plain("hash", initial.cyu_hash);
    json.member("string", initial.cyu);  // its tags are the client's
    json.end_object();
    json.end_array();
  }
  write_ja3(json, initial.from_client ? "ja3" : "ja3s", initial.ja3_hash, initial.ja3);
  if (!initial.ja4.empty()) json.member_plain("ja4", initial.ja4);
  if (!initial.extensions.empty()) {
    json.key("extensions");
    json.begin_array();
    for (const QuicExtension& extension : initial.extensions)
      write_extension(json, extension);
    json.end_array();
  }
  json.end_object();
}

void write_quic_facts(JsonWriter& json, const QuicInitial& initial) {
  write_hello_facts(json, initial.encrypted_hello, initial.early_data);
  if (initial.retried) json.member("retry", true);
}

}  // namespace netmoth::output
