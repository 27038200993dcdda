// Writes http events (EVE, extended form). See http_json.h.
#include "output/http_json.h"

#include "output/http2_json.h"
#include "output/octets_json.h"
#include "protocols/header_value.h"

namespace netmoth::output {
namespace {

void optional(base::JsonWriter& json, std::string_view name, std::string_view value) {
  if (!value.empty()) json.member(name, value);
}

// What Suricata writes of every transaction.
void open_basic(base::JsonWriter& json, const protocols::HttpTransaction& t) {
  json.key("http");
  json.begin_object();
  optional(json, "hostname", t.hostname);
  if (t.port != 0) json.member("http_port", t.port);
  optional(json, "url", t.url);
  optional(json, "http_user_agent", t.user_agent);
  optional(json, "xff", t.forwarded_for);
  // The media type alone: parameters are cut off.
  optional(json, "http_content_type",
           std::string_view(t.content_type).substr(0, t.content_type.find(';')));
  if (!t.content_range.empty()) {
    json.key("content_range");
    json.begin_object();
    json.member("raw", t.content_range);
    if (const auto range = protocols::read_content_range(t.content_range)) {
      if (range->start) json.member("start", *range->start);
      if (range->end) json.member("end", *range->end);
      if (range->size) json.member("size", *range->size);
    }
    json.end_object();
  }
}

void write_bodies(base::JsonWriter& json, const HttpBodies& bodies) {
  if (bodies.printable && !bodies.request.empty())
    write_printable(json, "http_request_body_printable", bodies.request);
  if (bodies.printable && !bodies.response.empty())
    write_printable(json, "http_response_body_printable", bodies.response);
  if (bodies.base64 && !bodies.request.empty())
    write_base64(json, "http_request_body", bodies.request);
  if (bodies.base64 && !bodies.response.empty())
    write_base64(json, "http_response_body", bodies.response);
}

}  // namespace

void write_http(base::JsonWriter& json, const protocols::HttpTransaction& t) {
  write_http_and_bodies(json, t, {});
}

void write_http_and_bodies(base::JsonWriter& json, const protocols::HttpTransaction& t,
                           const HttpBodies& bodies) {
  if (t.http2 != nullptr) {
    write_http2(json, t, *t.http2);
    return;
  }
  open_basic(json, t);
  optional(json, "http_refer", t.referer);
  optional(json, "http_method", t.method);
  optional(json, "protocol", t.protocol.empty() ? t.response_protocol : t.protocol);
  if (t.status != 0) {
    json.member("status", t.status);
  } else if (!t.status_text.empty()) {
    json.member("status_string", t.status_text);
  }
  if (t.status >= 300 && t.status < 400) optional(json, "redirect", t.location);
  json.member("length", t.response_length);
  write_bodies(json, bodies);
  json.end_object();
}

void write_http_brief(base::JsonWriter& json, const protocols::HttpTransaction& t) {
  open_basic(json, t);
  json.end_object();
}

}  // namespace netmoth::output
