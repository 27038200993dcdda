// Writes sip events. See sip_json.h.
//
// Invariant: of a session description at most kMaxMedia media and kMaxLines lines of one letter in
// a section are written.
#include "output/sip_json.h"

#include "protocols/sdp.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::SdpSection;

constexpr std::size_t kMaxMedia = 32;
constexpr std::size_t kMaxLines = 128;

void member_line(JsonWriter& json, std::string_view name, const SdpSection& section, char letter) {
  if (const std::string_view value = section.first(letter); !value.empty())
    json.member(name, value);
}

void member_lines(JsonWriter& json, std::string_view name, const SdpSection& section, char letter) {
  std::size_t count = 0;
  section.for_each(letter, [&](std::string_view value) {
    if (count == kMaxLines) return;
    if (count++ == 0) {
      json.key(name);
      json.begin_array();
    }
    json.text(value);
  });
  if (count > 0) json.end_array();
}

// "t=" lines with the "r=" that follows them.
void write_times(JsonWriter& json, std::string_view text) {
  std::size_t count = 0;
  bool repeats = false;
  while (!text.empty()) {
    const std::string_view line = SdpSection::next_line(text);
    if (SdpSection::is(line, 'm')) break;
    if (SdpSection::is(line, 'r') && count > 0 && !repeats) {
      json.member("repeat_time", line.substr(2));
      repeats = true;
    }
    if (!SdpSection::is(line, 't')) continue;
    if (count == kMaxLines) break;
    if (count++ == 0) {
      json.key("time_descriptions");
      json.begin_array();
    } else {
      json.end_object();
    }
    repeats = false;
    json.begin_object();
    json.member("time", line.substr(2));
  }
  if (count == 0) return;
  json.end_object();
  json.end_array();
}

// What a session and a medium both may have.
void write_shared(JsonWriter& json, const SdpSection& section) {
  member_line(json, "connection_data", section, 'c');
  member_lines(json, "bandwidths", section, 'b');
  member_line(json, "encryption_key", section, 'k');
  member_lines(json, "attributes", section, 'a');
}

void write_media(JsonWriter& json, std::string_view text) {
  if (text.empty()) return;
  json.key("media_descriptions");
  json.begin_array();
  for (std::size_t count = 0; !text.empty() && count < kMaxMedia; ++count) {
    const SdpSection medium = protocols::next_sdp_section(text);
    json.begin_object();
    json.member("media", medium.first('m'));
    member_line(json, "media_info", medium, 'i');
    write_shared(json, medium);
    json.end_object();
  }
  json.end_array();
}

void write_sdp(JsonWriter& json, std::string_view text) {
  const std::string_view whole = text;
  const SdpSection session = protocols::next_sdp_section(text);
  json.key("sdp");
  json.begin_object();
  member_line(json, "origin", session, 'o');
  member_line(json, "session_name", session, 's');
  member_line(json, "session_info", session, 'i');
  member_line(json, "uri", session, 'u');
  member_line(json, "email", session, 'e');
  member_line(json, "phone_number", session, 'p');
  write_times(json, whole);
  member_line(json, "timezone", session, 'z');
  write_shared(json, session);
  write_media(json, text);
  json.end_object();
}

}  // namespace

void write_sip(JsonWriter& json, const protocols::SipMessage& message) {
  json.key("sip");
  json.begin_object();
  if (message.is_request) {
    json.member("method", message.method);
    json.member("uri", message.uri);
    json.member("version", message.version);
    json.member("request_line", message.first_line);
  } else {
    json.member("version", message.version);
    json.member("code", message.code);
    json.member("reason", message.reason);
    json.member("response_line", message.first_line);
  }
  if (!message.sdp.empty()) write_sdp(json, message.sdp);
  json.end_object();
}

}  // namespace netmoth::output
