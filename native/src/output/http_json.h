// The `http` member of http events, as Suricata 8 writes it.
#pragma once

#include "base/json_writer.h"
#include "protocols/http_transaction.h"

namespace netmoth::output {

// Contents of messages, as far as they are known; of HTTP/1.
struct HttpBodies {
  Bytes request;
  Bytes response;
  bool base64 = false;
  bool printable = false;
};

void write_http(base::JsonWriter& json, const protocols::HttpTransaction& transaction);
void write_http_and_bodies(base::JsonWriter& json, const protocols::HttpTransaction& transaction,
                           const HttpBodies& bodies);
// Suricata's http.extended=no: whom was asked for what, and the type of the answer.
void write_http_brief(base::JsonWriter& json, const protocols::HttpTransaction& transaction);

}  // namespace netmoth::output
