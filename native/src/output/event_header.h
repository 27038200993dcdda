// The members with which events begin: the ends, and how their packet came here.
//
// Invariant: names and order as Suricata's EVE header; nothing is written of what is not known.
#pragma once

#include "base/json_writer.h"
#include "flow/flow.h"
#include "output/alert_options.h"
#include "output/tls_json.h"

namespace netmoth::output {

// What of EVE is optional (contracts/src/engine-config.ts, `eve`).
struct EveOptions {
  bool community_id = true;
  std::uint16_t community_id_seed = 0;
  bool ethernet = false;      // MAC addresses
  bool flow_profile = false;  // how a flow began, in flow events (profile_json.h)
  TlsFields tls_fields = TlsFields::extended();
  bool http_extended = true;        // false: who asked for what, and no more
  bool certificate_sha256 = false;  // under netmoth
  AlertOptions alert;
};

// Ends of a packet that belongs to no flow.
struct BareEnds {
  Address source;
  Address destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t ip_version = 0;  // 0: no addresses known
  flow::VlanTags vlan;
};
BareEnds ends_of(const flow::Flow& flow);
BareEnds ends_of(const decode::Packet& packet);

// vlan, src_ip, src_port, dest_ip, dest_port, proto, ip_v.
void write_ends(base::JsonWriter& json, const BareEnds& ends);
// icmp_type, icmp_code, pkt_src.
void write_packet_kind(base::JsonWriter& json, const decode::Packet& packet);
// `swapped`: the event tells destination and source of the packet the other way round.
void write_ether(base::JsonWriter& json, const decode::Packet& packet, bool swapped);
// All addresses a flow was seen with, the client's as sources.
void write_ether(base::JsonWriter& json, const flow::FlowRoute& route);
// As Suricata writes it in alerts; without a packet number where it is 0.
void write_tunnel(base::JsonWriter& json, const flow::TunnelEnds& tunnel, bool packet_numbers);

}  // namespace netmoth::output
