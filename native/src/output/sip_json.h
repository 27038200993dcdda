// The `sip` member of sip events with its `sdp`, as Suricata 8 writes them.
#pragma once

#include "base/json_writer.h"
#include "protocols/sip_message.h"

namespace netmoth::output {

void write_sip(base::JsonWriter& json, const protocols::SipMessage& message);

}  // namespace netmoth::output
