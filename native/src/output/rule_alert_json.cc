#include "output/rule_alert_json.h"

#include <algorithm>
#include <functional>
#include <string>

#include "output/alert_json.h"
#include "output/event_writer.h"
#include "output/fileinfo_json.h"
#include "output/http_json.h"
#include "output/octets_json.h"
#include "output/record_events.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using detect::Rule;

// Names by libpcap's numbers of link types, as Suricata writes them.
std::string_view link_name(decode::LinkType link) {
  switch (link) {
    case 0:
      return "NULL";
    case 1:
      return "EN10MB";
    case 9:
      return "PPP";
    case 12:
    case 101:
      return "RAW";
    case 104:
      return "C_HDLC";
    case 113:
      return "LINUX_SLL";
    case 228:
      return "IPv4";
    case 229:
      return "IPv6";
    case 276:
      return "LINUX_SLL2";
    default:
      return "";
  }
}

// A name that rules gave, escaped.
void write_key(JsonWriter& json, std::string_view key) {
  std::string name;
  base::JsonWriter(name).text(key);
  json.key(std::string_view(name).substr(1, name.size() - 2));
}

// Values of one key together, in the order in which keys first came.
void write_metadata(JsonWriter& json, const Rule& rule) {
  if (rule.metadata.empty()) return;
  json.key("metadata");
  json.begin_object();
  for (std::size_t i = 0; i < rule.metadata.size(); ++i) {
    const std::string_view key = rule.metadata[i].key;
    const auto same = [key](const detect::Metadata& each) { return each.key == key; };
    if (std::ranges::any_of(rule.metadata.first(i), same)) continue;
    write_key(json, key);
    json.begin_array();
    for (const detect::Metadata& each : rule.metadata.subspan(i)) {
      if (each.key == key) json.text(each.value);
    }
    json.end_array();
  }
  json.end_object();
}

void write_end(JsonWriter& json, std::string_view name, const BareEnds& ends, bool source) {
  json.key(name);
  json.begin_object();
  json.key("ip");
  json.address(source ? ends.source : ends.destination, ends.ip_version);
  const std::uint16_t port = source ? ends.source_port : ends.destination_port;
  if (ends.protocol == ip_proto::kTcp || ends.protocol == ip_proto::kUdp) json.member("port", port);
  json.end_object();
}

void write_target(JsonWriter& json, const detect::Alert& alert, const EventContext& context) {
  if (alert.rule->target == Rule::Target::kNone) return;
  BareEnds ends;
  if (context.flow != nullptr) {
    ends = ends_of(*context.flow);
    if (alert.direction == Direction::kToClient) {
      std::swap(ends.source, ends.destination);
      std::swap(ends.source_port, ends.destination_port);
    }
  } else if (context.packet != nullptr) {
    ends = ends_of(*context.packet);
  }
  if (ends.ip_version == 0) return;
  const bool source_is_target = alert.rule->target == Rule::Target::kSource;
  write_end(json, "source", ends, !source_is_target);
  write_end(json, "target", ends, source_is_target);
}

void write_signature(JsonWriter& json, const detect::Alert& alert, const EventContext& context,
                     const AlertOptions& options) {
  const Rule& rule = *alert.rule;
  begin_alert(json, {rule.gid, rule.sid, rule.rev, rule.msg, rule.category, rule.priority});
  write_target(json, alert, context);
  if (options.metadata) write_metadata(json, rule);
  if (options.rule && !rule.raw.empty()) json.member("rule", rule.raw);
  json.end_object();
}

// Those that the transaction carried in the direction of the alert.
void write_files(JsonWriter& json, const detect::Alert& alert) {
  const auto carried = [&](const detect::KeptFile& file) {
    return file.tx_id == alert.tx_id && file.direction == alert.direction;
  };
  if (std::ranges::none_of(alert.files, carried)) return;
  json.key("files");
  json.begin_array();
  for (const detect::KeptFile& file : alert.files) {
    if (carried(file)) write_file(json, file.info);
  }
  json.end_array();
}

