// Memory of a worker's sessions: what parsers, the bookkeeping of streams and routes of tunnelled
// flows hold over all flows.
//
// Invariant: held() is what the sessions alive have taken from the heap (base/heap_balance.h), and
// beyond the limit by the growth of one packet at most: no session is opened where less than
// kReserve of the limit is left, and one that grows while there is nothing left is closed. Octets
// that streams hold are counted by their own pool (stream/buffer_pool.h), decompressors by theirs.
// A session that ends takes its account with it, so an octet counted wrongly is forgotten with it.
// Not thread-safe: one worker, one account.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/heap_balance.h"
#include "flow/flow.h"

namespace netmoth::pipeline {

// What a flow's route takes, with the head of its block.
inline constexpr std::size_t kRouteOctets = sizeof(flow::FlowRoute) + 2 * sizeof(void*);

class SessionMemory {
 public:
  // Of the limit, one part in: for sessions that are there already.
  static constexpr std::size_t kReserve = 8;

  explicit SessionMemory(std::size_t limit_bytes)
      : limit_(static_cast<std::int64_t>(limit_bytes)),
        open_limit_(limit_ - limit_ / static_cast<std::int64_t>(kReserve)) {}
  SessionMemory(const SessionMemory&) = delete;
  SessionMemory& operator=(const SessionMemory&) = delete;

  // Whether another session may be opened; counted where not.
  [[nodiscard]] bool admits() {
    if (held_ < open_limit_) return true;
    ++refused_;
    return false;
  }
  [[nodiscard]] bool over() const { return held_ > limit_; }
  void count_dropped() { ++dropped_; }

  // For what is not taken inside a Scope.
  void take(std::size_t octets) { held_ += static_cast<std::int64_t>(octets); }
  void give_back(std::size_t octets) { held_ -= static_cast<std::int64_t>(octets); }

  [[nodiscard]] std::size_t held() const { return static_cast<std::size_t>(held_); }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

  // What is taken from the heap while it lives is on the account of the flow: of its attachment or
  // else of its detection; where both are gone in the end, so is the account. Not nested.
  class Scope {
   public:
    Scope(SessionMemory& memory, flow::Flow& flow)
        : memory_(memory), flow_(flow), before_(base::heap_balance()), had_(held(flow)) {}
    ~Scope() {
      const std::int64_t has = had_ + base::heap_balance() - before_;
      memory_.held_ += settle(std::max<std::int64_t>(has, 0)) - had_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    static std::int64_t held_by(const flow::FlowAttachment* part) {
      return part == nullptr ? 0 : part->held_octets;
    }
    static std::int64_t held(const flow::Flow& flow) {
      return held_by(flow.attachment.get()) + held_by(flow.detection.get());
    }
    // Returns what the flow is charged.
    std::int64_t settle(std::int64_t has) {
      flow::FlowAttachment* const first = flow_.attachment.get();
      flow::FlowAttachment* const second = flow_.detection.get();
      if (second != nullptr) second->held_octets = first == nullptr ? has : 0;
      if (first != nullptr) first->held_octets = has;
      return first == nullptr && second == nullptr ? 0 : has;
    }

    SessionMemory& memory_;
    flow::Flow& flow_;
    std::int64_t before_;
    std::int64_t had_;
  };

 private:
  std::int64_t limit_;
  std::int64_t open_limit_;
  std::int64_t held_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace netmoth::pipeline
