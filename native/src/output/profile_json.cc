#include "output/profile_json.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;

void write_first_mac(JsonWriter& json, std::string_view name, const MacAddress* address) {
  if (address == nullptr) return;
  json.key(name);
  json.begin_array();
  json.hex(Bytes(*address), ':');
  json.end_array();
}

void write_syn(JsonWriter& json, const flow::SynTuple& syn, std::uint8_t ip_version) {
  json.key("syn");
  json.begin_object();
  json.member("ttl", syn.ttl);
  json.member("window", syn.window);
  if (syn.mss != 0) json.member("mss", syn.mss);
  if (syn.scaled) json.member("scale", syn.scale);
  if (ip_version == 4) json.member("df", syn.dont_fragment);
  if (syn.ecn) json.member("ecn", true);
  json.key("options");
  json.begin_array();
  for (std::size_t i = 0; i < syn.option_count; ++i)
    json.number(std::uint64_t{syn.options[i]});
  json.end_array();
  json.end_object();
}

}  // namespace

void write_profile_ether(JsonWriter& json, const flow::Flow& flow,
                         const flow::FlowProfile& profile) {
  const MacAddress* const client = profile.mac(flow, Direction::kToServer);
  const MacAddress* const server = profile.mac(flow, Direction::kToClient);
  if (client == nullptr && server == nullptr) return;
  json.key("ether");
  json.begin_object();
  write_first_mac(json, "dest_macs", server);
  write_first_mac(json, "src_macs", client);
  json.end_object();
}

void write_profile(JsonWriter& json, const flow::Flow& flow, const flow::FlowProfile& profile) {
  if (profile.sizes() > 0) {
    json.key("first_sizes");
    json.begin_array();
    for (std::size_t i = 0; i < profile.sizes(); ++i)
      json.number(std::int64_t{profile.size(flow, i)});
    json.end_array();
    json.key("first_gaps_us");
    json.begin_array();
    for (std::size_t i = 0; i < profile.sizes(); ++i)
      json.number(std::uint64_t{profile.gap_us(i)});
    json.end_array();
  }
  if (const flow::SynTuple* const syn = profile.syn(flow); syn != nullptr)
    write_syn(json, *syn, flow.key.ip_version);
}

}  // namespace netmoth::output
