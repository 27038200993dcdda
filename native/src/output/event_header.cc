#include "output/event_header.h"

#include <string>
#include <string_view>
#include <utility>

#include "flow/flow_route.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;

// Keywords of IANA's "Protocol Numbers" for what is met; others are told by number.
constexpr std::pair<std::uint8_t, std::string_view> kProtocolNames[] = {
    {0, "HOPOPT"},      {2, "IGMP"},
    {4, "IPv4"},        {6, "TCP"},
    {17, "UDP"},        {1, "ICMP"},
    {41, "IPv6"},       {46, "RSVP"},
    {47, "GRE"},        {50, "ESP"},
    {51, "AH"},         {58, "IPv6-ICMP"},
    {59, "IPv6-NoNxt"}, {88, "EIGRP"},
    {89, "OSPFIGP"},    {97, "ETHERIP"},
    {103, "PIM"},       {108, "IPComp"},
    {112, "VRRP"},      {115, "L2TP"},
    {132, "SCTP"},      {135, "Mobility Header"},
    {136, "UDPLite"},   {137, "MPLS-in-IP"},
    {139, "HIP"},       {140, "Shim6"},
};

void write_protocol(JsonWriter& json, std::uint8_t protocol) {
  json.key("proto");
  switch (protocol) {
    case ip_proto::kTcp:
      return json.plain("TCP");
    case ip_proto::kUdp:
      return json.plain("UDP");
    default:
      break;
  }
  for (const auto& [number, name] : kProtocolNames) {
    if (number == protocol) return json.plain(name);
  }
  json.plain(std::to_string(protocol));
}

bool has_ports(std::uint8_t protocol) {
  return protocol == ip_proto::kTcp || protocol == ip_proto::kUdp || protocol == ip_proto::kSctp;
}

void write_mac(JsonWriter& json, const MacAddress& address) {
  json.hex(Bytes(address), ':');
}

void write_macs(JsonWriter& json, std::string_view name, const flow::MacSet& macs) {
  json.key(name);
  json.begin_array();
  for (const MacAddress& address : macs.all())
    write_mac(json, address);
  json.end_array();
}

}  // namespace

BareEnds ends_of(const flow::Flow& flow) {
  return {flow.key.source,   flow.key.destination, flow.key.source_port, flow.key.destination_port,
          flow.key.protocol, flow.key.ip_version,  flow.key.vlan};
}

BareEnds ends_of(const decode::Packet& packet) {
  return {packet.source,
          packet.destination,
          packet.source_port,
          packet.destination_port,
          packet.protocol,
          packet.ip_version,
          {packet.vlan, packet.vlan_count}};
}

void write_ends(JsonWriter& json, const BareEnds& ends) {
  if (ends.vlan.count > 0) {
    json.key("vlan");
    json.begin_array();
    for (std::size_t i = 0; i < ends.vlan.count; ++i)
      json.number(std::uint64_t{ends.vlan.id[i]});
    json.end_array();
  }
  if (ends.ip_version == 0) return;
  json.key("src_ip");
  json.address(ends.source, ends.ip_version);
  if (has_ports(ends.protocol)) json.member("src_port", ends.source_port);
  json.key("dest_ip");
  json.address(ends.destination, ends.ip_version);
  if (has_ports(ends.protocol)) json.member("dest_port", ends.destination_port);
  write_protocol(json, ends.protocol);
  json.member("ip_v", ends.ip_version);
}

void write_packet_kind(JsonWriter& json, const decode::Packet& packet) {
  if (packet.protocol == ip_proto::kIcmp || packet.protocol == ip_proto::kIcmpV6) {
    json.member("icmp_type", packet.icmp_type);
    json.member("icmp_code", packet.icmp_code);
  }
  json.member_plain("pkt_src", decode::packet_origin_name(packet.origin));
}

void write_ether(JsonWriter& json, const decode::Packet& packet, bool swapped) {
  if (!packet.has_mac) return;
  json.key("ether");
  json.begin_object();
  json.key("src_mac");
  write_mac(json, swapped ? packet.destination_mac : packet.source_mac);
  json.key("dest_mac");
  write_mac(json, swapped ? packet.source_mac : packet.destination_mac);
  json.end_object();
}

void write_ether(JsonWriter& json, const flow::FlowRoute& route) {
  if (route.client_macs.all().empty() && route.server_macs.all().empty()) return;
  json.key("ether");
  json.begin_object();
  write_macs(json, "dest_macs", route.server_macs);
  write_macs(json, "src_macs", route.client_macs);
  json.end_object();
}

void write_tunnel(JsonWriter& json, const flow::TunnelEnds& tunnel, bool packet_numbers) {
  if (tunnel.ip_version == 0) return;
  json.key("tunnel");
  json.begin_object();
  json.key("src_ip");
  json.address(tunnel.source, tunnel.ip_version);
  json.member("src_port", tunnel.source_port);
  json.key("dest_ip");
  json.address(tunnel.destination, tunnel.ip_version);
  json.member("dest_port", tunnel.destination_port);
  write_protocol(json, tunnel.protocol);
  json.member("depth", tunnel.depth);
  if (packet_numbers && tunnel.packet_number != 0) json.member("pcap_cnt", tunnel.packet_number);
  json.member_plain("pkt_src", decode::packet_origin_name(tunnel.origin));
  json.end_object();
}

}  // namespace netmoth::output
