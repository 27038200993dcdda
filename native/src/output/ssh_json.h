// The `ssh` member of ssh events (EVE, with HASSH).
#pragma once

#include "base/json_writer.h"
#include "protocols/ssh_session.h"

namespace netmoth::output {

void write_ssh(base::JsonWriter& json, const protocols::SshSession& session);

}  // namespace netmoth::output
