// The `dhcp` member of dhcp events, as Suricata 8 writes it.
#pragma once

#include "base/json_writer.h"
#include "protocols/dhcp_message.h"

namespace netmoth::output {

void write_dhcp(base::JsonWriter& json, const protocols::DhcpMessage& message);

}  // namespace netmoth::output
