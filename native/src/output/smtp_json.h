// The `smtp` and `email` members of smtp events (EVE, extended form).
#pragma once

#include "base/json_writer.h"
#include "protocols/mail.h"

namespace netmoth::output {

void write_smtp(base::JsonWriter& json, const protocols::SmtpTransaction& transaction);

}  // namespace netmoth::output
