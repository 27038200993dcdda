// Writes ntp events. See ntp_json.h.
#include "output/ntp_json.h"

#include <algorithm>

#include "output/ip_text.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::NtpMessage;

// RFC 5905 §7.3: at stratum 0 and 1 up to four letters, above the address of the source (of IPv6
// the first octets of its MD5, which looks the same).
void write_reference_id(JsonWriter& json, const NtpMessage& message) {
  const Bytes id = message.reference_id;
  if (std::all_of(id.begin(), id.end(), [](std::uint8_t octet) { return octet == 0; })) return;
  if (message.stratum > 1) {
    json.key("reference_id");
    return write_ip(json, id);
  }
  const std::string_view text = as_text(id);
  json.member("reference_id", text.substr(0, text.find_last_not_of('\0') + 1));
}

void write_time(JsonWriter& json, std::string_view name, std::uint64_t stamp,
                const NtpMessage& message) {
  const std::optional<TimestampNs> time = protocols::ntp_time(stamp, message.captured);
  if (!time) return;
  json.key(name);
  json.timestamp(*time);
}

double as_ms(std::uint32_t short_format) {
  return short_format * 1000.0 / 65536.0;
}

void write_clock(JsonWriter& json, const NtpMessage& message) {
  json.member("leap_indicator", message.leap);
  json.member("stratum", message.stratum);
  json.member("poll", message.poll);
  json.member("precision", message.precision);
  json.member("root_delay_ms", as_ms(message.root_delay));
  json.member("root_dispersion_ms", as_ms(message.root_dispersion));
  write_reference_id(json, message);
  write_time(json, "reference_timestamp", message.reference, message);
  write_time(json, "origin_timestamp", message.origin, message);
  write_time(json, "receive_timestamp", message.receive, message);
  write_time(json, "transmit_timestamp", message.transmit, message);
  if (message.extensions > 0) json.member("extensions", message.extensions);
  if (message.has_mac) json.member("key_id", message.key_id);
}

void write_management(JsonWriter& json, const NtpMessage& message) {
  const protocols::NtpManagement& told = message.management;
  const bool control = message.mode == protocols::ntp_mode::kControl;
  json.key(control ? "control" : "private");
  json.begin_object();
  json.member("response", told.response);
  if (control) {
    json.member("error", told.error);
    json.member("opcode", told.opcode);
    json.member("sequence", told.sequence);
    json.member("association_id", told.association);
  } else {
    json.member("implementation", told.implementation);
    json.member("request_code", told.request_code);
  }
  json.end_object();
}

}  // namespace

void write_ntp(JsonWriter& json, const NtpMessage& message) {
  json.key("ntp");
  json.begin_object();
  json.member("version", message.version);
  json.member_plain("mode", protocols::ntp_mode_name(message.mode));
  if (message.is_management())
    write_management(json, message);
  else
    write_clock(json, message);
  json.end_object();
}

}  // namespace netmoth::output
