// The `mdns` member of mdns events (Suricata 8: lower-case record types as keys of their data).
#pragma once

#include "base/json_writer.h"
#include "protocols/dns_message.h"

namespace netmoth::output {

void write_mdns(base::JsonWriter& json, const protocols::DnsMessage& message);

}  // namespace netmoth::output
