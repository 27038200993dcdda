// The `dhcpv6` member of dhcpv6 events. Suricata has no such event: names are its dhcp event's
// where there is one, RFC 8415's otherwise; times in seconds.
#pragma once

#include "base/json_writer.h"
#include "protocols/dhcpv6_message.h"

namespace netmoth::output {

void write_dhcpv6(base::JsonWriter& json, const protocols::Dhcpv6Message& message);

}  // namespace netmoth::output
