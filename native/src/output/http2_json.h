// The `http` member of http events born by HTTP/2, as Suricata 8 writes it.
#pragma once

#include "base/json_writer.h"
#include "protocols/http2_stream.h"
#include "protocols/http_transaction.h"

namespace netmoth::output {

void write_http2(base::JsonWriter& json, const protocols::HttpTransaction& transaction,
                 const protocols::Http2Stream& stream);

}  // namespace netmoth::output
