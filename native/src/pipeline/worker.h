// One worker: everything that happens to a frame, from decoding to the event line.
//
// Invariant: it owns its flow table, its reassembly memory and its writer. The DNS cache alone is
// shared, and locked for moments per answer and per flow, never per packet. Time is packet time: it
// never runs backwards, and only on_idle() moves it without a packet.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "correlate/flow_labels.h"
#include "decode/decoder.h"
#include "detect/detector.h"
#include "flow/flow_table.h"
#include "output/event_writer.h"
#include "pipeline/anomaly_limit.h"
#include "pipeline/dealt.h"
#include "pipeline/front.h"
#include "pipeline/indicator_alerts.h"
#include "pipeline/overload.h"
#include "pipeline/session_memory.h"
#include "pipeline/shunted_flows.h"
#include "pipeline/tcp_sessions.h"
#include "pipeline/turn.h"
#include "pipeline/worker_counters.h"
#include "protocols/magic.h"
#include "protocols/parser.h"

namespace netmoth::pipeline {

// What contracts/src/engine-config.ts describes.
struct EngineConfig {
  std::size_t max_flows = 100'000;
  std::size_t reassembly_bytes = std::size_t{64} << 20;
  std::size_t defrag_bytes = std::size_t{16} << 20;
  // Of what parsers and the bookkeeping of streams hold, and routes of tunnelled flows.
  std::size_t session_bytes = std::size_t{128} << 20;
  // Of octets of streams that wait for rules to look at them.
  std::size_t rule_stream_bytes = detect::Detector::kStreamBytes;
  // Of the decompressors of all bodies that a worker decodes at a time: some 1,500 of gzip.
  std::size_t codec_bytes = std::size_t{64} << 20;
  decode::DefragPolicy defrag_policy = decode::DefragPolicy::kLinux;
  flow::FlowTimeouts timeouts;
  flow::FlowEmergency emergency;
  bool validate_checksums = true;
  bool midstream = false;
  bool midstream_tls = true;
  bool async_oneside = false;
  stream::OverlapPolicy overlap_policy = stream::OverlapPolicy::kLinux;
  base::HostPolicies host_policies;  // of fragments and segments
  int dns_version = 2;
  output::EveOptions eve;
  protocols::ProtocolSet disabled_protocols;
  std::uint32_t snap_length = 65'535;
  std::uint32_t stats_interval_seconds = 10;
  std::size_t dns_cache_entries = 65'536;  // of the whole run, not of a worker
  bool file_events = true;                 // fileinfo; the next ones say what is in them
  base::DigestKinds file_digests;
  bool file_magic = false;
  std::shared_ptr<const detect::IndicatorSet> indicators;  // nullptr: no lists
  unsigned workers = 1;                          // of a file run; live capture has its own number
  std::shared_ptr<const detect::RuleSet> rules;  // nullptr: none
  bool compile_on_use = false;                   // a file can wait, an interface cannot
  detect::RuleProfile* profile = nullptr;        // of one worker, which it outlives; nullptr: none
  std::size_t packet_alert_max = 15;
  std::size_t rule_state_entries = detect::kMaxHostEntries;  // of the whole run
};

// What the workers of one run share; all outlive them. Without it a worker keeps its own.
struct RunShare {
  correlate::DnsShare dns;
  protocols::ExpectationTable* expectations = nullptr;
  detect::HostState* hosts = nullptr;
  correlate::Progress* ends = nullptr;  // of flows, where dns.progress is given
  capture::FlowShunt* shunt = nullptr;  // keeps packets in the kernel; nullptr: there is none
};

// What one worker matches with: sets that all share, and room of its own.
struct WorkerSignatures {
  std::shared_ptr<const detect::IndicatorSet> indicators;
  std::shared_ptr<const detect::RuleSet> rules;
  detect::PatternScratch scratch;  // prepared for `rules`
};

decode::DecoderOptions decoder_options(const EngineConfig& config, std::uint64_t seed);

// Packets after which a flow that nobody wants more of is shunted: then its share of the work is
// worth the two system calls. More than a profile looks at.
inline constexpr std::uint64_t kShuntAfterPackets = 128;

// Frames decoded ahead so that their flows are in the cache when their turn comes.
inline constexpr std::size_t kBatchFrames = 32;

class Worker final : private flow::FlowEndListener,
                     private protocols::TransactionSink,
                     private detect::AlertSink,
                     private TcpHost {
 public:
  // `writer` outlives the worker. `seed` scatters the table (random for live capture).
  Worker(const EngineConfig& config, output::EventWriter& writer, std::uint64_t seed,
         const RunShare& share = {});
  ~Worker() override;

  // At most kBatchFrames frames; their bytes need to live during the call only.
  void process(std::span<const decode::Frame> frames);
  // What was dealt to this worker, and the odd packets of the chunk. The clocks it brings stand for
  // the worker's own.
  void process_dealt(const Hand& hand);
  // No packets arrived, but time has passed: flows may be due.
  void on_idle(TimestampNs now);
  // The same, for one that is dealt packets.
  void idle(const FrameClock& clock);
  // Ends every flow. The writer is not flushed.
  void finish(flow::EndReason reason);
  // Between two batches: matches with `next` from here on, which is then what was in use before.
  // Flows, streams and what rules remember of them go on.
  void exchange(WorkerSignatures& next);

  // Between two batches: flows age by `timeouts`, and protocols of `disabled` are no longer
  // recognised; a session under way goes on.
  void tune(const flow::FlowTimeouts& timeouts, const protocols::ProtocolSet& disabled);

  // Between two batches: leaves more or less undone from here on (overload.h).
  void shed(Overload level, std::uint8_t sampling);

  [[nodiscard]] WorkerCounters counters() const;
  // Of what parsers and streams may hold, the share that is held.
  [[nodiscard]] double memory_share() const;
  [[nodiscard]] TimestampNs now() const { return now_; }

 private:
  void process_all(std::span<const decode::Frame> frames);
  void process_sample(std::span<const decode::Frame> frames);
  [[nodiscard]] bool is_sampled_out(const decode::Frame& frame);
  [[nodiscard]] bool leaves_payload(const flow::Flow& flow, const decode::Packet& packet) const;
  void want_contents();
  void handle(const decode::DecodedFrame& frame, std::uint32_t first_hash);
  void enter(const decode::Packet& packet, const decode::Packet* outermost);
  // `told`: its event is written, not only looked at by rules.
  void tell_decode_anomaly(decode::DecodeEvent event, bool told);
  [[nodiscard]] const decode::Packet& packet_in(const Hand& hand, const Dealt& dealt,
                                                decode::DecodedFrame& decoded);
  void handle_odd(const OddPacket& odd, std::uint32_t hash);
  // What the others have learnt meanwhile.
  void keep_up();
  void advance(const FrameClock& clock);
  // Rules look at what other workers change: flows end in one order.
  [[nodiscard]] bool in_order() const {
    return detector_.rules() != nullptr && detector_.rules()->shares_state();
  }
  void expire();
  void begin_end(const flow::Flow& flow, flow::EndReason reason);
  void end_flows_before(TimestampNs order);
  [[nodiscard]] flow::FlowTable::Match find_alive(const flow::FlowKey& key, std::uint32_t hash);
  bool handle_quoting(const decode::Packet& packet);
  void handle_packet(const decode::Packet& packet, std::uint32_t hash);
  flow::Flow& open_flow(const decode::Packet& packet, flow::FlowKey key, std::uint32_t hash,
                        Direction& direction);
  void remember_beginning(const flow::Flow& flow, Direction direction,
                          const decode::Packet& packet);
  [[nodiscard]] const flow::FlowProfile* profile_of(const flow::Flow& flow) const {
    return profiles_ ? &profiles_->at(table_.place_of(flow)) : nullptr;
  }
  void remember_route(flow::Flow& flow, Direction direction, const decode::Packet& packet);
  void inspect(flow::Flow& flow, Direction direction, const decode::Packet& packet);
  void handle_payload(flow::Flow& flow, Direction direction, const decode::Packet& packet);
  void end_session(flow::Flow& flow);
  [[nodiscard]] bool is_done_with(const flow::Flow& flow) const;
  [[nodiscard]] bool can_be_shunted(const flow::Flow& flow) const;
  void shunt_if_done(flow::Flow& flow);
  void resume(flow::Flow& flow, Direction direction, const decode::Packet& packet);
  void handle_datagram(flow::Flow& flow, Direction direction, const decode::Packet& packet);
  bool anomaly_allowed(std::string_view name);
  [[nodiscard]] output::EventContext context(Direction direction) const;

  void on_flow_end(flow::Flow& flow, flow::EndReason reason) override;

  // Alerts come before the event of what they are about.
  void on_record(Direction direction, const protocols::Record& record) override;
  void on_inspected(Direction direction, const protocols::Record& record) override;
  void on_request(std::uint64_t tx_id) override;
  void detect_requests(flow::Flow& flow);
  void tell_tagged(Direction direction);
  void detect_packet(flow::Flow& flow, bool in_stream);
  void detect_decode_event(flow::Flow* flow, std::string_view name);
  void on_content(protocols::AppProto proto, const protocols::ContentPiece& piece) override;
  void on_alert(const detect::Alert& alert) override;
  void await_turn() override { turn_.await(); }
  void on_stream_event(Direction direction, std::string_view name) override;
  void on_stream_data(Direction direction, Bytes data) override;
  bool on_stream_parsed(Direction direction) override;
  void on_stream_hole(Direction direction, std::uint64_t missing) override;
  [[nodiscard]] bool wants_stream(const flow::Flow& flow) const override;
  [[nodiscard]] detect::Subject subject(Direction direction) const;
  void detect_alone(const decode::Packet& packet);
  void detect_error(flow::Flow& flow, Direction direction);
  void on_anomaly(protocols::AppProto proto, std::string_view event, Direction direction) override;
  void on_expectation(const protocols::Expectation& expectation) override;
  protocols::ExpectedParser take_expected() override;
  std::optional<protocols::ExpectedTransfer> recall_expected() override;
  [[nodiscard]] const protocols::ContentSettings& content() const override { return content_; }

  EngineConfig config_;
  output::EventWriter& writer_;
  Front front_;
  base::CodecMemory codec_memory_;
  protocols::MagicFinder magic_;
  protocols::ContentSettings content_;
  IndicatorAlerts indicators_;
  SessionMemory session_memory_;
  TcpSessions sessions_;
  std::unique_ptr<correlate::DnsCache> own_dns_;
  correlate::Labeller labeller_;
  std::unique_ptr<protocols::ExpectationTable> own_expectations_;
  protocols::ExpectationTable& expectations_;
  std::unique_ptr<detect::HostState> own_hosts_;
  detect::Detector detector_;
  Turn turn_;
  TimestampNs boundary_ = 0;  // up to which flows have ended, where they do in order
  flow::FlowTable table_;
  std::optional<flow::ProfilePlaces> profiles_;  // beside the table, where wanted
  ShuntedFlows shunted_;
  std::uint64_t shunt_after_;  // packets
  Overload overload_ = Overload::kNone;
  std::uint8_t sampling_ = 0;  // of new flows one in two to the power of this is looked at
  std::uint64_t sampled_out_ = 0;
  std::uint64_t payloads_left_ = 0;
  std::vector<decode::DecodedFrame> decoded_;
  FlowAnomalyLimit anomalies_;
  TimestampNs now_ = 0;
  TimestampNs order_ = 0;

  Announced announced_ = Announced::kPerhaps;  // of the packet at hand
  // What the events of the moment are about.
  bool ending_ = false;
  bool passing_ = false;  // flows end because of the time, not of a packet
  flow::Flow* current_flow_ = nullptr;
  std::uint64_t current_packet_ = 0;
  const decode::Packet* packet_ = nullptr;     // null at the end of a flow
  const decode::Packet* outermost_ = nullptr;  // of its frame, where it is tunnelled
  Direction current_direction_ = Direction::kToServer;
};

}  // namespace netmoth::pipeline
