// Matches one worker's packets, streams and transactions against a rule set.
//
// Invariant: one worker owns one detector; the rule set is shared and exchanged between two
// packets. What does not concern any rule costs one look at an empty group. Alerts of one look are
// told in the set's order.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "detect/detect_counters.h"
#include "detect/fields.h"
#include "detect/flow_state.h"
#include "detect/host_state.h"
#include "detect/inspect.h"
#include "detect/profile.h"
#include "detect/rule_set.h"

namespace netmoth::detect {

struct Alert {
  const Rule* rule = nullptr;
  Direction direction = Direction::kToServer;  // of what matched
  const protocols::Record* record = nullptr;   // of the transaction, where one matched
  std::uint64_t tx_id = 0;
  bool has_tx = false;
  bool stream = false;        // the payload is a piece of a stream
  bool passed = false;        // a pass rule matched beside it: Suricata's action-order
  std::uint64_t missing = 0;  // octets that were never seen, right before the payload
  Bytes payload;              // that was looked at; valid during the call
  std::span<const FlowVariable> packet_variables;  // the same
  std::span<const KeptFile> files;  // of the flow, some of other transactions; the same
  std::array<Bytes, 2> bodies;      // of the transaction, by direction; the same
};

class AlertSink {
 public:
  virtual ~AlertSink() = default;
  virtual void on_alert(const Alert& alert) = 0;
  // Before what all workers share is looked at: returns when whoever comes first has done so.
  virtual void await_turn() {}
};

// What is looked at: the worker's present packet, and the flow it belongs to.
struct Subject {
  const decode::Packet* packet = nullptr;  // null at the end of a flow
  flow::Flow* flow = nullptr;              // null where it belongs to none
  Direction direction = Direction::kToServer;
  TimestampNs now = 0;
};

class Detector final : private DatasetMemory {
 public:
  // Octets of streams that wait to be looked at, over all flows.
  static constexpr std::size_t kStreamBytes = std::size_t{32} << 20;

  // `sink` and `hosts`, which workers may share, outlive it. `most_alerts` of one packet are told
  // (Suricata's packet-alert-max); `stream_bytes` wait at most, then looks come early.
  Detector(AlertSink& sink, HostState& hosts, std::size_t most_alerts,
           std::size_t stream_bytes = kStreamBytes)
      : sink_(sink),
        hosts_(hosts),
        most_alerts_(most_alerts),
        pool_(std::make_shared<stream::BufferPool>(stream_bytes)) {
    match_.datasets = this;
  }

  // nullptr: none. Flows keep what they remember. `ahead`: all of it is made ready now (live), not
  // what is met when it is met (files). False: no memory for the set.
  bool use(std::shared_ptr<const RuleSet> set, bool ahead = true);
  // The same for a set that another thread has loaded, with room prepared for it. Both are then
  // what was in use before, for that thread to free. `now` is packet time.
  void exchange(std::shared_ptr<const RuleSet>& set, PatternScratch& scratch, TimestampNs now);
  [[nodiscard]] const RuleSet* rules() const { return set_.get(); }
  // Contents are kept whether rules look into them or not.
  void keep_bodies(bool keep) { keep_bodies_ = keep; }
  // Measures every test of a rule into `profile`, which outlives it; nullptr: nothing is measured.
  void measure_into(RuleProfile* profile) { profile_ = profile; }
  [[nodiscard]] const DetectCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t held_bytes() const { return pool_->used(); }

  // Another packet, or the end of a flow: alerts are counted and rules told once for each.
  void begin();
  // A packet, after its flow and its stream have taken it. `in_stream`: its payload is part of a
  // stream that on_stream() will be told of.
  void on_packet(const Subject& subject, bool in_stream);
  // The next octets of a side's stream, before they are parsed, so that what is looked at because a
  // message is complete has its end.
  void on_stream(const Subject& subject, Bytes data);
  // They were parsed. Returns whether more of the stream is wanted.
  bool on_stream_parsed(const Subject& subject);
  // `missing` octets of it were never seen.
  void on_stream_hole(const Subject& subject, std::uint64_t missing);
  [[nodiscard]] bool wants_stream(const flow::Flow& flow) const;
  // The request of a transaction is complete; its record follows later. Until then it is in
  // next_request(), once, and may be looked at by itself.
  void on_request(flow::Flow& flow, std::uint64_t tx_id);
  std::optional<std::uint64_t> next_request(flow::Flow& flow);
  void look_at_request(const Subject& subject, const protocols::Record& record);
  // One transaction, message or handshake.
  void on_record(const Subject& subject, const protocols::Record& record);
  // A file ended; its transaction is told of later.
  void on_file(const Subject& subject, const protocols::FileInfo& file);
  void on_content(const Subject& subject, const protocols::ContentPiece& piece);
  // Suricata's name with its prefix, as docs/events-decoder.md and the parsers have it.
  void on_event(const Subject& subject, std::string_view name);
  [[nodiscard]] bool wants_events() const { return set_ != nullptr && set_->has_event_rules(); }
  void on_flow_end(const Subject& subject);
  // No rule looks into what comes of the flow, and no tag counts it: it is encrypted.
  [[nodiscard]] bool is_done_with(const flow::Flow& flow) const;
  // As much of one of its sides was looked at as ever will be, and no tag counts it.
  [[nodiscard]] bool is_past_depth(const flow::Flow& flow) const;
  // The packet was looked at: whether a tag asks for it to be told.
  [[nodiscard]] bool tags_packet(const Subject& subject);
  // The limit of alerts is each flow's own where it ends: sets how many were told, returns the
  // number before, for the packet at hand.
  std::size_t exchange_told(std::size_t told) { return std::exchange(told_, told); }