// With http.body the http object has what is known of the bodies by now.
void write_transaction(JsonWriter& json, const detect::Alert& alert, const AlertOptions& options) {
  const bool bodies = options.http_body || options.http_body_printable;
  if (bodies && alert.record->kind == protocols::RecordKind::kHttp) {
    const auto& http = static_cast<const protocols::HttpTransaction&>(*alert.record);
    const HttpBodies told{alert.bodies[0], alert.bodies[1], options.http_body,
                          options.http_body_printable};
    return write_http_and_bodies(json, http, told);
  }
  const RecordEvent& event = event_of(alert.record->kind);
  if (event.write_object != nullptr) event.write_object(json, *alert.record);
}

void write_payload(JsonWriter& json, const detect::Alert& alert, const EventContext& context,
                   const AlertOptions& options) {
  Bytes payload = alert.payload;
  if (payload.empty() && context.packet != nullptr) payload = context.packet->payload;
  std::string with_hole;
  if (alert.missing > 0) {
    with_hole.append("[").append(std::to_string(alert.missing)).append(" bytes missing]");
    with_hole.append(as_text(payload));
    payload = as_bytes(with_hole);
  }
  if (!payload.empty()) {
    if (options.payload) write_base64(json, "payload", payload);
    if (options.payload_length) json.member("payload_length", payload.size());
    if (options.payload_printable) write_printable(json, "payload_printable", payload);
  }
  if (options.payload || options.payload_printable)
    json.member("stream", std::uint64_t{alert.stream ? 1U : 0U});
}

// The frame of a datagram put together from fragments, as if it had come whole: the last fragment's
// headers with the whole's length.
std::string joined_frame(const decode::Packet& packet) {
  constexpr std::size_t kIpv6Header = 40;
  const Bytes before =
      packet.frame.first(static_cast<std::size_t>(packet.datagram.data() - packet.frame.data()));
  std::string whole(as_text(before));
  const bool v4 = packet.ip_version == 4;
  const std::size_t header = v4 ? (packet.datagram[0] & 15U) * 4U : kIpv6Header;
  const std::size_t start = whole.size();
  whole.append(as_text(packet.datagram.first(std::min(header, packet.datagram.size()))));
  whole.append(as_text(packet.transport));
  if (whole.size() - start < header) return whole;
  const auto put = [&](std::size_t at, std::size_t value) {
    whole[start + at] = static_cast<char>(value >> 8);
    whole[start + at + 1] = static_cast<char>(value);
  };
  if (!v4) {
    put(4, packet.transport.size());
    whole[start + 6] = static_cast<char>(packet.protocol);
    return whole;
  }
  put(2, header + packet.transport.size());
  put(6, 0);
  put(10, 0);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < header; i += 2)
    sum += static_cast<std::uint8_t>(whole[start + i]) * 256U +
           static_cast<std::uint8_t>(whole[start + i + 1]);
  while (sum > 0xffff)
    sum = (sum & 0xffff) + (sum >> 16);
  put(10, ~sum & 0xffff);
  return whole;
}

void write_app_proto(JsonWriter& json, const flow::Flow& flow) {
  const auto write = [&](std::string_view name, std::uint8_t proto) {
    json.member_plain(name, protocols::app_proto_name(static_cast<protocols::AppProto>(proto)));
  };
  if (flow.app_proto == 0) return;
  write("app_proto", flow.app_proto);
  const std::uint8_t to_server = flow.app_proto_side[0];
  const std::uint8_t to_client = flow.app_proto_side[1];
  if (to_server != 0 && to_server != flow.app_proto) write("app_proto_ts", to_server);
  if (to_client != 0 && to_client != flow.app_proto) write("app_proto_tc", to_client);
  if (flow.app_proto_original != 0 && flow.app_proto_original != flow.app_proto)
    write("app_proto_orig", flow.app_proto_original);
}

