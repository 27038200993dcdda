// Hands a new set of signatures to the workers of a live run while they run.
//
// Invariant: every worker takes what is offered between two batches of its own, so a packet is
// matched with one set as a whole; asking whether there is something costs one load of an atomic.
// What a worker had before goes back to the thread that offered, which frees it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "pipeline/worker.h"

namespace netmoth::pipeline {

class SignatureExchange {
 public:
  // Before any thread runs: so many workers take part, by their number.
  void expect(std::size_t workers) { places_.resize(workers); }

  // By the loading thread, one at a time: a part for each worker. Returns once all have taken
  // theirs or have left.
  void offer(std::vector<WorkerSignatures> parts);

  // By a worker. `seen` is its own.
  void take_if_offered(std::size_t number, std::uint64_t& seen, Worker& worker) {
    // Acquire is the mutex's task in take(); here it is enough to see the number some time.
    if (version_.load(std::memory_order_relaxed) != seen) [[unlikely]]
      take(number, seen, worker);
  }
  // It takes nothing any more.
  void leave(std::size_t number);

 private:
  void take(std::size_t number, std::uint64_t& seen, Worker& worker);
  [[nodiscard]] bool all_done() const;

  enum class Place : std::uint8_t { kIdle, kOffered, kLeft };
  std::atomic<std::uint64_t> version_{0};
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<WorkerSignatures> parts_;
  std::vector<Place> places_;
};

}  // namespace netmoth::pipeline
