// The `quic` member of quic events, as Suricata 8 writes it, and what they say under `netmoth`.
#pragma once

#include "base/json_writer.h"
#include "protocols/quic_initial.h"

namespace netmoth::output {

void write_quic(base::JsonWriter& json, const protocols::QuicInitial& initial);

// Members of `netmoth`: what EVE has no word for.
void write_quic_facts(base::JsonWriter& json, const protocols::QuicInitial& initial);

}  // namespace netmoth::output
