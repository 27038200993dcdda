// See expectations.h.
#include "protocols/expectations.h"

#include <functional>

namespace netmoth::protocols {

std::size_t ExpectationTable::Hash::operator()(const ExpectedEnds& ends) const {
  const auto text = [](const Address& address) {
    return std::string_view(reinterpret_cast<const char*>(address.octets.data()),
                            address.octets.size());
  };
  const std::hash<std::string_view> hash;
  return hash(text(ends.client)) * 31 + hash(text(ends.server)) * 7 + ends.server_port;
}

void ExpectationTable::forget_oldest(std::uint64_t& counter) {
  const auto [ends, number] = order_.front();
  order_.pop_front();
  const auto found = entries_.find(ends);
  if (found == entries_.end() || found->second.number != number) return;
  if (!found->second.taken) ++counter;
  entries_.erase(found);
}

void ExpectationTable::add(const ExpectedEnds& ends, const Expectation& expectation,
                           TimestampNs now) {
  const std::lock_guard lock(mutex_);
  while (!order_.empty()) {
    const auto found = entries_.find(order_.front().first);
    const bool gone = found == entries_.end() || found->second.number != order_.front().second;
    if (!gone && found->second.since + kExpectationNs >= now) break;
    forget_oldest(counters_.expired);
  }
  while (order_.size() >= kMaxExpectations)
    forget_oldest(counters_.evicted);
  const auto found = entries_.find(ends);
  const bool further = !expectation.command.empty() && found != entries_.end();
  ExpectedTransfer transfer{std::string(expectation.command), std::string(expectation.file_name)};
  if (further && found->second.transfer.command.empty()) {
    found->second.transfer = std::move(transfer);
    return;
  }
  const std::uint64_t number = next_number_++;
  entries_[ends] = {std::move(transfer), now, number};
  order_.emplace_back(ends, number);
  ++counters_.announced;
  waiting_.store(entries_.size(), std::memory_order_relaxed);
}

std::optional<ExpectedTransfer> ExpectationTable::take(const ExpectedEnds& ends, TimestampNs now) {
  // Relaxed: an announcement that another thread is just making may be missed, as it may without.
  if (waiting_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(ends);
  if (found == entries_.end() || found->second.taken) return std::nullopt;
  if (found->second.since + kExpectationNs < now) {
    ++counters_.expired;
    entries_.erase(found);
    waiting_.store(entries_.size(), std::memory_order_relaxed);
    return std::nullopt;
  }
  ++counters_.matched;
  found->second.taken = true;
  return found->second.transfer;
}

std::optional<ExpectedTransfer> ExpectationTable::recall(const ExpectedEnds& ends) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(ends);
  if (found == entries_.end() || !found->second.taken) return std::nullopt;
  std::optional<ExpectedTransfer> transfer = std::move(found->second.transfer);
  entries_.erase(found);
  waiting_.store(entries_.size(), std::memory_order_relaxed);
  return transfer;
}

ExpectationCounters ExpectationTable::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

}  // namespace netmoth::protocols
