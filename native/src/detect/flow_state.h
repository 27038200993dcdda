// What detection remembers of one flow: bits, numbers and texts of rules, octets still to be looked
// at.
//
// Invariant: bounded by the constants here, octets of streams by their pool besides. It outlives a
// change of the rule set: names are hashes of their text (name_number), the same in every set.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "detect/buffers.h"
#include "detect/tags.h"
#include "flow/flow.h"
#include "stream/buffer_pool.h"

namespace netmoth::detect {

inline constexpr std::size_t kMaxFlowNames = 256;  // bits and numbers each
// Messages whose contents are kept at a time, and files: more than any parser has open, except of
// files in one form. Of either as many octets.
inline constexpr std::size_t kMaxBodies = 1024;
inline constexpr std::size_t kMaxFiles = 256;
inline constexpr std::size_t kMaxContentOctets = std::size_t{2} << 20;
// Octets of a stream that are looked at together, at least (Suricata's toserver-chunk-size), and in
// all (its reassembly.depth).
inline constexpr std::size_t kStreamChunk = 2560;
inline constexpr std::uint64_t kStreamDepth = std::uint64_t{1} << 20;
// Octets that were looked at and are there once more in the next look, so that where one ends
// hides nothing that lies over its end.
inline constexpr std::size_t kStreamOverlap = 256;
inline constexpr std::size_t kMaxTold = 64;  // rules that are known to have matched in a look

// A side's stream between two looks.
struct StreamWindow {
  stream::BufferPool::Buffer held;  // from the pool; empty, or `tail` and what comes behind it
  std::vector<std::uint8_t> tail;   // the last octets that were looked at
  std::uint64_t offset = 0;         // in the stream, of the first octet not looked at yet
  std::uint64_t missing = 0;        // octets never seen, right before that
  struct Told {
    std::uint32_t place = 0;   // of the rule
    std::uint64_t before = 0;  // it has matched in octets before this one
  };
  std::vector<Told> told;     // rules that matched in octets of the tail
  std::uint64_t told_of = 0;  // the set whose places they are

  [[nodiscard]] Bytes fresh() const {
    return held.empty() ? Bytes() : Bytes(held).subspan(tail.size());
  }
};

// Numbers of transactions, in the order in which they came; the oldest goes where there are many.
class NumberQueue {
 public:
  void note(std::uint64_t number) {
    if (numbers_.size() >= kMost) numbers_.erase(numbers_.begin());
    numbers_.push_back(number);
  }
  bool take(std::uint64_t number) { return std::erase(numbers_, number) > 0; }
  std::optional<std::uint64_t> take_first() {
    if (numbers_.empty()) return std::nullopt;
    const std::uint64_t first = numbers_.front();
    numbers_.erase(numbers_.begin());
    return first;
  }

 private:
  static constexpr std::size_t kMost = 64;
  std::vector<std::uint64_t> numbers_;
};

struct KeptBody {
  std::uint64_t tx_id = 0;
  Direction direction = Direction::kToServer;
  std::vector<std::uint8_t> content;
};

// Bodies or files, in the order in which they came; the oldest goes where there is no room.
template <typename Kept, std::size_t kMost>
class KeptContents {
 public:
  [[nodiscard]] std::span<const Kept> all() const { return kept_; }
  [[nodiscard]] const Kept* find(std::uint64_t tx_id, Direction direction) const {
    const auto found = std::ranges::find_if(kept_, [&](const Kept& each) {
      return each.tx_id == tx_id && each.direction == direction;
    });
    return found == kept_.end() ? nullptr : &*found;
  }
  // Takes `fresh` in; returns how many octets of others went for it.
  std::uint64_t add(Kept fresh) {
    const std::uint64_t dropped = make_room(fresh.content.size(), kMost - 1, nullptr);
    octets_ += fresh.content.size();
    kept_.push_back(std::move(fresh));
    return dropped;
  }
  // The same for more octets of one that find() gave, which is void afterwards.
  std::uint64_t append(const Kept* known, Bytes more) {
    Kept* grown = kept_.data() + (known - kept_.data());
    grown->content.insert(grown->content.end(), more.begin(), more.end());
    octets_ += more.size();
    return make_room(0, kMost, grown);
  }
  void forget(std::uint64_t tx_id) {
    std::erase_if(kept_, [&](const Kept& each) {
      if (each.tx_id == tx_id) octets_ -= each.content.size();
      return each.tx_id == tx_id;
    });
  }