void write_variables(JsonWriter& json, std::string_view name,
                     std::span<const detect::FlowVariable> variables) {
  if (variables.empty()) return;
  json.key(name);
  json.begin_array();
  for (const detect::FlowVariable& variable : variables) {
    json.begin_object();
    write_key(json, variable.text);
    json.text(variable.value);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_packet(JsonWriter& json, const decode::Packet& packet) {
  const bool within_frame = packet.datagram.data() >= packet.frame.data() &&
                            packet.datagram.data() <= packet.frame.data() + packet.frame.size();
  if (packet.origin == decode::PacketOrigin::kDefragmented && !packet.datagram.empty() &&
      within_frame)
    write_base64(json, "packet", as_bytes(joined_frame(packet)));
  else
    write_base64(json, "packet", packet.tunnel_depth == 0 ? packet.frame : packet.datagram);
  json.key("packet_info");
  json.begin_object();
  constexpr decode::LinkType kRaw = 12;
  const decode::LinkType link = packet.tunnel_depth == 0 ? packet.link : kRaw;
  json.member("linktype", std::uint64_t{link});
  if (const std::string_view name = link_name(link); !name.empty())
    json.member_plain("linktype_name", name);
  json.end_object();
}

void write_flow_metadata(JsonWriter& json, const flow::Flow& flow,
                         std::span<const detect::FlowVariable> packet_variables) {
  static const detect::FlowState none;
  const detect::FlowState& state =
      flow.detection == nullptr ? none : static_cast<const detect::FlowState&>(*flow.detection);
  constexpr std::string_view kTraffic = "traffic/";
  const auto is_traffic = [&](const auto& bit) { return bit.name.starts_with(kTraffic); };
  const auto plain = std::ranges::count_if(state.bits(), std::not_fn(is_traffic));
  if (plain > 0 || !state.variables.empty() || !packet_variables.empty()) {
    json.key("metadata");
    json.begin_object();
    if (plain > 0) {
      json.key("flowbits");
      json.begin_array();
      for (const auto& bit : state.bits()) {
        if (!is_traffic(bit)) json.text(bit.name);
      }
      json.end_array();
    }
    write_variables(json, "flowvars", state.variables);
    write_variables(json, "pktvars", packet_variables);
    json.end_object();
  }
  if (std::ranges::none_of(state.bits(), is_traffic)) return;
  json.key("traffic");
  json.begin_object();
  for (const std::string_view kind : {"id", "label"}) {
    const std::string prefix = std::string(kTraffic) + std::string(kind) + "/";
    const auto of_kind = [&](const auto& bit) { return bit.name.starts_with(prefix); };
    if (std::ranges::none_of(state.bits(), of_kind)) continue;
    json.key(kind);
    json.begin_array();
    for (const auto& bit : state.bits()) {
      if (of_kind(bit)) json.text(std::string_view(bit.name).substr(prefix.size()));
    }
    json.end_array();
  }
  json.end_object();
}

void write_rule_alert(JsonWriter& json, const detect::Alert& alert, const EventContext& context,
                      const AlertOptions& options) {
  if (alert.has_tx) json.member("tx_id", alert.tx_id);
  write_signature(json, alert, context, options);
  if (options.metadata && alert.record != nullptr) {
    write_transaction(json, alert, options);
  }
  if (options.metadata && alert.has_tx) write_files(json, alert);
  if (context.flow != nullptr) {
    write_app_proto(json, *context.flow);
    json.member_plain("direction",
                      alert.direction == Direction::kToServer ? "to_server" : "to_client");
    if (options.metadata) {
      write_flow_metadata(json, *context.flow, alert.packet_variables);
      write_alert_flow(json, *context.flow);
    }
  }
  write_payload(json, alert, context, options);
  if (options.packet && context.packet != nullptr) write_packet(json, *context.packet);
  if (options.verdict) {
    json.key("verdict");
    json.begin_object();
    json.member_plain("action", alert.passed ? "pass" : "alert");
    json.end_object();
  }
}

}  // namespace netmoth::output
