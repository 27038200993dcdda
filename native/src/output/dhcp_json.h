// The `dhcp` member of dhcp events, as Suricata 8 writes it.
#pragma once

#include "base/json_writer.h"
#include "protocols/dhcp_message.h"

namespace netmoth::output {

void write_dhcp(base::JsonWriter& json, const protocols::DhcpMessage& message);
// Under netmoth: all options a client asks for, by number in its order; EVE names some of them.
void write_dhcp_netmoth(base::JsonWriter& json, const protocols::DhcpMessage& message);

}  // namespace netmoth::output
