#include "output/event_writer.h"

#include <utility>

#include "output/alert_json.h"
#include "output/dns_json.h"
#include "output/fileinfo_json.h"
#include "output/http_json.h"
#include "output/profile_json.h"
#include "output/rule_alert_json.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;

// pkt_src of what a flow still has to tell when it ends.
constexpr std::string_view kFlowTimeout = "stream (flow timeout)";

void write_app_protos(JsonWriter& json, const flow::Flow& flow) {
  const auto write = [&](std::string_view name, std::uint8_t proto) {
    json.member_plain(name, protocols::app_proto_name(static_cast<protocols::AppProto>(proto)));
  };
  if (flow.app_proto != 0) write("app_proto", flow.app_proto);
  const std::uint8_t to_server = flow.app_proto_side[index_of(Direction::kToServer)];
  const std::uint8_t to_client = flow.app_proto_side[index_of(Direction::kToClient)];
  if (to_server != 0 && to_server != flow.app_proto) write("app_proto_ts", to_server);
  if (to_client != 0 && to_client != flow.app_proto) write("app_proto_tc", to_client);
  if (flow.app_proto_original != 0 && flow.app_proto_original != flow.app_proto)
    write("app_proto_orig", flow.app_proto_original);
}

void write_hex_byte(JsonWriter& json, std::string_view name, std::uint8_t value) {
  json.key(name);
  json.hex(Bytes(&value, 1));
}

void write_tcp(JsonWriter& json, const flow::Flow& flow) {
  json.key("tcp");
  json.begin_object();
  const std::uint8_t flags = flow.tcp_flags();
  write_hex_byte(json, "tcp_flags", flags);
  write_hex_byte(json, "tcp_flags_ts", flow.tcp[0].flags);
  write_hex_byte(json, "tcp_flags_tc", flow.tcp[1].flags);
  constexpr std::pair<std::uint8_t, std::string_view> kNames[] = {
      {decode::tcp_flag::kSyn, "syn"}, {decode::tcp_flag::kFin, "fin"},
      {decode::tcp_flag::kRst, "rst"}, {decode::tcp_flag::kPsh, "psh"},
      {decode::tcp_flag::kAck, "ack"}, {decode::tcp_flag::kUrg, "urg"},
      {decode::tcp_flag::kEce, "ecn"}, {decode::tcp_flag::kCwr, "cwr"}};
  for (const auto& [flag, name] : kNames) {
    if ((flags & flag) != 0) json.member(name, true);
  }
  json.member_plain("state", flow::tcp_state_name(flow.tcp_state));
  if (flow.tcp[0].gap) json.member("ts_gap", true);
  if (flow.tcp[1].gap) json.member("tc_gap", true);
  json.member("ts_max_regions", flow.tcp[0].regions);
  json.member("tc_max_regions", flow.tcp[1].regions);
  json.end_object();
}

// A pass rule matched: no later rule alerts on it.
// Suricata's: of the flow's packets, those that the kernel kept.
void write_bypassed(JsonWriter& json, const flow::BypassedCounts& counts) {
  json.key("bypassed");
  json.begin_object();
  json.member("pkts_toserver", counts.packets[0]);
  json.member("pkts_toclient", counts.packets[1]);
  json.member("bytes_toserver", counts.bytes[0]);
  json.member("bytes_toclient", counts.bytes[1]);
  json.end_object();
}

bool was_passed(const flow::Flow& flow) {
  return flow.detection != nullptr && static_cast<const detect::FlowState&>(*flow.detection).passed;
}

std::uint64_t whole_seconds_between(TimestampNs start, TimestampNs end) {
  constexpr TimestampNs kSecond = 1'000'000'000;
  return static_cast<std::uint64_t>(std::max<TimestampNs>(end / kSecond - start / kSecond, 0));
}

}  // namespace

EventWriter::EventWriter(WriterOptions options, BatchSink& sink)
    : options_(std::move(options)), sink_(sink) {
  for (LineBatch& buffer : buffers_) {
    buffer.lines.reserve(options_.batch_bytes + kEventRoomBytes);
    if (options_.one_buffer) break;
  }
}

