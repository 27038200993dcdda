// Writes krb5 events. See krb5_json.h.
#include "output/krb5_json.h"

#include <array>
#include <charconv>
#include <string>

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::Krb5Message;
using protocols::Krb5Name;

constexpr std::string_view kEmpty = "<empty>";

// The name, or "Unknown(number)".
void member_named(JsonWriter& json, std::string_view key, std::string_view name,
                  std::uint32_t value) {
  if (!name.empty()) return json.member_plain(key, name);
  std::array<char, 24> text{"Unknown("};
  char* end = std::to_chars(text.data() + 8, text.data() + text.size() - 1, value).ptr;
  *end++ = ')';
  json.member_plain(key, {text.data(), static_cast<std::size_t>(end - text.data())});
}

// Parts joined by slashes: "krbtgt/EXAMPLE.COM".
void member_name(JsonWriter& json, std::string_view key, const Krb5Name& name) {
  if (name.count == 0) return json.member_plain(key, kEmpty);
  thread_local std::string text;
  text.clear();
  for (std::size_t i = 0; i < name.count; ++i) {
    if (i > 0) text.push_back('/');
    text.append(name.parts[i]);
  }
  json.member(key, text);
}

}  // namespace

void write_krb5(JsonWriter& json, const Krb5Message& message) {
  namespace p = protocols;
  json.key("krb5");
  json.begin_object();
  json.member_plain("msg_type", p::krb5_type_name(message.type));
  if (message.type == p::krb5_type::kError) {
    const std::string_view failed = p::krb5_type_name(message.failed_request);
    json.member_plain("failed_request", failed.empty() ? "UNKNOWN" : failed);
    member_named(json, "error_code", p::krb5_error_name(message.error), message.error);
  }
  member_name(json, "cname", message.client);
  json.member("realm", message.realm.empty() ? kEmpty : message.realm);
  member_name(json, "sname", message.service);
  if (message.encrypted)
    member_named(json, "encryption", p::krb5_encryption_name(message.encryption),
                 message.encryption);
  else
    json.member_plain("encryption", "<none>");
  json.member("weak_encryption", message.encrypted && p::krb5_weak(message.encryption));
  if (message.encrypted) {
    member_named(json, "ticket_encryption", p::krb5_encryption_name(message.ticket_encryption),
                 message.ticket_encryption);
    json.member("ticket_weak_encryption", p::krb5_weak(message.ticket_encryption));
  }
  json.end_object();
}

}  // namespace netmoth::output
