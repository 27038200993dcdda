// Live capture (or a replay) by one or several workers, each with a thread, a source and a table.
//
// Invariant: after request_stop() every thread ends its flows with reason shutdown, hands over its
// last batches and only then is on_end() called, once, by the last thread. Counters are published
// under a mutex, at most kPublishNs late.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "capture/live_capture.h"
#include "pipeline/file_run.h"
#include "pipeline/signature_exchange.h"
#include "pipeline/worker.h"

namespace netmoth::pipeline {

inline constexpr TimestampNs kPublishNs = 100'000'000;

struct LiveOptions {
  std::string interface_name;  // names and patterns (capture/interface_choice.h); empty: replay
  capture::Strategy strategy = capture::Strategy::kAuto;
  std::string pcap_library;
  bool force_xdp = false;
  std::string bpf_filter;
  bool promiscuous = true;
  bool shunt = false;  // capture/live_capture.h
  bool shed = false;   // pipeline/overload.h
  unsigned workers = 1;
  std::size_t ring_bytes = std::size_t{64} << 20;
  std::string replay_path;
  double replay_speed = 1;  // 0: as fast as can be read
  bool rebase_time = true;
  std::string bundle_path;    // compiled signatures to begin with; empty: none
  std::string pattern_cache;  // folder of compiled patterns; empty: compiled at each exchange
  EngineConfig engine;        // its sets stay empty
  TimestampNs alert_max_wait = 100'000'000;
  TimestampNs batch_max_wait = 1'000'000'000;
  std::size_t batch_bytes = 1U << 20;
};

// What of a run can change while it runs; everything else takes a new one.
struct Tuning {
  flow::FlowTimeouts timeouts;
  protocols::ProtocolSet disabled_protocols;
  int dns_version = 2;
  std::uint32_t stats_interval_seconds = 10;
  TimestampNs alert_max_wait = 100'000'000;
  TimestampNs batch_max_wait = 1'000'000'000;
};

// Called from the workers' threads.
class LiveListener {
 public:
  virtual ~LiveListener() = default;
  // False: no room, the events are dropped and counted. With `may_wait` nothing is lost by waiting
  // for room: a replay can be held back, and so can the last flush after capture ended.
  virtual bool on_batch(output::EventClass event_class, std::string& lines, std::uint32_t count,
                        bool may_wait) = 0;
  // All threads are through; `fault.code` is empty at the end of a replay and after request_stop().
  virtual void on_end(const RunFault& fault) = 0;
};

struct LiveStats {
  WorkerCounters counters;  // summed over the workers
  output::CaptureRecord capture;
};

// What the workers match with.
struct LoadedSignatures {
  std::string digest;  // "sha256:…"; empty: nothing is loaded
  std::uint64_t indicators = 0;
  detect::LoadReport rules;
  std::uint64_t memory_octets = 0;  // what all of it takes, with each worker's room for matching
  double load_seconds = 0;          // from the file until the last worker matched with it
};

class LiveRun {
 public:
  // Opens every source; nullptr and `fault` where one cannot be opened. No thread runs yet.
  static std::unique_ptr<LiveRun> open(const LiveOptions& options, LiveListener& listener,
                                       RunFault& fault);
  // Stops and joins.
  ~LiveRun();
  LiveRun(const LiveRun&) = delete;
  LiveRun& operator=(const LiveRun&) = delete;

  void start();
  void request_stop() { stop_.store(true, std::memory_order_relaxed); }
  // Returns at once after on_end() was called; else waits for it.
  void join();
  // Joins and gives back rings, sockets, programs and tables; what was counted stays to be read. By
  // the thread that asks for stats() and the like.
  void release();
  [[nodiscard]] LiveStats stats() const;
  // Nothing of a replay.
  [[nodiscard]] capture::CaptureStatus capture_status() const;
  // Since the last call.
  [[nodiscard]] std::vector<capture::InterfaceChange> take_interface_changes();
  // What has become of the events handed over, told in the next stats event.
  void set_event_ledger(const output::EventLedger& ledger);
  // The spool has little room left: as good as a full ring.
  void set_backlog(bool backlog) { backlog_.store(backlog, std::memory_order_relaxed); }
  // Loads a bundle on the calling thread and exchanges what workers match with; an empty path:
  // nothing. With a fault (a reason of contracts/src/bundle-faults.ts) all stays as it was. One at
  // a time; takes until every worker has come to the end of a batch.
  [[nodiscard]] RunFault swap_signatures(const std::string& path);
  [[nodiscard]] LoadedSignatures signatures() const;
  // Every worker takes it between two of its batches, some 50 ms later at most; no packet is lost.
  void tune(const Tuning& tuning);

 private:
  struct Lane;
  LiveRun(const LiveOptions& options, LiveListener& listener);
  static std::unique_ptr<LiveRun> open_sources(std::unique_ptr<LiveRun> run, RunFault& fault);
  bool open_capture(RunFault& fault);
  Lane& add_lane(capture::FrameSource& source);
  [[nodiscard]] RunFault prepare(const std::string& path, std::vector<WorkerSignatures>& parts,
                                 LoadedSignatures& loaded) const;
  void run(Lane& lane);
  void loop(Lane& lane);
  void take_tuning(Lane& lane);
  void publish(Lane& lane);
  void weigh(Lane& lane, TimestampNs now);
  void write_stats(Lane& lane);

  LiveOptions options_;
  LiveListener& listener_;
  // Of all lanes, which they outlive; gone after release().
  std::optional<correlate::DnsCache> dns_;
  std::optional<protocols::ExpectationTable> expectations_;
  std::optional<detect::HostState> hosts_;
  SignatureExchange exchange_;                     // of all lanes
  std::unique_ptr<capture::LiveCapture> capture_;  // null: a replay; outlives the lanes
  std::vector<std::unique_ptr<Lane>> lanes_;
  // Only a flag, polled by the lanes: nothing else is published through it.
  std::atomic<bool> stop_{false};
  std::atomic<unsigned> running_{0};
  std::atomic<bool> backlog_{false};  // likewise
  // Of what tuning_ says; a lane that sees another number takes the mutex and reads it.
  std::atomic<std::uint64_t> tuning_version_{0};
  Tuning tuning_;             // guarded by mutex_
  std::mutex swapping_;       // of the thread that exchanges signatures
  mutable std::mutex mutex_;  // guards the lanes' published counters, fault_ and signatures_
  RunFault fault_;
  LoadedSignatures signatures_;
  output::EventLedger ledger_;           // likewise
  std::optional<LiveStats> last_;        // of release()
  capture::CaptureStatus last_capture_;  // likewise
  TimestampNs started_ = 0;
};

}  // namespace netmoth::pipeline
