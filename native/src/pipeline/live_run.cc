#include "pipeline/live_run.h"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "pipeline/replay_source.h"
#include "pipeline/signatures.h"

namespace netmoth::pipeline {

using capture::SourceStatus;

// One thread and what belongs to it.
struct LiveRun::Lane final : output::BatchSink {
  explicit Lane(LiveListener& to) : listener(to) {}

  bool take(output::EventClass event_class, std::string& lines, std::uint32_t count) override {
    return listener.on_batch(event_class, lines, count, may_wait);
  }

  LiveListener& listener;
  capture::FrameSource* source = nullptr;
  capture::LaneSource* wire = nullptr;           // `source`, where it can be asked how it fares
  std::unique_ptr<capture::FrameSource> replay;  // `source`, where nothing is captured
  std::unique_ptr<output::EventWriter> writer;
  std::unique_ptr<Worker> worker;
  std::thread thread;
  std::size_t number = 0;
  std::uint64_t signatures_seen = 0;
  std::uint64_t tuning_seen = 0;
  TimestampNs stats_interval = 0;
  bool first = false;
  bool may_wait = false;  // its source does not lose packets meanwhile
  OverloadLadder ladder;
  std::uint64_t drops_seen = 0;
  std::uint64_t events_dropped_seen = 0;
  TimestampNs next_look = 0;
  TimestampNs next_publish = 0;
  TimestampNs next_stats = 0;
  WorkerCounters published;
  Overload level = Overload::kNone;  // published, likewise
  std::uint8_t sampling = 0;
};

namespace {

RunFault fault_of(const capture::LiveFault& fault) {
  using capture::LiveProblem;
  switch (fault.problem) {
    case LiveProblem::kNone:
      return {};
    case LiveProblem::kNoInterface:
      return {"NM_CAPTURE_NO_INTERFACE", fault.message};
    case LiveProblem::kNoPermission:
      return {"NM_CAPTURE_NO_PRIVILEGE", fault.message};
    case LiveProblem::kBadFilter:
      return {"NM_CAPTURE_FILTER", fault.message};
    case LiveProblem::kSystem:
      return {"NM_CAPTURE_FAILED", fault.message};
  }
  return {"NM_INTERNAL", fault.message};
}

output::CaptureRecord capture_record(capture::LiveCapture& live) {
  const capture::KernelCounters kernel = live.counters();
  const capture::NicCounters nic = live.watch().nic();
  return {.kernel_packets = kernel.packets,
          .kernel_drops = kernel.drops,
          .filtered = kernel.filtered,
          .shunted = kernel.shunted,
          .shunted_bytes = kernel.shunted_bytes,
          .shunted_flows = live.shunted_flows(),
          .sampled_out = kernel.sampled_out,
          .nic_packets = nic.packets,
          .nic_drops = nic.drops,
          .interfaces = live.watch().interfaces().size(),
          .interface_changes = live.watch().changes()};
}

}  // namespace

LiveRun::LiveRun(const LiveOptions& options, LiveListener& listener)
    : options_(options),
      listener_(listener),
      dns_(std::in_place, options.engine.dns_cache_entries, std::random_device{}()),
      expectations_(std::in_place),
      hosts_(std::in_place, std::random_device{}(), options.engine.rule_state_entries) {}

std::unique_ptr<LiveRun> LiveRun::open(const LiveOptions& options, LiveListener& listener,
                                       RunFault& fault) {
  auto run = open_sources(std::unique_ptr<LiveRun>(new LiveRun(options, listener)), fault);
  if (run == nullptr) return nullptr;
  run->exchange_.expect(run->lanes_.size());
  std::vector<WorkerSignatures> parts;
  if (!options.bundle_path.empty())
    fault = run->prepare(options.bundle_path, parts, run->signatures_);
  if (!fault.code.empty()) return nullptr;
  for (std::size_t i = 0; i < parts.size(); ++i)
    run->lanes_[i]->worker->exchange(parts[i]);
  return run;
}

std::unique_ptr<LiveRun> LiveRun::open_sources(std::unique_ptr<LiveRun> run, RunFault& fault) {
  const LiveOptions& options = run->options_;
  if (options.interface_name.empty()) {
    auto replay = std::make_unique<ReplaySource>(options.replay_path, options.replay_speed,
                                                 options.rebase_time);
    if (replay->status() > SourceStatus::kTruncated) {
      fault = source_fault(options.replay_path, replay->fault());
      return nullptr;
    }
    Lane& lane = run->add_lane(*replay);
    lane.replay = std::move(replay);
    return run;
  }
  return run->open_capture(fault) ? std::move(run) : nullptr;
}

bool LiveRun::open_capture(RunFault& fault) {
  capture::CaptureSettings settings;
  settings.strategy = options_.strategy;
  settings.interfaces = options_.interface_name;
  settings.shunt = options_.shunt;
  settings.lanes = options_.workers;
  settings.source.filter = options_.bpf_filter;
  settings.source.promiscuous = options_.promiscuous;
  settings.source.snap_length = options_.engine.snap_length;
  settings.source.ring_bytes = options_.ring_bytes;
  settings.source.pcap_library = options_.pcap_library;
  settings.source.force_xdp = options_.force_xdp;
  capture::LiveFault problem;
  capture_ = capture::LiveCapture::open(settings, problem);
  if (capture_ == nullptr) {
    fault = fault_of(problem);
    return false;
  }
  for (std::size_t i = 0; i < capture_->lanes(); ++i) {
    capture::LaneSource& source = capture_->lane(i);
    Lane& lane = add_lane(source);
    lane.wire = &source;
    output::EventWriter& writer = *lane.writer;
    source.on_name([&writer](std::uint8_t slot, const std::string& name) {
      writer.name_interface(slot, name);
    });
  }
  return true;
}

LiveRun::Lane& LiveRun::add_lane(capture::FrameSource& source) {
  auto lane = std::make_unique<Lane>(listener_);
  output::WriterOptions writing;
  writing.dns_version = options_.engine.dns_version;
  writing.eve = options_.engine.eve;
  writing.batch_bytes = options_.batch_bytes;
  writing.alert_max_wait = options_.alert_max_wait;
  writing.batch_max_wait = options_.batch_max_wait;
  lane->source = &source;
  lane->writer = std::make_unique<output::EventWriter>(writing, *lane);
  capture::FlowShunt* const shunt = capture_ == nullptr ? nullptr : capture_->shunt();
  std::random_device entropy;
  lane->worker = std::make_unique<Worker>(options_.engine, *lane->writer,
                                          std::uint64_t{entropy()} << 32 | entropy(),
                                          RunShare{.dns = {&*dns_},
                                                   .expectations = &*expectations_,
                                                   .hosts = &*hosts_,
                                                   .ends = nullptr,
                                                   .shunt = shunt});
  lane->number = lanes_.size();
  lane->first = lanes_.empty();
  lane->may_wait = options_.interface_name.empty();
  lanes_.push_back(std::move(lane));
  return *lanes_.back();
}

LiveRun::~LiveRun() {
  request_stop();
  join();
}

void LiveRun::start() {
  started_ = steady_clock_ns();
  if (capture_ != nullptr) capture_->start();
  running_.store(static_cast<unsigned>(lanes_.size()), std::memory_order_relaxed);
  for (const auto& lane : lanes_)
    lane->thread = std::thread([this, each = lane.get()] { run(*each); });
}

void LiveRun::join() {
  for (const auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
}

void LiveRun::release() {
  join();
  if (last_) return;
  last_capture_ = capture_status();
  last_ = stats();
  lanes_.clear();
  capture_.reset();
  dns_.reset();
  expectations_.reset();
  hosts_.reset();
}

void LiveRun::run(Lane& lane) {
  loop(lane);
  exchange_.leave(lane.number);
  lane.may_wait = true;
  lane.worker->finish(flow::EndReason::kShutdown);
  if (lane.first) write_stats(lane);
  lane.writer->flush();
  publish(lane);
  // Acquire and release: the last lane sees the faults and batches of the others.
  if (running_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  RunFault fault;
  {
    const std::lock_guard lock(mutex_);
    fault = fault_;
  }
  listener_.on_end(fault);
}

void LiveRun::loop(Lane& lane) {
  std::array<decode::Frame, kBatchFrames> frames;
  const bool wire = capture_ != nullptr;
  lane.stats_interval = TimestampNs{options_.engine.stats_interval_seconds} * 1'000'000'000;
  lane.next_stats = steady_clock_ns() + lane.stats_interval;
  while (!stop_.load(std::memory_order_relaxed)) {
    if (tuning_version_.load(std::memory_order_relaxed) != lane.tuning_seen) [[unlikely]]
      take_tuning(lane);
    exchange_.take_if_offered(lane.number, lane.signatures_seen, *lane.worker);
    std::size_t count = 0;
    const SourceStatus status = lane.source->next_batch(frames, count);
    if (status == SourceStatus::kFrames) {
      lane.worker->process(std::span(frames).first(count));
    } else if (status == SourceStatus::kIdle) {
      // Stamps and clock go together on the wire and in a rebased replay at a pace.
      if (wire || (options_.rebase_time && options_.replay_speed > 0))
        lane.worker->on_idle(wall_clock_ns());
    } else {
      const std::lock_guard lock(mutex_);
      fault_ =
          source_fault(wire ? options_.interface_name : options_.replay_path, lane.source->fault());
      if (wire && !fault_.code.empty()) fault_.code = "NM_CAPTURE_FAILED";
      request_stop();
    }
    const TimestampNs now = steady_clock_ns();
    lane.writer->flush_due(now);
    if (options_.shed && now >= lane.next_look) weigh(lane, now);
    if (now >= lane.next_publish) {
      lane.next_publish = now + kPublishNs;
      publish(lane);
    }
    if (lane.first && now >= lane.next_stats) write_stats(lane);
  }
}

void LiveRun::weigh(Lane& lane, TimestampNs now) {
  lane.next_look = now + OverloadLadder::kLookNs;
  if (lane.wire == nullptr) return;  // a replay waits
  const std::uint64_t drops = lane.wire->counters().drops;
  const std::uint64_t events = lane.writer->counters().dropped;
  const Pressure pressure{
      .ring = lane.wire->fill(),
      .drops = drops != std::exchange(lane.drops_seen, drops),
      .memory = lane.worker->memory_share(),
      .backlog = events != std::exchange(lane.events_dropped_seen, events) ||
                 backlog_.load(std::memory_order_relaxed),
  };
  if (lane.ladder.look(pressure, now))
    lane.worker->shed(lane.ladder.level(), lane.ladder.sampling());
}

RunFault LiveRun::prepare(const std::string& path, std::vector<WorkerSignatures>& parts,
                          LoadedSignatures& loaded) const {
  const TimestampNs began = steady_clock_ns();
  Signatures next;
  if (!path.empty()) {
    const std::string refused =
        load_signatures(path, next, search_with_cache(options_.pattern_cache));
    if (refused.starts_with("BUNDLE_")) return {refused, path};
    if (!refused.empty()) return {"BUNDLE_UNREADABLE", path + ": " + refused};
  }
  parts = std::vector<WorkerSignatures>(lanes_.size());
  loaded.memory_octets = next.heap_octets;
  for (WorkerSignatures& part : parts) {
    part.rules = next.rules;
    part.indicators = next.indicators;
    if (next.rules != nullptr && !next.rules->prepare(part.scratch)) return {"BUNDLE_MEMORY", path};
    loaded.memory_octets += part.scratch.octets();
  }
  if (next.rules != nullptr) loaded.memory_octets += next.rules->compiled_octets();
  loaded.digest = std::move(next.digest);
  loaded.indicators = next.indicator_entries;
  loaded.rules = std::move(next.report);
  loaded.load_seconds = static_cast<double>(steady_clock_ns() - began) / 1e9;
  return {};
}

RunFault LiveRun::swap_signatures(const std::string& path) {
  const std::lock_guard one(swapping_);
  const TimestampNs began = steady_clock_ns();
  std::vector<WorkerSignatures> parts;
  LoadedSignatures loaded;
  RunFault fault = prepare(path, parts, loaded);
  if (!fault.code.empty()) return fault;
  exchange_.offer(std::move(parts));
  loaded.load_seconds = static_cast<double>(steady_clock_ns() - began) / 1e9;
  const std::lock_guard lock(mutex_);
  signatures_ = std::move(loaded);
  return {};
}

void LiveRun::tune(const Tuning& tuning) {
  const std::lock_guard lock(mutex_);
  tuning_ = tuning;
  tuning_version_.fetch_add(1, std::memory_order_relaxed);
}

void LiveRun::take_tuning(Lane& lane) {
  const std::lock_guard lock(mutex_);
  lane.tuning_seen = tuning_version_.load(std::memory_order_relaxed);
  lane.worker->tune(tuning_.timeouts, tuning_.disabled_protocols);
  lane.writer->tune(tuning_.dns_version, tuning_.alert_max_wait, tuning_.batch_max_wait);
  const TimestampNs interval = TimestampNs{tuning_.stats_interval_seconds} * 1'000'000'000;
  lane.next_stats += interval - lane.stats_interval;
  lane.stats_interval = interval;
}

LoadedSignatures LiveRun::signatures() const {
  const std::lock_guard lock(mutex_);
  return signatures_;
}

void LiveRun::publish(Lane& lane) {
  const WorkerCounters counters = lane.worker->counters();
  const std::lock_guard lock(mutex_);
  lane.published = counters;
  lane.level = lane.ladder.level();
  lane.sampling = lane.ladder.sampling();
}

void LiveRun::write_stats(Lane& lane) {
  const TimestampNs now = steady_clock_ns();
  lane.next_stats = now + lane.stats_interval;
  publish(lane);
  const LiveStats all = stats();
  output::StatsRecord record =
      stats_of(all.counters, static_cast<std::uint64_t>((now - started_) / 1'000'000'000));
  record.capture = all.capture;
  record.is_live = true;
  {
    const std::lock_guard lock(mutex_);
    record.events = ledger_;
  }
  lane.writer->stats(record, wall_clock_ns());
}

LiveStats LiveRun::stats() const {
  if (last_) return *last_;
  LiveStats all;
  if (capture_ != nullptr) all.capture = capture_record(*capture_);
  const std::lock_guard lock(mutex_);
  for (const auto& lane : lanes_) {
    all.counters += lane->published;
    const auto level = static_cast<std::uint64_t>(lane->level);
    all.capture.overload_level = std::max(all.capture.overload_level, level);
    const std::uint64_t one_in = std::uint64_t{1} << lane->sampling;
    all.capture.sampled_one_in = std::max(all.capture.sampled_one_in, one_in);
  }
  all.capture.sampled_out += all.counters.sampled_out;
  all.capture.payloads_left = all.counters.payloads_left;
  all.counters.dns = dns_->counters();
  all.counters.expectations = expectations_->counters();
  all.counters.hosts = hosts_->counters();
  if (capture_ == nullptr) all.capture.kernel_packets = all.counters.packets;
  return all;
}

capture::CaptureStatus LiveRun::capture_status() const {
  return capture_ == nullptr ? last_capture_ : capture_->status();
}

std::vector<capture::InterfaceChange> LiveRun::take_interface_changes() {
  if (capture_ == nullptr) return {};
  return capture_->watch().take_changes();
}

void LiveRun::set_event_ledger(const output::EventLedger& ledger) {
  const std::lock_guard lock(mutex_);
  ledger_ = ledger;
}

}  // namespace netmoth::pipeline