 private:
  // Of the oldest all go but `spared`, until `more` octets fit and at most `most` are left.
  std::uint64_t make_room(std::size_t more, std::size_t most, const Kept* spared) {
    std::uint64_t dropped = 0;
    std::size_t left = kept_.size();
    if (octets_ + more <= kMaxContentOctets && left <= most) return dropped;
    std::erase_if(kept_, [&](const Kept& each) {
      const bool fits = octets_ + more <= kMaxContentOctets && left <= most;
      if (fits || &each == spared) return false;
      dropped += each.content.size();
      octets_ -= each.content.size();
      --left;
      return true;
    });
    return dropped;
  }

  std::vector<Kept> kept_;
  std::size_t octets_ = 0;  // of all
};

// Captured by a rule.
struct FlowVariable {
  std::uint64_t name = 0;  // by name_number()
  std::string text;        // of the name
  std::string value;
};

class FlowState final : public flow::FlowAttachment {
 public:
  // Without a pool nothing may be held.
  explicit FlowState(std::shared_ptr<stream::BufferPool> pool = nullptr) : pool_(std::move(pool)) {}
  ~FlowState() override {
    if (pool_ == nullptr) return;
    for (StreamWindow& window : windows)
      pool_->give_back(window.held);
  }
  FlowState(const FlowState&) = delete;
  FlowState& operator=(const FlowState&) = delete;

  void on_reverse() override { std::swap(windows[0], windows[1]); }

  struct Bit {
    std::uint64_t number = 0;
    std::string name;
  };

  [[nodiscard]] bool has_bit(std::uint64_t number) const {
    return std::ranges::find(bits_, number, &Bit::number) != bits_.end();
  }
  // False where there is no room.
  bool set_bit(std::uint64_t number, std::string_view name) {
    if (has_bit(number)) return true;
    if (bits_.size() >= kMaxFlowNames) return false;
    bits_.push_back({number, std::string(name)});
    return true;
  }
  void clear_bit(std::uint64_t number) {
    std::erase_if(bits_, [number](const Bit& bit) { return bit.number == number; });
  }
  [[nodiscard]] std::span<const Bit> bits() const { return bits_; }

  // nullptr where it was never set.
  [[nodiscard]] std::uint32_t* number(std::uint64_t name) {
    const auto found =
        std::ranges::find(numbers_, name, &std::pair<std::uint64_t, std::uint32_t>::first);
    return found == numbers_.end() ? nullptr : &found->second;
  }
  // False where there is no room.
  bool set_number(std::uint64_t name, std::uint32_t value) {
    if (std::uint32_t* known = number(name); known != nullptr) {
      *known = value;
      return true;
    }
    if (numbers_.size() >= kMaxFlowNames) return false;
    numbers_.emplace_back(name, value);
    return true;
  }

  NumberQueue requests;       // complete, not looked at yet
  NumberQueue seen_requests;  // looked at before the rest of their transaction came
  std::array<StreamWindow, 2> windows;
  KeptContents<KeptBody, kMaxBodies> bodies;  // of transactions that are not over
  KeptContents<KeptFile, kMaxFiles> files;
  std::vector<FlowVariable> variables;
  TagList tags;
  bool passed = false;       // a pass rule matched: nothing of it alerts any more
  bool stream_over = false;  // nobody looks into its stream any more

 private:
  std::shared_ptr<stream::BufferPool> pool_;
  std::vector<Bit> bits_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> numbers_;
};

}  // namespace netmoth::detect
