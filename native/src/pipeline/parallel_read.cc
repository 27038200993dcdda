#include "pipeline/parallel_read.h"

#include <random>
#include <thread>

namespace netmoth::pipeline {
namespace {

std::uint64_t random_seed() {
  std::random_device entropy;
  return std::uint64_t{entropy()} << 32 | entropy();
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
  Lane(const EngineConfig& engine, std::uint64_t seed, const correlate::DnsShare& dns,
       protocols::ExpectationTable& expectations, const output::WriterOptions& writing,
       output::BatchSink& sink)
      : number(dns.worker),
        writer(writing, sink),
        worker(engine, writer, seed, dns, &expectations) {}
  std::size_t number;
  output::EventWriter writer;
  Worker worker;
  std::size_t next = 0;  // of the chunks; guarded by mutex_
  std::thread thread;
};

ParallelRead::ParallelRead(const EngineConfig& engine, capture::PcapFile& source,
                           FileRunResult& result)
    : engine_(engine),
      seed_(random_seed()),
      source_(source),
      result_(result),
      dns_(engine.dns_cache_entries, seed_),
      progress_(engine.workers),
      dealer_(source, decoder_options(engine, seed_), result) {
  for (std::size_t i = 0; i < engine.workers + kChunksAhead; ++i)
    chunks_.push_back(std::make_unique<Chunk>(engine.workers));
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
    const correlate::DnsShare dns{&dns_, &progress_, i};
    lanes_.push_back(std::make_unique<Lane>(engine_, seed_, dns, expectations_, writing, shared));
  }
  for (const auto& lane : lanes_)
    lane->thread = std::thread([this, each = lane.get()] { work(*each); });
  for (const auto& lane : lanes_)
    lane->thread.join();
  conclude(front_writer);
}

void ParallelRead::work(Lane& lane) {
  while (Chunk* chunk = take(lane)) {
    lane.worker.process_dealt(chunk->hands[lane.number]);
    lane.worker.idle(chunk->clock);
    release(lane);
  }
  lane.worker.finish(flow::EndReason::kShutdown);
  lane.writer.flush();
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
      changed_.wait(lock);
    }
  }
}

bool ParallelRead::may_deal() const {
  return !ended_ && !dealing_ && chunks_[dealt_ % chunks_.size()]->unfinished == 0;
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
  changed_.notify_all();
}

void ParallelRead::release(Lane& lane) {
  const std::lock_guard lock(mutex_);
  if (--chunk_at(lane.next).unfinished == 0) changed_.notify_all();
  ++lane.next;
}

void ParallelRead::conclude(output::EventWriter& writer) {
  for (const auto& lane : lanes_)
    result_.counters += lane->worker.counters();
  WorkerCounters front = dealer_.front().counters();
  front.events_made = writer.counters().made;
  front.events_dropped = writer.counters().dropped;
  front.events_by_type = writer.counters().by_type;
  result_.counters += front;
  dns_.expire(dealer_.front().clock().now);
  result_.counters.dns = dns_.counters();
  result_.counters.expectations = expectations_.counters();
  write_stats(result_, dealer_.front().clock().now, writer);
}

}  // namespace netmoth::pipeline