void EventWriter::name_interface(std::uint8_t slot, std::string name) {
  if (names_.size() <= slot) names_.resize(std::size_t{slot} + 1);
  names_[slot] = std::move(name);
}

std::string_view EventWriter::interface_of(const EventContext& context) const {
  std::uint8_t slot = 0;
  if (context.flow != nullptr)
    slot = context.flow->key.interface;
  else if (context.packet != nullptr)
    slot = context.packet->interface;
  return slot < names_.size() ? std::string_view(names_[slot]) : options_.interface_name;
}

JsonWriter EventWriter::open(EventType type, const EventContext& context) {
  const std::uint64_t flow_id = context.flow == nullptr ? 0 : context.flow->id;
  JsonWriter json(buffer_of(type).lines);
  json.begin_object();
  json.key("timestamp");
  json.timestamp(context.time);
  if (flow_id != 0) json.member("flow_id", flow_id);
  const std::string_view interface =
      type == EventType::kStats ? std::string_view{} : interface_of(context);
  if (!interface.empty()) json.member("in_iface", interface);
  if (options_.packet_numbers && context.packet_number != 0)
    json.member("pcap_cnt", context.packet_number);
  json.member_plain("event_type", event_type_name(type));
  return json;
}

void EventWriter::write_route(JsonWriter& json, const EventContext& context, bool swapped) {
  const flow::FlowRoute* const route =
      context.flow == nullptr ? nullptr : context.flow->route.get();
  if (context.packet == nullptr) {
    if (route == nullptr) return;
    if (options_.eve.ethernet) write_ether(json, *route);
    write_tunnel(json, route->tunnel, options_.packet_numbers);
    return;
  }
  if (options_.eve.ethernet) write_ether(json, *context.packet, swapped);
  if (context.outermost == nullptr) return;
  flow::TunnelEnds tunnel = flow::tunnel_of(*context.outermost, *context.packet);
  if (swapped) tunnel.reverse();
  write_tunnel(json, tunnel, options_.packet_numbers);
}

JsonWriter EventWriter::open_flow_event(EventType type, const EventContext& context,
                                        EndsOrder order) {
  return open_event(type, context,
                    order == EndsOrder::kPacket ? context.direction : Direction::kToServer);
}

JsonWriter EventWriter::open_event(EventType type, const EventContext& context, Direction shown) {
  flow::Flow& flow = *context.flow;
  JsonWriter json = open(type, context);
  BareEnds ends = ends_of(flow);
  if (shown == Direction::kToClient) {
    std::swap(ends.source, ends.destination);
    std::swap(ends.source_port, ends.destination_port);
  }
  write_ends(json, ends);
  if (context.packet != nullptr)
    write_packet_kind(json, *context.packet);
  else if (type != EventType::kFlow)
    json.member_plain("pkt_src", kFlowTimeout);
  if (options_.eve.community_id)
    json.member_plain("community_id", flow.community_id(options_.eve.community_id_seed));
  write_route(json, context, shown != context.direction);
  return json;
}

void EventWriter::write_netmoth(JsonWriter& json, const protocols::Record& record) {
  const RecordEvent& event = event_of(record.kind);
  if (record.kind == protocols::RecordKind::kTls)
    write_tls_facts(json, static_cast<const protocols::TlsHandshake&>(record),
                    options_.eve.certificate_sha256);
  else if (event.write_netmoth != nullptr)
    event.write_netmoth(json, record);
}

void EventWriter::close(JsonWriter& json, EventType type, std::string_view flow_state,
                        const correlate::FlowLabels& labels, const protocols::Record* record) {
  open_netmoth(json, type, flow_state, labels);
  if (record != nullptr) write_netmoth(json, *record);
  end_line(json, type);
}

void EventWriter::open_netmoth(JsonWriter& json, EventType type, std::string_view flow_state,
                               const correlate::FlowLabels& labels) {
  json.key("netmoth");
  json.begin_object();
  json.member("schema", kEventSchemaVersion);
  if (!flow_state.empty()) json.member_plain("flow_state", flow_state);
  LineBatch& buffer = buffer_of(type);
  if (labels.ticket != 0)
    buffer.leave_hole(labels.ticket);
  else if (!labels.application.name.empty())
    write_labels(buffer.lines, labels);
}

