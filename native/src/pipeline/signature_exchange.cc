#include "pipeline/signature_exchange.h"

#include <algorithm>
#include <utility>

namespace netmoth::pipeline {

void SignatureExchange::offer(std::vector<WorkerSignatures> parts) {
  std::unique_lock lock(mutex_);
  parts_ = std::move(parts);
  for (Place& place : places_) {
    if (place == Place::kIdle) place = Place::kOffered;
  }
  version_.fetch_add(1, std::memory_order_relaxed);
  changed_.wait(lock, [this] { return all_done(); });
  // What was in use is freed by the caller's thread, and while nobody waits for the lock.
  parts = std::exchange(parts_, {});
  lock.unlock();
}

bool SignatureExchange::all_done() const {
  return std::ranges::find(places_, Place::kOffered) == places_.end();
}

void SignatureExchange::take(std::size_t number, std::uint64_t& seen, Worker& worker) {
  const std::lock_guard lock(mutex_);
  seen = version_.load(std::memory_order_relaxed);
  if (places_[number] != Place::kOffered) return;
  worker.exchange(parts_[number]);
  places_[number] = Place::kIdle;
  changed_.notify_all();
}

void SignatureExchange::leave(std::size_t number) {
  const std::lock_guard lock(mutex_);
  places_[number] = Place::kLeft;
  changed_.notify_all();
}

}  // namespace netmoth::pipeline
