// The `snmp` member of snmp events, as Suricata 8 writes it.
#pragma once

#include "base/json_writer.h"
#include "protocols/snmp_message.h"

namespace netmoth::output {

void write_snmp(base::JsonWriter& json, const protocols::SnmpMessage& message);

}  // namespace netmoth::output
