// One capture file by several workers, each on a thread of its own.
//
// There is no thread for reading: whoever has little left to do deals the next chunk (dealer.h), so
// that no core waits while another reads. A ring of chunks is shared; each worker takes its hand of
// every chunk, in order. A worker more, for flows of ICMP errors, has no thread: whoever finds a
// chunk finished by all others lets it take its hand, so what it asks of them is known.
//
// Invariant: the lock is taken a few times a chunk, never per packet; kChunks exist. The events are
// those of one worker, in another order, as long as no table of a worker is full (docs/engine.md,
// "Several workers").
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "output/batch.h"
#include "pipeline/dealer.h"

namespace netmoth::pipeline {

// Chunks dealt and not yet taken that a worker likes to have in front of it.
inline constexpr std::size_t kChunksAhead = 6;
// Some more, so that one that is slower for a while does not stop the others.
inline constexpr std::size_t kChunks = 12;
static_assert(kChunks > kChunksAhead);

class ParallelRead {
 public:
  using OnProgress = std::function<bool(const Progress&)>;

  // All outlive it. What is read and counted goes into `result`, all but its fault and wall time.
  ParallelRead(const EngineConfig& engine, capture::PcapFile& source, FileRunResult& result);
  ~ParallelRead();
  ParallelRead(const ParallelRead&) = delete;
  ParallelRead& operator=(const ParallelRead&) = delete;

  // Reads the first frames, before any event is made.
  capture::SourceStatus begin() { return dealer_.begin(); }
  // Reads to the end, or until `progress` (called by one thread at a time) returns false or the
  // sink fails. The last events are handed over, a stats event last.
  void run(const output::WriterOptions& writing, output::FileSink& sink,
           const OnProgress& progress);

 private:
  class SharedSink;
  struct Lane;

  [[nodiscard]] RunShare share_of(std::size_t worker) {
    return {{&dns_, &progress_, worker}, &expectations_, &hosts_, &ends_};
  }
  void work(Lane& lane);
  // Its next chunk, dealing some first where few are left; nullptr at the end.
  Chunk* take(Lane& lane);
  [[nodiscard]] bool may_deal() const;
  void deal(std::unique_lock<std::mutex>& lock);
  // For a worker that waits for another; false: there is nothing to deal now.
  bool deal_if_any();
  void tell_change();
  void await_change(std::unique_lock<std::mutex>& lock);
  // The worker for ICMP errors has its turn at the chunks that all others are through with.
  void follow(std::unique_lock<std::mutex>& lock);
  // The next of its chunks is done with.
  void release(Lane& lane);
  Chunk& chunk_at(std::size_t index) { return *chunks_[index % chunks_.size()]; }
  void conclude(output::EventWriter& writer);

  const EngineConfig& engine_;
  const std::uint64_t seed_;
  capture::PcapFile& source_;
  FileRunResult& result_;
  correlate::DnsCache dns_;
  protocols::ExpectationTable expectations_;
  detect::HostState hosts_;
  correlate::Progress progress_;
  correlate::Progress ends_;  // of flows, where rules look at what workers share
  Dealer dealer_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<Lane> errors_;

  // Of whoever deals.
  output::EventWriter* front_writer_ = nullptr;
  SharedSink* sink_ = nullptr;
  const OnProgress* on_progress_ = nullptr;
  std::uint64_t next_report_ = kProgressFrames;

  // Counts what `changed_` tells, to be looked at without the lock: waits are short mostly.
  std::atomic<std::uint32_t> changes_{0};
  // Guards all below, and with `dealing_` hands the dealer on from thread to thread.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t dealt_ = 0;
  std::size_t finished_ = 0;  // by all
  bool dealing_ = false;
  bool following_ = false;
  bool ended_ = false;
};

}  // namespace netmoth::pipeline
