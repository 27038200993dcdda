// The `http` member of http events, as Suricata 8 writes it.
#pragma once

#include "base/json_writer.h"
#include "protocols/http_transaction.h"

namespace netmoth::output {

void write_http(base::JsonWriter& json, const protocols::HttpTransaction& transaction);
// Suricata's http.extended=no: whom was asked for what, and the type of the answer.
void write_http_brief(base::JsonWriter& json, const protocols::HttpTransaction& transaction);

}  // namespace netmoth::output