void EventWriter::end_line(JsonWriter& json, EventType type) {
  LineBatch& buffer = buffer_of(type);
  json.end_object();
  json.end_object();
  buffer.lines.push_back('\n');
  ++buffer.count;
  ++counters_.made;
  ++counters_.by_type[static_cast<std::size_t>(type)];
  if (buffer.lines.size() >= options_.batch_bytes)
    hand_over(static_cast<std::size_t>(&buffer - buffers_.data()));
}

void EventWriter::flow(const FlowEnd& end, TimestampNs now, const correlate::FlowLabels& labels) {
  flow::Flow& flow = end.flow;
  const flow::FlowProfile* const profile = end.profile;
  const EventContext context{&flow, now, 0, Direction::kToServer, {}};
  JsonWriter json = open_flow_event(EventType::kFlow, context, EndsOrder::kFlow);
  if (profile != nullptr && !options_.eve.ethernet) write_profile_ether(json, flow, *profile);
  if (flow.key.protocol == ip_proto::kIcmp || flow.key.protocol == ip_proto::kIcmpV6) {
    json.member("icmp_type", flow.icmp_type);
    json.member("icmp_code", flow.icmp_code);
    if (flow.packets[1] > 0) {
      json.member("response_icmp_type", flow.reply_icmp_type);
      json.member("response_icmp_code", flow.reply_icmp_code);
    }
  }
  write_app_protos(json, flow);
  begin_flow(json, flow);
  if (end.bypassed.any()) write_bypassed(json, end.bypassed);
  json.key("end");
  json.timestamp(flow.last);
  json.member("age", whole_seconds_between(flow.start, flow.last));
  if (flow.bypassed && end.bypassed.any()) {
    json.member_plain("state", "bypassed");
    json.member_plain("bypass", "capture");
  } else {
    json.member_plain("state", flow::eve_flow_state_name(flow.eve_state()));
  }
  json.member_plain("reason", flow::end_reason_name(end.reason));
  if (flow.emergency) json.member("emergency", true);
  json.member("alerted", flow.alerted);
  if (was_passed(flow)) json.member_plain("action", "pass");
  json.end_object();
  if (flow.key.protocol == ip_proto::kTcp) write_tcp(json, flow);
  if (flow.detection != nullptr) write_flow_metadata(json, flow);
  open_netmoth(json, EventType::kFlow, flow::flow_state_name(flow.state), labels);
  if (flow.sampled != 0) json.member("sampled", std::uint32_t{1} << flow.sampled);
  if (profile != nullptr) write_profile(json, flow, *profile);
  end_line(json, EventType::kFlow);
}

void EventWriter::record(const EventContext& context, const protocols::Record& record) {
  if (record.kind == protocols::RecordKind::kDns && options_.dns_version == 2)
    return dns_version_2(context, static_cast<const protocols::DnsMessage&>(record));
  const RecordEvent& event = event_of(record.kind);
  JsonWriter json = open_flow_event(event.type, context, event.order);
  write_members(json, record);
  close(json, event.type, {}, context.labels, &record);
}

void EventWriter::write_members(JsonWriter& json, const protocols::Record& record) {
  if (record.kind == protocols::RecordKind::kTls) {
    write_tls_fields(json, static_cast<const protocols::TlsHandshake&>(record),
                     options_.eve.tls_fields);
  } else if (record.kind == protocols::RecordKind::kHttp && !options_.eve.http_extended &&
             static_cast<const protocols::HttpTransaction&>(record).http2 == nullptr) {
    const auto& transaction = static_cast<const protocols::HttpTransaction&>(record);
    json.member("tx_id", transaction.tx_id);
    write_http_brief(json, transaction);
  } else {
    event_of(record.kind).write(json, record);
  }
}

void EventWriter::alert(const EventContext& context, const AlertFacts& alert, Direction direction,
                        const protocols::Record* record) {
  JsonWriter json = open_event(EventType::kAlert, context, direction);
  write_alert(json, alert);
  if (record != nullptr && record->kind == protocols::RecordKind::kFileinfo)
    write_alert_file(json, static_cast<const protocols::FileInfo&>(*record));
  else if (record != nullptr)
    write_members(json, *record);
  write_app_protos(json, *context.flow);
  json.member_plain("direction", direction == Direction::kToServer ? "to_server" : "to_client");
  write_alert_flow(json, *context.flow);
  close(json, EventType::kAlert);
}

