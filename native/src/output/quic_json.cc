// Writes quic events. See quic_json.h.
#include "output/quic_json.h"

#include "output/tls_json.h"

namespace netmoth::output {

void write_quic(base::JsonWriter& json, const protocols::QuicInitial& initial) {
  json.key("quic");
  json.begin_object();
  json.member_plain("version", protocols::quic_version_name(initial.version));
  if (!initial.sni.empty()) json.member("sni", initial.sni);
  if (!initial.user_agent.empty()) json.member("ua", initial.user_agent);
  write_ja3(json, initial.from_client ? "ja3" : "ja3s", initial.ja3_hash, initial.ja3);
  if (!initial.ja4.empty()) json.member_plain("ja4", initial.ja4);
  json.end_object();
}

}  // namespace netmoth::output
