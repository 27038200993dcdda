// Writes tls events. See tls_json.h.
#include "output/tls_json.h"

#include <array>
#include <cstdio>

#include "base/base64.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/text.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::CertificateFindings;
using protocols::EncryptedHello;
using protocols::TlsCertificate;
using protocols::TlsHandshake;
using protocols::TlsPeer;

// `2026-11-20T14:32:15`
void write_time(JsonWriter& json, std::string_view name, std::int64_t seconds) {
  const base::CivilTime t = base::civil_time(seconds);
  char text[40];
  const int length = std::snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u", t.year,
                                   t.month, t.day, t.hour, t.minute, t.second);
  json.member_plain(name, {text, static_cast<std::size_t>(length)});
}

template <typename Values, typename TextOf>
void write_texts(JsonWriter& json, std::string_view name, const Values& values, TextOf text_of) {
  if (values.empty()) return;
  json.key(name);
  json.begin_array();
  for (const auto& value : values)
    json.text(text_of(value));
  json.end_array();
}

void write_names(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  write_texts(json, name, values, [](const std::string& value) { return std::string_view(value); });
}

void write_issued(JsonWriter& json, const TlsCertificate& certificate, const TlsFields& fields) {
  if (!certificate.read) return;  // nothing but the fingerprint could be read
  if (fields.has(TlsFields::kSubject)) json.member("subject", certificate.subject);
  if (fields.has(TlsFields::kIssuer)) json.member("issuerdn", certificate.issuer);
  if (fields.has(TlsFields::kSerial)) json.member_plain("serial", certificate.serial);
}

void write_validity(JsonWriter& json, const TlsCertificate& certificate, const TlsFields& fields) {
  if (!certificate.has_validity) return;
  if (fields.has(TlsFields::kNotBefore)) write_time(json, "notbefore", certificate.not_before);
  if (fields.has(TlsFields::kNotAfter)) write_time(json, "notafter", certificate.not_after);
}

std::string base64(Bytes der) {
  std::string text;
  base::append_base64(text, der);
  return text;
}

void write_der(JsonWriter& json, const TlsPeer& peer, bool certificate, bool chain) {
  if (peer.chain.empty() || (!certificate && !chain)) return;
  std::vector<Bytes> all;
  protocols::for_each_certificate(peer.chain, [&](Bytes der) { all.push_back(der); });
  if (certificate && !all.empty()) json.member_plain("certificate", base64(all.front()));
  if (!chain) return;
  json.key("chain");
  json.begin_array();
  for (const Bytes der : all)
    json.plain(base64(der));
  json.end_array();
}

void write_client(JsonWriter& json, const TlsPeer& client, const TlsFields& fields) {
  if (!client.certificate || !fields.has(TlsFields::kClient)) return;
  json.key("client");
  json.begin_object();
  write_issued(json, *client.certificate, TlsFields::extended());
  json.member_plain("fingerprint", client.certificate->fingerprint);
  write_validity(json, *client.certificate, TlsFields::extended());
  write_der(json, client, fields.has(TlsFields::kClientCertificate),
            fields.has(TlsFields::kClientChain));
  json.end_object();
}

void write_findings(JsonWriter& json, std::string_view name, const CertificateFindings& findings) {
  if (!findings.any()) return;
  json.key(name);
  json.begin_array();
  if (findings.expired) json.plain("expired");
  if (findings.not_yet_valid) json.plain("not_yet_valid");
  if (findings.self_signed) json.plain("self_signed");
  if (findings.name_mismatch) json.plain("name_mismatch");
  json.end_array();
}

// Of the leaf.
void write_sha256(JsonWriter& json, std::string_view name, const TlsPeer& peer) {
  if (!peer.certificate) return;
  bool first = true;
  protocols::for_each_certificate(peer.chain, [&](Bytes der) {
    if (!first) return;
    first = false;
    json.key(name);
    json.hex(base::sha256(der));
  });
}

}  // namespace

