// Writes dhcp events (EVE, extended form). See dhcp_json.h.
#include "output/dhcp_json.h"

#include "base/reader.h"
#include "output/ip_text.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::DhcpMessage;
using protocols::DhcpOption;
namespace option = protocols::dhcp_option;

constexpr std::uint8_t kReply = 2;

std::string_view message_type_name(std::uint8_t type) {
  switch (type) {
    case 1:
      return "discover";
    case 2:
      return "offer";
    case 3:
      return "request";
    case 4:
      return "decline";
    case 5:
      return "ack";
    case 6:
      return "nak";
    case 7:
      return "release";
    case 8:
      return "inform";
    default:
      return "unknown";
  }
}

// Options a client asks for that EVE has a word for; others are left out.
std::string_view parameter_name(std::uint8_t code) {
  switch (code) {
    case 1:
      return "subnet_mask";
    case 3:
      return "router";
    case 6:
      return "dns_server";
    case 15:
      return "domain";
    case 35:
      return "arp_timeout";
    case 42:
      return "ntp_server";
    case 66:
      return "tftp_server_name";
    case 150:
      return "tftp_server_ip";
    default:
      return {};
  }
}

void write_parameters(JsonWriter& json, Bytes codes) {
  json.key("params");
  json.begin_array();
  for (const std::uint8_t code : codes) {
    if (const auto name = parameter_name(code); !name.empty()) json.plain(name);
  }
  json.end_array();
}

void write_addresses(JsonWriter& json, std::string_view name, Bytes octets) {
  base::Reader reader(octets);
  json.key(name);
  json.begin_array();
  while (reader.remaining() >= 4)
    write_ip(json, reader.bytes(4));
  json.end_array();
}

void write_seconds(JsonWriter& json, std::string_view name, Bytes octets) {
  if (octets.size() == 4) json.member(name, base::Reader(octets).u32());
}

void member_ip(JsonWriter& json, std::string_view name, Bytes octets) {
  json.key(name);
  write_ip(json, octets);
}

void write_option(JsonWriter& json, const DhcpOption& o) {
  switch (o.code) {
    case option::kSubnetMask:
      return member_ip(json, "subnet_mask", o.data);
    case option::kRouters:
      return write_addresses(json, "routers", o.data);
    case option::kDnsServers:
      return write_addresses(json, "dns_servers", o.data);
    case option::kHostname:
      if (!o.data.empty()) json.member("hostname", as_text(o.data));
      return;
    case option::kRequestedIp:
      return member_ip(json, "requested_ip", o.data);
    case option::kLeaseTime:
      return write_seconds(json, "lease_time", o.data);
    case option::kMessageType:
      if (!o.data.empty()) json.member_plain("dhcp_type", message_type_name(o.data[0]));
      return;
    case option::kParameterList:
      return write_parameters(json, o.data);
    case option::kRenewalTime:
      return write_seconds(json, "renewal_time", o.data);
    case option::kRebindingTime:
      return write_seconds(json, "rebinding_time", o.data);
    case option::kVendorClass:
      return json.member("vendor_class_identifier", as_text(o.data));
    case option::kClientId:
      if (o.data.size() < 2) return;
      json.key("client_id");
      json.hex(o.data.subspan(1), ':');  // without the hardware type
      return;
    default:
      return;
  }
}

}  // namespace

void write_dhcp(JsonWriter& json, const DhcpMessage& message) {
  json.key("dhcp");
  json.begin_object();
  json.member_plain("type", message.opcode == kReply ? "reply" : "request");
  json.member("id", message.id);
  json.key("client_mac");
  json.hex(message.client_hardware, ':');
  member_ip(json, "assigned_ip", message.your_ip);
  member_ip(json, "client_ip", message.client_ip);
  if (message.opcode == kReply) {
    member_ip(json, "relay_ip", message.relay_ip);
    member_ip(json, "next_server_ip", message.next_server_ip);
  }
  std::array<bool, 256> written{};
  for (const DhcpOption& o : message.all_options()) {
    if (written[o.code]) continue;  // a key appears once
    written[o.code] = true;
    write_option(json, o);
  }
  json.end_object();
}

void write_dhcp_netmoth(JsonWriter& json, const DhcpMessage& message) {
  const DhcpOption* const asked = message.find(option::kParameterList);
  if (asked == nullptr) return;
  json.key("dhcp_parameters");
  json.begin_array();
  for (const std::uint8_t code : asked->data)
    json.number(std::uint64_t{code});
  json.end_array();
}

}  // namespace netmoth::output
