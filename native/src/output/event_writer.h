// Writes events as EVE JSON lines into one buffer per class and hands full buffers to a BatchSink.
//
// Invariant: every line is one complete JSON object with the header fields in Suricata's order;
// events the sink did not take are counted. Memory is one buffer of batch_bytes (plus one event)
// per class, and as many more as there are batches whose labels are late: the worker keeps them to
// kMaxLateBatches. Not thread-safe: one worker owns one writer.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "correlate/flow_labels.h"
#include "detect/detector.h"
#include "flow/flow.h"
#include "flow/flow_profile.h"
#include "output/alert_json.h"
#include "output/batch.h"
#include "output/event_header.h"
#include "output/line_batch.h"
#include "output/record_events.h"
#include "output/stats_json.h"
#include "protocols/parser.h"

namespace netmoth::output {

inline constexpr int kEventSchemaVersion = 1;
// Room for the longest ordinary event, so that appending seldom moves the buffer.
inline constexpr std::size_t kEventRoomBytes = 16U << 10;
// Batches that wait for labels before the worker waits for them.
inline constexpr std::size_t kMaxLateBatches = 4;

struct WriterOptions {
  std::string interface_name;   // EVE in_iface where a slot has no name; empty for files
  bool packet_numbers = false;  // EVE pcap_cnt
  int dns_version = 2;
  EveOptions eve;
  // A file: keep the order of events over the classes. Labels can come late only so.
  bool one_buffer = false;
  std::size_t batch_bytes = 1U << 20;
  TimestampNs alert_max_wait = 100'000'000;
  TimestampNs batch_max_wait = 1'000'000'000;
};

// The packet and flow an event is told about.
struct EventContext {
  flow::Flow* flow = nullptr;
  TimestampNs time = 0;
  std::uint64_t packet_number = 0;  // 0: none, e.g. at the end of a flow
  // Of the packet; used by the events in EndsOrder::kPacket.
  Direction direction = Direction::kToServer;
  correlate::FlowLabels labels;            // of flow, tls, http and quic events
  const decode::Packet* packet = nullptr;  // null at the end of a flow
  const decode::Packet* outermost =
      nullptr;  // of the packet's frame, where the packet is tunnelled
};

// A flow that has ended.
struct FlowEnd {
  flow::Flow& flow;
  flow::EndReason reason;
  const flow::FlowProfile* profile = nullptr;  // how it began, where that is told
  flow::BypassedCounts bypassed = {};
};

struct WriterCounters {
  std::array<std::uint64_t, kEventTypes> by_type{};
  std::uint64_t made = 0;
  std::uint64_t dropped = 0;
};

class EventWriter final : public correlate::LabelTaker {
 public:
  EventWriter(WriterOptions options, BatchSink& sink);

  // Between two packets, from here on.
  void tune(int dns_version, TimestampNs alert_max_wait, TimestampNs batch_max_wait) {
    options_.dns_version = dns_version;
    options_.alert_max_wait = alert_max_wait;
    options_.batch_max_wait = batch_max_wait;
  }

  void flow(const FlowEnd& end, TimestampNs now, const correlate::FlowLabels& labels);
  // The event or, for DNS in version 2, the events of a record (record_events.h).
  void record(const EventContext& context, const protocols::Record& record);
  // `direction` of what fired, which need not be that of the packet at hand; `record` stands beside
  // the alert where there is one.
  void alert(const EventContext& context, const AlertFacts& alert, Direction direction,
             const protocols::Record* record);
  // What a rule found.
  // A packet that a rule's tag asks for.
  void tagged_packet(const EventContext& context);
  void rule_alert(const EventContext& context, const detect::Alert& alert);
  void app_anomaly(const EventContext& context, protocols::AppProto proto, std::string_view event);
  void stream_anomaly(const EventContext& context, std::string_view event);
  // `flow` where the packet belongs to one; `packet` is null where the frame carries none.
  void decode_anomaly(const EventContext& context, std::string_view event);
  void stats(const StatsRecord& record, TimestampNs now);

  // What events call the interface in that slot from here on (EVE in_iface).
  void name_interface(std::uint8_t slot, std::string name);

  void take_labels(std::uint64_t ticket, const correlate::FlowLabels& labels) override;
  // Full batches that still wait for labels.
  [[nodiscard]] std::size_t late_batches() const { return late_.size(); }

  // Hands over everything; no label may be late.
  void flush();
  // Hands over what has waited its time; `monotonic_now` by a steady clock. Cheap when nothing is
  // due.
  void flush_due(TimestampNs monotonic_now);

  [[nodiscard]] const WriterCounters& counters() const { return counters_; }
  // The sink refused: a file that cannot be written any more.
  [[nodiscard]] bool refused() const { return refused_; }

 private:
  LineBatch& buffer_of(EventType type) {
    return buffers_[options_.one_buffer ? 0 : static_cast<std::size_t>(class_of(type))];
  }
  base::JsonWriter open(EventType type, const EventContext& context);
  [[nodiscard]] std::string_view interface_of(const EventContext& context) const;
  // What the options ask for, of the packet or else of the flow. `swapped`: not in packet order.
  void write_route(base::JsonWriter& json, const EventContext& context, bool swapped);
  base::JsonWriter open_packet_event(EventType type, const EventContext& context);
  base::JsonWriter open_flow_event(EventType type, const EventContext& context, EndsOrder order);
  // `shown`: whose source and destination the event's are.
  base::JsonWriter open_event(EventType type, const EventContext& context, Direction shown);
  void write_members(base::JsonWriter& json, const protocols::Record& record);
  void alert_of_packet(const EventContext& context, const detect::Alert& alert);
  void dns_version_2(const EventContext& context, const protocols::DnsMessage& message);
  // `flow_state` goes into netmoth.flow_state where it is not empty.
  // Labels are written where an application (or "unknown") is given; `record` adds its own members.
  void close(base::JsonWriter& json, EventType type, std::string_view flow_state = {},
             const correlate::FlowLabels& labels = {}, const protocols::Record* record = nullptr);
  void open_netmoth(base::JsonWriter& json, EventType type, std::string_view flow_state,
                    const correlate::FlowLabels& labels);
  void end_line(base::JsonWriter& json, EventType type);
  void write_netmoth(base::JsonWriter& json, const protocols::Record& record);
  void hand_over(std::size_t index);
  void put_aside(LineBatch& batch);
  void send(LineBatch& batch, EventClass event_class);

  WriterOptions options_;
  std::vector<std::string> names_;  // of interfaces, by slot
  BatchSink& sink_;
  std::array<LineBatch, kEventClasses> buffers_;
  std::deque<LineBatch> late_;    // in their order, before the first of buffers_
  std::vector<LineBatch> spare_;  // empty, with their memory
  std::string handed_;            // a batch on its way to the sink, which may take its memory
  WriterCounters counters_;
  bool refused_ = false;
};

}  // namespace netmoth::output
