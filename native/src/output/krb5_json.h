// The `krb5` member of krb5 events, as Suricata 8 writes it.
#pragma once

#include "base/json_writer.h"
#include "protocols/krb5_message.h"

namespace netmoth::output {

void write_krb5(base::JsonWriter& json, const protocols::Krb5Message& message);

}  // namespace netmoth::output
