// The `quic` member of quic events, as Suricata 8 writes it.
#pragma once

#include "base/json_writer.h"
#include "protocols/quic_initial.h"

namespace netmoth::output {

void write_quic(base::JsonWriter& json, const protocols::QuicInitial& initial);

}  // namespace netmoth::output