bool TlsFields::add(std::string_view name) {
  constexpr std::array<std::string_view, kCount> kNames{
      "subject",
      "issuer",
      "session_resumed",
      "serial",
      "fingerprint",
      "sni",
      "version",
      "not_before",
      "not_after",
      "certificate",
      "chain",
      "subjectaltname",
      "client",
      "client_certificate",
      "client_chain",
      "client_alpns",
      "server_alpns",
      "ja3",
      "ja3s",
      "ja4",
  };
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] != name) continue;
    bits_ |= 1U << i;
    return true;
  }
  return false;
}

void write_ja3(JsonWriter& json, std::string_view name, std::string_view hash,
               std::string_view text) {
  if (hash.empty()) return;
  json.key(name);
  json.begin_object();
  json.member_plain("hash", hash);
  json.member_plain("string", text);
  json.end_object();
}

void write_tls_fields(JsonWriter& json, const TlsHandshake& handshake, const TlsFields& fields) {
  const auto has = [&](TlsFields::Field field) { return fields.has(field); };
  const auto& certificate = handshake.server.certificate;
  json.key("tls");
  json.begin_object();
  if (certificate) write_issued(json, *certificate, fields);
  if (handshake.session_resumed && has(TlsFields::kSessionResumed))
    json.member("session_resumed", true);
  if (certificate && has(TlsFields::kFingerprint))
    json.member_plain("fingerprint", certificate->fingerprint);
  if (!handshake.sni.empty() && has(TlsFields::kSni)) json.member("sni", handshake.sni);
  if (has(TlsFields::kVersion))
    json.member_plain("version", protocols::tls_version_name(handshake.version));
  if (certificate) {
    write_validity(json, *certificate, fields);
    write_der(json, handshake.server, has(TlsFields::kCertificate), has(TlsFields::kChain));
    if (has(TlsFields::kSubjectAltName))
      write_texts(json, "subjectaltname", certificate->alternative_names,
                  [](const auto& name) { return std::string_view(name.text); });
  }
  write_client(json, handshake.client, fields);
  if (has(TlsFields::kClientAlpns)) write_names(json, "client_alpns", handshake.client_alpns);
  if (has(TlsFields::kServerAlpns)) write_names(json, "server_alpns", handshake.server_alpns);
  if (has(TlsFields::kJa3)) write_ja3(json, "ja3", handshake.ja3_hash, handshake.ja3);
  if (has(TlsFields::kJa3s)) write_ja3(json, "ja3s", handshake.ja3s_hash, handshake.ja3s);
  if (!handshake.ja4.empty() && has(TlsFields::kJa4)) json.member_plain("ja4", handshake.ja4);
  json.end_object();
}

void write_tls(JsonWriter& json, const TlsHandshake& handshake) {
  write_tls_fields(json, handshake, TlsFields::extended());
}

void write_tls_facts(JsonWriter& json, const TlsHandshake& handshake, bool sha256) {
  write_findings(json, "certificate", handshake.server.findings);
  if (sha256) write_sha256(json, "certificate_sha256", handshake.server);
  write_findings(json, "client_certificate", handshake.client.findings);
  if (sha256) write_sha256(json, "client_certificate_sha256", handshake.client);
  write_hello_facts(json, handshake.encrypted_hello, handshake.early_data);
  if (handshake.retried) json.member("retry", true);
}

void write_hello_facts(JsonWriter& json, EncryptedHello encrypted_hello, bool early_data) {
  constexpr std::array<std::string_view, 4> kEncryptedHellos{"", "outer", "inner", "esni"};
  if (encrypted_hello != EncryptedHello::kNone)
    json.member_plain("encrypted_client_hello",
                      kEncryptedHellos[static_cast<std::size_t>(encrypted_hello)]);
  if (early_data) json.member("early_data", true);
}

}  // namespace netmoth::output
