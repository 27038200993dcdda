#include "output/stats_json.h"

namespace netmoth::output {
namespace {

void write_capture(base::JsonWriter& json, const CaptureRecord& capture) {
  json.key("capture");
  json.begin_object();
  json.member("kernel_packets", capture.kernel_packets);
  json.member("kernel_drops", capture.kernel_drops);
  if (capture.interfaces > 0 || capture.interface_changes > 0) {  // not of a file
    json.member("filtered", capture.filtered);
    json.member("shunted", capture.shunted);
    json.member("shunted_bytes", capture.shunted_bytes);
    json.member("shunted_flows", capture.shunted_flows);
    json.member("sampled_out", capture.sampled_out);
    json.member("payloads_left", capture.payloads_left);
    json.member("overload_level", capture.overload_level);
    json.member("sampled_one_in", capture.sampled_one_in);
    json.member("nic_packets", capture.nic_packets);
    json.member("nic_drops", capture.nic_drops);
    json.member("interfaces", capture.interfaces);
    json.member("interface_changes", capture.interface_changes);
  }
  json.end_object();
}

void write_flow(base::JsonWriter& json, const flow::FlowTableCounters& flows) {
  json.key("flow");
  json.begin_object();
  json.member("total", flows.created);
  json.member("active", flows.active);
  json.member("evicted", flows.evicted_total());
  json.key("evicted_by_state");
  json.begin_object();
  json.member("new", flows.evicted[0]);
  json.member("established", flows.evicted[1]);
  json.member("closed", flows.evicted[2]);
  json.end_object();
  json.member("emerg_mode_entered", flows.emergencies_entered);
  json.member("emerg_mode_over", flows.emergencies_over);
  json.member("memuse", flows.memory_bytes);
  json.end_object();
}

void write_tcp(base::JsonWriter& json, const stream::StreamCounters& streams,
               const MemoryInUse& memory) {
  json.key("tcp");
  json.begin_object();
  json.member("reassembly_memuse", memory.reassembly);
  json.member("reassembly_gap", streams.gaps);
  json.member("gap_bytes", streams.gap_bytes);
  json.member("segment_memcap_drop", streams.dropped_segments);
  json.member("overlap_diff_data", streams.overlaps);
  json.member("early_bytes", streams.early_bytes);
  json.end_object();
}

void write_defrag(base::JsonWriter& json, const StatsRecord& record) {
  json.key("defrag");
  json.begin_object();
  json.member("fragments", record.defrag.fragments);
  json.member("reassembled", record.defrag.reassembled);
  json.member("timeouts", record.defrag.timeouts);
  json.member("evicted", record.defrag.evictions);
  json.member("refused", record.defrag.refused);
  json.member("overlaps", record.defrag.overlaps);
  json.member("duplicates", record.defrag.duplicates);
  json.member("memuse", record.memory.defrag);
  json.end_object();
}

void write_events(base::JsonWriter& json, const StatsRecord& record) {
  json.key("events");
  json.begin_object();
  json.member("made", record.events_made);
  json.member("dropped", record.events_dropped);
  json.member("spooled", record.events.spooled);
  json.member("dropped_by_spool", record.events.dropped_by_spool);
  json.member("published", record.events.published);
  json.member("acknowledged", record.events.acknowledged);
  json.end_object();
}

void write_dns_cache(base::JsonWriter& json, const correlate::DnsCacheCounters& dns) {
  json.key("dns_cache");
  json.begin_object();
  json.member("entries", dns.entries);
  json.member("answers", dns.answers);
  json.member("evicted", dns.evicted);
  json.member("refused", dns.refused);
  json.member("lookups", dns.lookups);
  json.member("hits", dns.hits);
  // No memuse: how names share a pool hangs on the seed, and events are the same every time.
  json.end_object();
}

void write_detect(base::JsonWriter& json, const StatsRecord& record) {
  const detect::DetectCounters& detect = record.detect;
  const detect::HostCounters& hosts = record.hosts;
  json.key("detect");
  json.begin_object();
  json.member("alert", detect.alerts);
  json.member("alert_queue_overflow", detect.alerts_discarded);
  json.member("alerts_suppressed", detect.alerts_suppressed);
  json.member("body_bytes_dropped", detect.octets_dropped);
  json.member("host_entries", hosts.entries);
  json.member("host_evicted", hosts.evicted);
  json.member("packets_tagged", detect.packets_tagged);
  json.member("stream_bytes_early", detect.stream_octets_early);
  json.member("stream_memuse", record.memory.rule_streams);
  json.member("tags_refused", detect.tags_refused);
  json.member("flow_names_refused", detect.names_refused);
  json.end_object();
}

void write_limits(base::JsonWriter& json, const LimitCounters& limits) {
  json.key("limits");
  json.begin_object();
  json.member("anomalies", limits.anomalies);
  json.member("list_alerts", limits.list_alerts);
  json.member("flow_labels", limits.flow_labels);
  json.end_object();
}

}  // namespace

void write_stats(base::JsonWriter& json, const StatsRecord& record) {
  json.begin_object();
  json.member("uptime", record.uptime_seconds);
  write_capture(json, record.capture);
  json.key("decoder");
  json.begin_object();
  json.member("pkts", record.packets);
  json.member("bytes", record.bytes);
  json.member("invalid", record.invalid);
  json.end_object();
  write_flow(json, record.flows);
  write_tcp(json, record.streams, record.memory);
  write_defrag(json, record);
  json.key("app_layer");
  json.begin_object();
  json.member("memuse", record.memory.sessions);
  json.member("memcap_refused", record.memory.sessions_refused);
  json.member("memcap_dropped", record.memory.sessions_dropped);
  json.end_object();
  json.key("decompression");
  json.begin_object();
  json.member("memuse", record.memory.codecs);
  json.member("refused", record.memory.codecs_refused);
  json.end_object();
  if (record.has_rules) write_detect(json, record);
  write_dns_cache(json, record.dns);
  if (record.is_live) write_events(json, record);
  json.key("expectations");
  json.begin_object();
  json.member("announced", record.expectations.announced);
  json.member("matched", record.expectations.matched);
  json.member("expired", record.expectations.expired);
  json.member("evicted", record.expectations.evicted);
  json.end_object();
  write_limits(json, record.limits);
  json.end_object();
}

}  // namespace netmoth::output
