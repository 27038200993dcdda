// Writes snmp events. See snmp_json.h.
#include "output/snmp_json.h"

#include <array>
#include <charconv>

#include "output/ip_text.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::SnmpMessage;

constexpr std::size_t kMaxOidText = 512;

// An object identifier's arcs, seven bits an octet (X.690 §8.19), joined by dots. What has no end,
// or no room, is left out.
class OidText {
 public:
  explicit OidText(Bytes encoded) {
    std::uint64_t arc = 0;
    bool first = true;
    for (const std::uint8_t octet : encoded) {
      if (arc >> 56 != 0) return;
      arc = arc << 7 | (octet & 0x7fU);
      if ((octet & 0x80) != 0) continue;
      if (first) {
        const std::uint64_t top = arc < 80 ? arc / 40 : 2;
        append(top);
        arc -= top * 40;
        first = false;
      }
      append(arc);
      arc = 0;
    }
  }
  [[nodiscard]] std::string_view text() const { return {text_.data(), length_}; }

 private:
  void append(std::uint64_t arc) {
    constexpr std::size_t kLongestArc = 21;
    if (text_.size() - length_ < kLongestArc) return;
    char* at = text_.data() + length_;
    if (length_ > 0) *at++ = '.';
    at = std::to_chars(at, text_.data() + text_.size(), arc).ptr;
    length_ = static_cast<std::size_t>(at - text_.data());
  }

  std::array<char, kMaxOidText> text_;
  std::size_t length_ = 0;
};

// The name, or the number that has none.
void member_named(JsonWriter& json, std::string_view key, std::string_view name,
                  std::uint32_t value) {
  if (!name.empty()) return json.member_plain(key, name);
  std::array<char, 24> text{"Unknown("};
  char* end = std::to_chars(text.data() + 8, text.data() + text.size() - 1, value).ptr;
  *end++ = ')';
  json.member_plain(key, {text.data(), static_cast<std::size_t>(end - text.data())});
}

void write_trap(JsonWriter& json, const SnmpMessage& message) {
  member_named(json, "trap_type", protocols::snmp_trap_name(message.trap_type), message.trap_type);
  json.member_plain("trap_oid", OidText(message.trap_oid).text());
  json.key("trap_address");
  write_ip(json, message.trap_address);
}

void write_pdu(JsonWriter& json, const SnmpMessage& message) {
  namespace pdu = protocols::snmp_pdu;
  member_named(json, "pdu_type", protocols::snmp_pdu_name(message.pdu), message.pdu);
  if (message.error != 0)
    member_named(json, "error", protocols::snmp_error_name(message.error), message.error);
  if (message.pdu == pdu::kTrapV1) write_trap(json, message);
  if (message.var_count == 0) return;
  json.key("vars");
  json.begin_array();
  for (const Bytes name : message.all_vars())
    json.plain(OidText(name).text());
  json.end_array();
}

}  // namespace

void write_snmp(JsonWriter& json, const SnmpMessage& message) {
  json.key("snmp");
  json.begin_object();
  json.member("version", message.version);
  if (message.encrypted)
    json.member_plain("pdu_type", "encrypted");
  else if (message.pdu != 0)
    write_pdu(json, message);
  if (message.version < 3) json.member("community", as_text(message.community));
  if (!message.user.empty()) json.member("usm", as_text(message.user));
  json.end_object();
}

}  // namespace netmoth::output
