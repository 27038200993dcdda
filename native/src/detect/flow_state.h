// What detection remembers of one flow: bits, numbers and texts of rules, octets still to be looked
// at.
//
// Invariant: bounded by the constants here. It outlives a change of the rule set: names are hashes
// of their text (name_number), the same in every set.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/types.h"
#include "flow/flow.h"

namespace netmoth::detect {

inline constexpr std::size_t kMaxFlowNames = 256;  // bits and numbers each
inline constexpr std::size_t kMaxBodies = 16;      // messages whose contents are kept at a time
// Octets of a stream that are looked at together, at least (Suricata's toserver-chunk-size), and in
// all (its reassembly.depth).
inline constexpr std::size_t kStreamChunk = 2560;
inline constexpr std::uint64_t kStreamDepth = std::uint64_t{1} << 20;

struct StreamWindow {
  std::vector<std::uint8_t> held;  // not looked at yet
  std::uint64_t offset = 0;        // of held[0] in the stream
};

struct KeptBody {
  std::uint64_t tx_id = 0;
  Direction direction = Direction::kToServer;
  std::vector<std::uint8_t> octets;
};

struct FlowVariable {
  std::uint64_t name = 0;  // by name_number()
  std::string text;        // of the name
  std::string value;
};

class FlowState final : public flow::FlowAttachment {
 public:
  [[nodiscard]] bool has_bit(std::uint64_t name) const {
    return std::ranges::find(bits_, name) != bits_.end();
  }
  // False where there is no room.
  bool set_bit(std::uint64_t name) {
    if (has_bit(name)) return true;
    if (bits_.size() >= kMaxFlowNames) return false;
    bits_.push_back(name);
    return true;
  }
  void clear_bit(std::uint64_t name) { std::erase(bits_, name); }

  // nullptr where it was never set.
  [[nodiscard]] std::uint32_t* number(std::uint64_t name) {
    const auto found =
        std::ranges::find(numbers_, name, &std::pair<std::uint64_t, std::uint32_t>::first);
    return found == numbers_.end() ? nullptr : &found->second;
  }
  void set_number(std::uint64_t name, std::uint32_t value) {
    if (std::uint32_t* known = number(name); known != nullptr) {
      *known = value;
    } else if (numbers_.size() < kMaxFlowNames) {
      numbers_.emplace_back(name, value);
    }
  }

  [[nodiscard]] KeptBody* body(std::uint64_t tx_id, Direction direction) {
    for (KeptBody& each : bodies) {
      if (each.tx_id == tx_id && each.direction == direction) return &each;
    }
    return nullptr;
  }

  // Transactions whose request was looked at before the rest came.
  void note_seen_request(std::uint64_t tx_id) {
    if (seen_requests_.size() >= kMaxSeenRequests) seen_requests_.erase(seen_requests_.begin());
    seen_requests_.push_back(tx_id);
  }
  bool take_seen_request(std::uint64_t tx_id) { return std::erase(seen_requests_, tx_id) > 0; }

  std::array<StreamWindow, 2> windows;
  std::vector<KeptBody> bodies;
  std::vector<FlowVariable> variables;
  bool passed = false;       // a pass rule matched: nothing of it alerts any more
  bool stream_over = false;  // nobody looks into its stream any more

 private:
  static constexpr std::size_t kMaxSeenRequests = 64;
  std::vector<std::uint64_t> seen_requests_;
  std::vector<std::uint64_t> bits_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> numbers_;
};

}  // namespace netmoth::detect
