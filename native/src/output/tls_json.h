// The `tls` member of tls events (EVE, extended form, with JA3, JA3S and JA4).
#pragma once

#include "base/json_writer.h"
#include "protocols/tls_handshake.h"

namespace netmoth::output {

void write_tls(base::JsonWriter& json, const protocols::TlsHandshake& handshake);

// `"ja3":{"hash":…,"string":…}`, shared with quic.
void write_ja3(base::JsonWriter& json, std::string_view name, std::string_view hash,
               std::string_view text);

}  // namespace netmoth::output
