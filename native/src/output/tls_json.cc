// Writes tls events. See tls_json.h.
#include "output/tls_json.h"

#include <cstdio>

#include "base/text.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::TlsCertificate;
using protocols::TlsHandshake;

// `2026-11-20T14:32:15`
void write_time(JsonWriter& json, std::string_view name, std::int64_t seconds) {
  const base::CivilTime t = base::civil_time(seconds);
  char text[40];
  const int length = std::snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u", t.year,
                                   t.month, t.day, t.hour, t.minute, t.second);
  json.member_plain(name, {text, static_cast<std::size_t>(length)});
}

void write_names(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.key(name);
  json.begin_array();
  for (const std::string& value : values)
    json.text(value);
  json.end_array();
}

void write_issued(JsonWriter& json, const TlsCertificate& certificate) {
  if (certificate.serial.empty()) return;  // nothing but the fingerprint could be read
  json.member("subject", certificate.subject);
  json.member("issuerdn", certificate.issuer);
  json.member_plain("serial", certificate.serial);
}

void write_validity(JsonWriter& json, const TlsCertificate& certificate) {
  if (certificate.serial.empty()) return;
  write_time(json, "notbefore", certificate.not_before);
  write_time(json, "notafter", certificate.not_after);
}

}  // namespace

void write_ja3(JsonWriter& json, std::string_view name, std::string_view hash,
               std::string_view text) {
  if (hash.empty()) return;
  json.key(name);
  json.begin_object();
  json.member_plain("hash", hash);
  json.member_plain("string", text);
  json.end_object();
}

void write_tls(JsonWriter& json, const TlsHandshake& handshake) {
  json.key("tls");
  json.begin_object();
  if (handshake.server_certificate) write_issued(json, *handshake.server_certificate);
  if (handshake.session_resumed) json.member("session_resumed", true);
  if (handshake.server_certificate) {
    json.member_plain("fingerprint", handshake.server_certificate->fingerprint);
  }
  if (!handshake.sni.empty()) json.member("sni", handshake.sni);
  json.member_plain("version", protocols::tls_version_name(handshake.version));
  if (handshake.server_certificate) {
    write_validity(json, *handshake.server_certificate);
    write_names(json, "subjectaltname", handshake.server_certificate->alternative_names);
  }
  if (handshake.client_certificate) {
    json.key("client");
    json.begin_object();
    write_issued(json, *handshake.client_certificate);
    json.member_plain("fingerprint", handshake.client_certificate->fingerprint);
    write_validity(json, *handshake.client_certificate);
    json.end_object();
  }
  write_names(json, "client_alpns", handshake.client_alpns);
  write_names(json, "server_alpns", handshake.server_alpns);
  write_ja3(json, "ja3", handshake.ja3_hash, handshake.ja3);
  write_ja3(json, "ja3s", handshake.ja3s_hash, handshake.ja3s);
  if (!handshake.ja4.empty()) json.member_plain("ja4", handshake.ja4);
  json.end_object();
}

}  // namespace netmoth::output
