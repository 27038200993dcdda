// How far each worker of a run has come in packet time, so that one that is ahead asks the DNS
// cache only when the others have told it all they saw before. For captures read from a file by
// several workers; on the wire the kernel keeps them together, and a lookup comes later than the
// connection's first packet anyway.
//
// Invariant: nobody waits for ever. Whoever waits has published its own time first and waits for
// times not later than that, so the worker that is furthest behind never waits; a worker without
// input is moved on by reach() (Worker::on_idle) and by finish().
//
// One atomic a worker, on a cache line of its own. reach() stores with release, await() loads with
// acquire: whoever sees a time sees all answers learnt before it (the cache's own mutexes would do
// for the data; the order is what makes "all" true).
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <memory>

#include "base/backoff.h"
#include "base/types.h"

namespace netmoth::correlate {

class Progress {
 public:
  // One more may have a part, number `workers`, for whom nobody waits.
  explicit Progress(std::size_t workers)
      : count_(workers), places_(std::make_unique<Place[]>(workers + 1)) {}

  // What a worker does while it waits, as long as it returns true. Set before there are threads.
  void meanwhile(std::function<bool()> work) { meanwhile_ = std::move(work); }

  // `worker` has handled every packet earlier than `time`.
  void reach(std::size_t worker, TimestampNs time) {
    std::atomic<TimestampNs>& mine = places_[worker].time;
    // Only its own worker stores here, so the load needs no order.
    if (time > mine.load(std::memory_order_relaxed)) mine.store(time, std::memory_order_release);
  }
  void finish(std::size_t worker) { reach(worker, std::numeric_limits<TimestampNs>::max()); }

  // All other workers have handled every packet earlier than this.
  [[nodiscard]] TimestampNs others(std::size_t worker) const {
    TimestampNs earliest = std::numeric_limits<TimestampNs>::max();
    for (std::size_t other = 0; other < count_; ++other) {
      if (other != worker)
        earliest = std::min(earliest, places_[other].time.load(std::memory_order_acquire));
    }
    return earliest;
  }
  // Returns when every worker has handled all packets earlier than `time`, which is not later than
  // what `worker` itself has reached.
  void await(std::size_t worker, TimestampNs time) const {
    for (std::size_t other = 0; other < count_; ++other) {
      if (other == worker) continue;
      base::Backoff backoff;
      while (places_[other].time.load(std::memory_order_acquire) < time)
        if (!meanwhile_ || !meanwhile_()) backoff.wait();
    }
  }

 private:
  struct alignas(64) Place {
    std::atomic<TimestampNs> time{std::numeric_limits<TimestampNs>::min()};
  };

  std::size_t count_;
  std::unique_ptr<Place[]> places_;
  std::function<bool()> meanwhile_;
};

// A worker's part in a run: the cache it shares, and its place among the others where they must
// keep together.
struct DnsShare {
  class DnsCache* cache = nullptr;  // nullptr: the worker keeps one of its own
  Progress* progress = nullptr;
  std::size_t worker = 0;
};

}  // namespace netmoth::correlate
