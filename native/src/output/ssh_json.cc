// Writes ssh events. See ssh_json.h.
#include "output/ssh_json.h"

namespace netmoth::output {
namespace {

void write_side(base::JsonWriter& json, std::string_view name, const protocols::SshSide& side) {
  if (side.proto_version.empty()) return;
  json.key(name);
  json.begin_object();
  json.member("proto_version", side.proto_version);
  if (!side.software_version.empty()) json.member("software_version", side.software_version);
  if (!side.hassh.empty()) {
    json.key("hassh");
    json.begin_object();
    json.member_plain("hash", side.hassh);
    json.member("string", side.hassh_text);
    json.end_object();
  }
  json.end_object();
}

}  // namespace

void write_ssh(base::JsonWriter& json, const protocols::SshSession& session) {
  json.key("ssh");
  json.begin_object();
  write_side(json, "client", session.client);
  write_side(json, "server", session.server);
  json.end_object();
}

}  // namespace netmoth::output
