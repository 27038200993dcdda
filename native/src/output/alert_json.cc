#include "output/alert_json.h"

namespace netmoth::output {

void begin_alert(base::JsonWriter& json, const AlertHead& alert) {
  json.key("alert");
  json.begin_object();
  json.member_plain("action", "allowed");
  json.member("gid", alert.gid);
  json.member("signature_id", alert.sid);
  json.member("rev", alert.rev);
  json.member("signature", alert.signature);
  json.member("category", alert.category);
  json.member("severity", alert.severity);
}

void write_alert(base::JsonWriter& json, const AlertFacts& alert) {
  begin_alert(json, alert);
  if (!alert.metadata.empty()) {
    json.key("metadata");
    json.begin_object();
    for (const AlertMetadata& each : alert.metadata) {
      json.key(each.key);
      json.begin_array();
      json.text(each.value);
      json.end_array();
    }
    json.end_object();
  }
  json.end_object();
}

void begin_flow(base::JsonWriter& json, const flow::Flow& flow) {
  json.key("flow");
  json.begin_object();
  json.member("pkts_toserver", flow.packets[0]);
  json.member("pkts_toclient", flow.packets[1]);
  json.member("bytes_toserver", flow.bytes[0]);
  json.member("bytes_toclient", flow.bytes[1]);
  json.key("start");
  json.timestamp(flow.start);
}

void write_alert_flow(base::JsonWriter& json, const flow::Flow& flow) {
  begin_flow(json, flow);
  json.key("src_ip");
  json.address(flow.key.source, flow.key.ip_version);
  json.key("dest_ip");
  json.address(flow.key.destination, flow.key.ip_version);
  if (flow.key.source_port != 0 || flow.key.destination_port != 0) {
    json.member("src_port", flow.key.source_port);
    json.member("dest_port", flow.key.destination_port);
  }
  json.end_object();
}

}  // namespace netmoth::output
