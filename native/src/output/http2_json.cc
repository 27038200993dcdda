// See http2_json.h.
#include "output/http2_json.h"

#include <string>

namespace netmoth::output {
namespace {

using protocols::Http2Side;

constexpr std::array<std::string_view, 14> kErrors{
    "NoError",      "ProtocolError",   "InternalError",      "FlowControlError", "SettingsTimeout",
    "StreamClosed", "FrameSizeError",  "RefusedStream",      "Cancel",           "CompressionError",
    "ConnectError", "EnhanceYourCalm", "InadequateSecurity", "Http11Required"};
constexpr std::array<std::string_view, 14> kConnectionErrors{
    "NOERROR",      "PROTOCOLERROR",   "INTERNALERROR",      "FLOWCONTROLERROR", "SETTINGSTIMEOUT",
    "STREAMCLOSED", "FRAMESIZEERROR",  "REFUSEDSTREAM",      "CANCEL",           "COMPRESSIONERROR",
    "CONNECTERROR", "ENHANCEYOURCALM", "INADEQUATESECURITY", "HTTP11REQUIRED"};
constexpr std::array<std::string_view, 7> kSettings{"",
                                                    "SETTINGSHEADERTABLESIZE",
                                                    "SETTINGSENABLEPUSH",
                                                    "SETTINGSMAXCONCURRENTSTREAMS",
                                                    "SETTINGSINITIALWINDOWSIZE",
                                                    "SETTINGSMAXFRAMESIZE",
                                                    "SETTINGSMAXHEADERLISTSIZE"};

void write_headers(base::JsonWriter& json, std::string_view name, const Http2Side& side) {
  if (!side.has_headers) return;
  json.key(name);
  json.begin_array();
  for (const auto& field : side.headers) {
    json.begin_object();
    json.member("name", field.name);
    json.member("value", field.value);
    json.end_object();
  }
  json.end_array();
}

void write_side(base::JsonWriter& json, std::string_view name, const Http2Side& side) {
  json.key(name);
  json.begin_object();
  if (side.has_settings) {
    json.key("settings");
    json.begin_array();
    for (const auto& setting : side.settings) {
      json.begin_object();
      if (setting.id > 0 && setting.id < kSettings.size()) {
        json.member_plain("settings_id", kSettings[setting.id]);
      } else {
        json.member("settings_id", "SETTINGSUNKNOWN(" + std::to_string(setting.id) + ")");
      }
      json.member("settings_value", setting.value);
      json.end_object();
    }
    json.end_array();
  }
  if (side.error) {
    const auto& names = side.error_of_connection ? kConnectionErrors : kErrors;
    if (*side.error < names.size()) {
      json.member_plain("error_code", names[*side.error]);
    } else {
      json.member("error_code", std::to_string(*side.error));
    }
  }
  if (side.priority) json.member("priority", *side.priority);
  if (!side.multiple.empty()) json.member_plain("has_multiple", side.multiple);
  json.end_object();
}

}  // namespace

void write_http2(base::JsonWriter& json, const protocols::HttpTransaction& t,
                 const protocols::Http2Stream& stream) {
  json.key("http");
  json.begin_object();
  json.member_plain("version", "2");
  write_headers(json, "request_headers", stream.sides[0]);
  write_headers(json, "response_headers", stream.sides[1]);
  if (!t.hostname.empty()) json.member("hostname", t.hostname);
  if (!t.url.empty()) json.member("url", t.url);
  if (!t.user_agent.empty()) json.member("http_user_agent", t.user_agent);
  if (!t.method.empty()) json.member("http_method", t.method);
  if (t.status != 0) json.member("status", t.status);
  if (stream.content_length) json.member("length", *stream.content_length);
  json.key("http2");
  json.begin_object();
  json.member("stream_id", stream.id);
  write_side(json, "request", stream.sides[0]);
  write_side(json, "response", stream.sides[1]);
  json.end_object();
  json.end_object();
}

}  // namespace netmoth::output
