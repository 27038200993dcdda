#include "pipeline/parallel_read.h"

#include <optional>
#include <random>
#include <thread>

namespace netmoth::pipeline {
namespace {

std::uint64_t random_seed() {
  std::random_device entropy;
  return std::uint64_t{entropy()} << 32 | entropy();
}

DealerOptions dealer_options(const EngineConfig& engine, std::uint64_t seed) {
  const bool detects = engine.rules != nullptr;
  return {.decoding = decoder_options(engine, seed),
          .workers = engine.workers,
          .detects = detects,
          .in_order = detects && engine.rules->shares_state()};
}

}  // namespace

// Batches of several writers, one at a time.
class ParallelRead::SharedSink final : public output::BatchSink {
 public:
  explicit SharedSink(output::FileSink& sink) : sink_(sink) {}
  bool take(output::EventClass event_class, std::string& lines, std::uint32_t count) override {
    const std::lock_guard lock(mutex_);
    return sink_.take(event_class, lines, count);
  }
  [[nodiscard]] bool failed() {
    const std::lock_guard lock(mutex_);
    return sink_.error() != 0;
  }

 private:
  std::mutex mutex_;
  output::FileSink& sink_;
};

// What one worker has for itself.
struct ParallelRead::Lane {
  Lane(const EngineConfig& engine, std::uint64_t seed, const RunShare& share,
       const output::WriterOptions& writing, output::BatchSink& sink)
      : number(share.dns.worker),
        writer(writing, sink),
        worker(std::in_place, engine, writer, seed, share) {}
  // The last events; what it held is given back by its own thread, beside the others'.
  void finish() {
    worker->finish(flow::EndReason::kShutdown);
    writer.flush();
    counters = worker->counters();
    worker.reset();
  }
  std::size_t number;
  output::EventWriter writer;
  std::optional<Worker> worker;
  WorkerCounters counters;  // once it has finished
  std::size_t next = 0;     // of the chunks; guarded by mutex_
  std::thread thread;
};

ParallelRead::ParallelRead(const EngineConfig& engine, capture::PcapFile& source,
                           FileRunResult& result)
    : engine_(engine),
      seed_(random_seed()),
      source_(source),
      result_(result),
      dns_(engine.dns_cache_entries, seed_),
      hosts_(seed_, engine.rule_state_entries),
      progress_(engine.workers),
      ends_(engine.workers),
      dealer_(source, dealer_options(engine, seed_), result) {
  for (std::size_t i = 0; i < kChunks; ++i)
    chunks_.push_back(std::make_unique<Chunk>(engine.workers));
  progress_.meanwhile([this] { return deal_if_any(); });
  ends_.meanwhile([this] { return deal_if_any(); });
}

ParallelRead::~ParallelRead() = default;

void ParallelRead::run(const output::WriterOptions& writing, output::FileSink& sink,
                       const OnProgress& progress) {
  SharedSink shared(sink);
  output::EventWriter front_writer(writing, shared);
  sink_ = &shared;
  front_writer_ = &front_writer;
  on_progress_ = &progress;
  for (std::size_t i = 0; i < engine_.workers; ++i) {
    lanes_.push_back(std::make_unique<Lane>(engine_, seed_, share_of(i), writing, shared));
  }
  errors_ = std::make_unique<Lane>(engine_, seed_, share_of(engine_.workers), writing, shared);
  // One of the threads is the caller's.
  const std::span others = std::span(lanes_).subspan(1);
  for (const auto& lane : others)
    lane->thread = std::thread([this, each = lane.get()] { work(*each); });
  work(*lanes_[0]);
  for (const auto& lane : others)
    lane->thread.join();
  errors_->worker->idle(dealer_.front().clock());
  errors_->finish();
  conclude(front_writer);
}

void ParallelRead::work(Lane& lane) {
  while (Chunk* chunk = take(lane)) {
    lane.worker->process_dealt(chunk->hand(lane.number));
    lane.worker->idle(chunk->clock);
    release(lane);
  }
  lane.finish();
}

Chunk* ParallelRead::take(Lane& lane) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const std::size_t waiting = dealt_ - lane.next;
    if (waiting < kChunksAhead && may_deal()) {
      deal(lock);
    } else if (waiting > 0) {
      return &chunk_at(lane.next);
    } else if (ended_ && !dealing_) {
      return nullptr;
    } else {
      await_change(lock);
    }
  }
}

// With the lock.
void ParallelRead::tell_change() {
  // No order is needed: who sees the count takes the lock before it looks at anything else.
  changes_.fetch_add(1, std::memory_order_relaxed);
  changed_.notify_all();
}

void ParallelRead::await_change(std::unique_lock<std::mutex>& lock) {
  const std::uint32_t before = changes_.load(std::memory_order_relaxed);
  lock.unlock();
  base::Backoff backoff;
  while (changes_.load(std::memory_order_relaxed) == before && backoff.spin()) {
  }
  lock.lock();
  changed_.wait(lock, [&] { return changes_.load(std::memory_order_relaxed) != before; });
}

bool ParallelRead::may_deal() const {
  return !ended_ && !dealing_ && dealt_ - finished_ < kChunks;
}

bool ParallelRead::deal_if_any() {
  const base::HeapAside aside;  // it may be a flow's packet that waits
  std::unique_lock lock(mutex_);
  if (!may_deal()) return false;
  deal(lock);
  return true;
}

void ParallelRead::deal(std::unique_lock<std::mutex>& lock) {
  dealing_ = true;
  Chunk& chunk = chunk_at(dealt_);
  lock.unlock();
  bool goes_on = dealer_.deal(chunk, *front_writer_);
  const bool dealt = goes_on;
  if (goes_on && result_.frames >= next_report_) {
    next_report_ = result_.frames + kProgressFrames;
    goes_on = (*on_progress_)({source_.offset_bytes(), source_.total_bytes(), result_.frames}) &&
              !sink_->failed();
  }
  lock.lock();
  dealing_ = false;
  ended_ = !goes_on;
  if (dealt) {
    chunk.unfinished = lanes_.size();
    ++dealt_;
  }
  tell_change();
}

void ParallelRead::release(Lane& lane) {
  std::unique_lock lock(mutex_);
  const std::size_t done = lane.next++;
  if (--chunk_at(done).unfinished == 0) follow(lock);
}

void ParallelRead::follow(std::unique_lock<std::mutex>& lock) {
  while (!following_ && finished_ < dealt_ && chunk_at(finished_).unfinished == 0) {
    const Chunk& chunk = chunk_at(finished_);
    if (!chunk.hands[errors_->number].empty()) {
      following_ = true;
      lock.unlock();
      errors_->worker->process_dealt(chunk.hand(errors_->number));
      errors_->worker->idle(chunk.clock);
      lock.lock();
      following_ = false;
    }
    ++finished_;
    tell_change();
  }
}

void ParallelRead::conclude(output::EventWriter& writer) {
  for (const auto& lane : lanes_)
    result_.counters += lane->counters;
  result_.counters += errors_->counters;
  WorkerCounters front = dealer_.front().counters();
  front.events_made = writer.counters().made;
  front.events_dropped = writer.counters().dropped;
  front.events_by_type = writer.counters().by_type;
  result_.counters += front;
  dns_.expire(dealer_.front().clock().now);
  result_.counters.dns = dns_.counters();
  result_.counters.expectations = expectations_.counters();
  result_.counters.hosts = hosts_.counters();
  write_stats(result_, dealer_.front().clock().now, writer);
}

}  // namespace netmoth::pipeline