void EventWriter::rule_alert(const EventContext& context, const detect::Alert& alert) {
  const bool is_error = context.packet != nullptr && context.packet->has_quoted;
  if (context.flow == nullptr || is_error) return alert_of_packet(context, alert);
  JsonWriter json = open_flow_event(EventType::kAlert, context, EndsOrder::kPacket);
  write_rule_alert(json, alert, context, options_.eve.alert);
  close(json, EventType::kAlert);
}

void EventWriter::tagged_packet(const EventContext& context) {
  JsonWriter json = context.flow == nullptr
                        ? open_packet_event(EventType::kPacket, context)
                        : open_flow_event(EventType::kPacket, context, EndsOrder::kPacket);
  write_packet(json, *context.packet);
  close(json, EventType::kPacket);
}

// With the packet's own ends: it has no flow, or is an error about somebody else's packet.
JsonWriter EventWriter::open_packet_event(EventType type, const EventContext& context) {
  JsonWriter json = open(type, context);
  if (context.packet == nullptr) return json;
  write_ends(json, ends_of(*context.packet));
  if (context.packet->ip_version != 0) write_packet_kind(json, *context.packet);
  write_route(json, context, false);
  return json;
}

void EventWriter::alert_of_packet(const EventContext& context, const detect::Alert& alert) {
  JsonWriter json = open_packet_event(EventType::kAlert, context);
  write_rule_alert(json, alert, context, options_.eve.alert);
  close(json, EventType::kAlert);
}

void EventWriter::dns_version_2(const EventContext& context, const protocols::DnsMessage& message) {
  if (message.is_response()) {
    JsonWriter json = open_flow_event(EventType::kDns, context, EndsOrder::kFlow);
    write_dns_answer(json, message);
    close(json, EventType::kDns, {}, {}, &message);
    return;
  }
  for (const protocols::DnsQuestion& question : message.questions) {
    JsonWriter json = open_flow_event(EventType::kDns, context, EndsOrder::kFlow);
    write_dns_query(json, message, question);
    close(json, EventType::kDns);
  }
}

void EventWriter::app_anomaly(const EventContext& context, protocols::AppProto proto,
                              std::string_view event) {
  JsonWriter json = open_flow_event(EventType::kAnomaly, context, EndsOrder::kPacket);
  json.key("anomaly");
  json.begin_object();
  json.member_plain("app_proto", protocols::app_proto_name(proto));
  json.member_plain("type", "applayer");
  json.member_plain("event", event);
  json.member_plain("layer", "proto_parser");
  json.end_object();
  close(json, EventType::kAnomaly);
}

void EventWriter::stream_anomaly(const EventContext& context, std::string_view event) {
  JsonWriter json = open_flow_event(EventType::kAnomaly, context, EndsOrder::kPacket);
  json.key("anomaly");
  json.begin_object();
  json.member_plain("type", "stream");
  json.member_plain("event", event);
  json.end_object();
  close(json, EventType::kAnomaly);
}

void EventWriter::decode_anomaly(const EventContext& context, std::string_view event) {
  JsonWriter json = open(EventType::kAnomaly, context);
  if (context.packet != nullptr) {
    write_ends(json, ends_of(*context.packet));
    if (context.packet->ip_version != 0) write_packet_kind(json, *context.packet);
    if (context.flow != nullptr && options_.eve.community_id)
      json.member_plain("community_id", context.flow->community_id(options_.eve.community_id_seed));
    write_route(json, context, false);
  }
  json.key("anomaly");
  json.begin_object();
  json.member_plain("type", "decode");
  json.member_plain("event", event);
  json.end_object();
  close(json, EventType::kAnomaly);
}

void EventWriter::stats(const StatsRecord& record, TimestampNs now) {
  EventContext about;
  about.time = now;
  JsonWriter json = open(EventType::kStats, about);
  json.key("stats");
  write_stats(json, record);
  close(json, EventType::kStats);
}

}  // namespace netmoth::output