 private:
  static constexpr TimestampNs kAlways = std::numeric_limits<TimestampNs>::min();
  class Candidates;
  struct Look;  // one look at one thing

  FlowState& state_of(flow::Flow& flow);
  void flush_stream(const Subject& subject, Direction direction);
  static bool tests_addresses(const Subject& subject);
  void inspect_payload(const Subject& subject, Layer layer, Bytes payload);
  void inspect_stream(const Subject& subject, StreamWindow& window, Bytes with_tail);
  void find_candidates(Look& look, Bytes data);
  TxView view_of(const Subject& subject, const protocols::Record& record);
  static BufferView payload_of(const Subject& subject, Direction direction);
  void inspect_tx(const Subject& subject, const TxView& tx, Direction direction);
  std::span<const Bytes> values_of(const TxView& tx, const Inspection& inspection,
                                   Direction direction);
  bool matches(const Rule& rule, Look& look);
  bool measured(const Rule& rule, std::uint32_t place, Look& look);
  bool matches_contents(const Rule& rule, Look& look);
  bool matches_one_file(const Rule& rule, Look& look);
  bool matches_inspections(const Rule& rule, Look& look);
  bool matches_over_border(const Rule& rule, Look& look);
  bool matches_all(const Rule& rule, Look& look, const BufferView& payload);
  bool matches_tx_inspection(const Inspection& inspection, Look& look, MatchState& state);
  void check(std::span<const std::uint32_t> places, Look& look);
  void found(const Rule& rule, std::uint32_t place, Look& look);
  void queue_alert(const Rule& rule, const Look& look);
  void add_tags(const Rule& rule, const Look& look);
  // By a suppression or a rate.
  bool is_suppressed(const Rule& rule, const Look& look);

  // state_operations.cc
  bool holds(const StateOperation& operation, Look& look);
  void carry_out(const StateOperation& operation, Look& look);
  void keep_captures(const Rule& rule, Look& look);
  bool look_up(const DatasetMatch& match, Bytes value) override;

  AlertSink& sink_;
  HostState& hosts_;
  std::shared_ptr<const RuleSet> set_;
  PatternScratch scratch_;
  Inspector inspector_;
  DetectCounters counters_;
  MatchState match_;
  TimestampNs moment_ = 0;             // of the look
  std::vector<std::uint32_t> found_;   // candidates of the present look
  std::vector<Alert> queue_;           // of the present look, to be told at its end
  std::vector<std::uint32_t> stamps_;  // by rule: the look that found it
  std::uint32_t stamp_ = 0;
  std::vector<std::uint32_t> alerted_;  // payload rules of the present packet, by direction
  std::vector<FlowVariable> packet_variables_;
  std::vector<std::uint32_t> told_now_;  // rules that have matched in the present look
  bool keep_bodies_ = false;
  bool packet_passed_ = false;  // by a rule on its header
  std::size_t told_ = 0;        // alerts since the present packet began
  std::size_t most_alerts_;
  std::shared_ptr<stream::BufferPool> pool_;  // with the flows that hold some of it
  struct CachedValues {
    std::uint32_t stamp = 0;
    BufferValues values;
  };
  std::vector<std::array<CachedValues, 2>> cache_;  // by key and side, of the present transaction
  std::uint32_t tx_stamp_ = 0;
  std::uint64_t serial_ = 0;  // of the set in use
  RuleProfile* profile_ = nullptr;
  // Streams of flows that began before are not looked into: their start was not seen.
  TimestampNs streams_since_ = kAlways;
  TimestampNs bodies_since_ = kAlways;  // the same of bodies that are under way
};

}  // namespace netmoth::detect
