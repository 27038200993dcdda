// A lane of which every interface has a source of its own (AF_PACKET, libpcap, AF_XDP).
//
// Invariant: every interface has its turn of one batch, so none starves another. A source that
// fails is closed and opened anew after kRetryNs as long as its interface is there; what it had
// counted is kept. Bound: kMaxWatched sources.
#pragma once

#include <atomic>
#include <mutex>

#include "capture/interface_watch.h"
#include "capture/lane_source.h"

namespace netmoth::capture {

inline constexpr TimestampNs kRetryNs = 1'000'000'000;

class InterfaceSet final : public LaneSource {
 public:
  using Opener =
      std::function<std::unique_ptr<LiveSource>(const WatchedInterface& interface, LiveFault&)>;

  // `watch` outlives the set.
  InterfaceSet(const InterfaceWatch& watch, Opener opener)
      : watch_(watch), opener_(std::move(opener)) {}

  [[nodiscard]] SourceStatus next_batch(std::span<decode::Frame> frames,
                                        std::size_t& count) override;
  [[nodiscard]] const Fault& fault() const override { return fault_; }
  [[nodiscard]] KernelCounters counters() override;
  [[nodiscard]] std::vector<SlotFault> faults() const override;
  [[nodiscard]] std::vector<SlotMode> modes() const override;
  void reconcile() override;

  [[nodiscard]] double fill() const override;

 private:
  struct Entry {
    std::uint8_t slot = 0;
    unsigned index = 0;
    std::string name;
    std::unique_ptr<LiveSource> source;  // null: could not be opened
    LiveFault fault;
    TimestampNs retry_at = 0;
  };

  void tell_names() const override;
  void open(Entry& entry, const WatchedInterface& interface);
  void close(Entry& entry);
  void fail(Entry& entry);
  bool read(Entry& entry, std::span<decode::Frame> frames, std::size_t& count);
  void wait();

  const InterfaceWatch& watch_;
  const Opener opener_;
  Fault fault_;  // stays empty: the set outlives its sources
  std::uint64_t version_ = ~std::uint64_t{0};
  std::uint64_t frames_ = 0;
  std::size_t next_ = 0;
  TimestampNs retry_at_ = 0;  // the earliest of the entries; 0: none
  mutable std::mutex mutex_;  // guards entries_ (only the lane's thread changes them) and gone_
  std::vector<Entry> entries_;
  KernelCounters gone_;
};

}  // namespace netmoth::capture
