// The stats event: what the engine has counted since start, and what it holds.
//
// Names are Suricata's where it has the counter (flow.emerg_mode_entered, tcp.reassembly_memuse,
// memuse and memcap of the parts), else those of the engine's own ledger. Sizes are in octets.
#pragma once

#include "base/json_writer.h"
#include "correlate/dns_cache.h"
#include "decode/defragment.h"
#include "detect/detect_counters.h"
#include "flow/flow_table.h"
#include "protocols/expectations.h"
#include "stream/reassembler.h"

namespace netmoth::output {

// What is held now, and what was refused because as much as configured was held.
struct MemoryInUse {
  std::uint64_t sessions = 0;
  std::uint64_t sessions_refused = 0;  // not opened
  std::uint64_t sessions_dropped = 0;  // closed because they grew
  std::uint64_t reassembly = 0;
  std::uint64_t defrag = 0;
  std::uint64_t rule_streams = 0;  // octets that wait to be looked at
  std::uint64_t codecs = 0;
  std::uint64_t codecs_refused = 0;  // allocations

  MemoryInUse& operator+=(const MemoryInUse& other) {
    sessions += other.sessions;
    sessions_refused += other.sessions_refused;
    sessions_dropped += other.sessions_dropped;
    reassembly += other.reassembly;
    defrag += other.defrag;
    rule_streams += other.rule_streams;
    codecs += other.codecs;
    codecs_refused += other.codecs_refused;
    return *this;
  }
};

// Where packets went before they were decoded. For every strategy, once all is read:
// kernel_packets = kernel_drops + filtered + shunted + sampled_out + decoder.pkts.
struct CaptureRecord {
  std::uint64_t kernel_packets = 0;  // that the strategy saw, whatever became of them
  std::uint64_t kernel_drops = 0;    // for want of room in the ring
  std::uint64_t filtered = 0;        // not what the filter takes; only where it runs after counting
  std::uint64_t shunted = 0;         // counted into their flows in the kernel, never handed over
  std::uint64_t shunted_bytes = 0;
  std::uint64_t shunted_flows = 0;
  std::uint64_t sampled_out = 0;     // of flows not looked at while there was too much to do
  std::uint64_t payloads_left = 0;   // of encrypted flows: decoded and not looked into, likewise
  std::uint64_t overload_level = 0;  // pipeline/overload.h; of the worker that is worst off
  std::uint64_t sampled_one_in = 1;  // of new flows, likewise
  std::uint64_t nic_packets = 0;     // received and sent by the interfaces
  std::uint64_t nic_drops = 0;       // rx_dropped, rx_missed and rx_fifo errors of the interfaces
  std::uint64_t interfaces = 0;      // captured on now
  std::uint64_t interface_changes = 0;
};

// Events after the engine, as the sensor counts them; all 0 where nobody does.
struct EventLedger {
  std::uint64_t spooled = 0;
  std::uint64_t dropped_by_spool = 0;
  std::uint64_t published = 0;
  std::uint64_t acknowledged = 0;
};

// What met a bound and was neither told nor kept.
struct LimitCounters {
  std::uint64_t anomalies = 0;    // beyond those told a second
  std::uint64_t list_alerts = 0;  // beyond those told of a flow
  std::uint64_t flow_labels = 0;  // domains of flows, without room for the name

  LimitCounters& operator+=(const LimitCounters& other) {
    anomalies += other.anomalies;
    list_alerts += other.list_alerts;
    flow_labels += other.flow_labels;
    return *this;
  }
};

struct StatsRecord {
  std::uint64_t uptime_seconds = 0;
  CaptureRecord capture;
  std::uint64_t events_made = 0;
  std::uint64_t events_dropped = 0;  // found the queue to the sensor full
  EventLedger events;
  bool is_live = false;  // capture, or a replay by a sensor
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t invalid = 0;
  flow::FlowTableCounters flows;
  stream::StreamCounters streams;
  MemoryInUse memory;
  decode::DefragCounters defrag;
  correlate::DnsCacheCounters dns;
  protocols::ExpectationCounters expectations;
  bool has_rules = false;
  detect::DetectCounters detect;
  detect::HostCounters hosts;
  LimitCounters limits;
};

// The value of the member "stats".
void write_stats(base::JsonWriter& json, const StatsRecord& record);

}  // namespace netmoth::output
