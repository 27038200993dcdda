// The `ntp` member of ntp events, which Suricata does not have.
#pragma once

#include "base/json_writer.h"
#include "protocols/ntp_message.h"

namespace netmoth::output {

void write_ntp(base::JsonWriter& json, const protocols::NtpMessage& message);

}  // namespace netmoth::output
