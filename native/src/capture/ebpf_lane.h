// A lane that reads what the eBPF tap has put into its rings, one for each CPU, in the order of
// time.
//
// Invariant: packets of different CPUs come in the order in which the tap saw them: one that is
// younger than kGraceNs waits while another CPU's ring is empty, for an older one may be on its way
// there. Nobody is woken by a packet: an empty lane looks again after 5 ms, where the rings fill
// fast after 1 ms, and after kPatience empty looks after 10 ms. Frames point into the rings.
#pragma once

#include <linux/filter.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>

#include "capture/ebpf_tap.h"
#include "capture/interface_watch.h"
#include "capture/lane_source.h"

namespace netmoth::capture {

class EbpfLane final : public LaneSource {
 public:
  static constexpr TimestampNs kGraceNs = 50'000;
  static constexpr int kPatience = 100;

  // The lane 0 attaches and detaches for all. `tap` and `watch` outlive it.
  EbpfLane(EbpfTap& tap, const InterfaceWatch& watch, unsigned number,
           std::vector<sock_filter> filter);
  ~EbpfLane() override;

  [[nodiscard]] SourceStatus next_batch(std::span<decode::Frame> frames,
                                        std::size_t& count) override;
  [[nodiscard]] const Fault& fault() const override { return fault_; }
  [[nodiscard]] KernelCounters counters() override;
  [[nodiscard]] double fill() const override;
  [[nodiscard]] std::vector<SlotFault> faults() const override;
  void reconcile() override;

 private:
  struct Entry {
    std::uint8_t slot = 0;
    std::string name;
    decode::LinkType link = 1;
    bool attached = false;
    LiveFault fault;
    TimestampNs retry_at = 0;
  };

  void tell_names() const override;
  void attach(unsigned index, Entry& entry, const Link& link);
  std::size_t read(std::span<decode::Frame> frames);
  bool take(Bytes record, decode::Frame& frame);
  void set_clock();
  int pause_ms();

  EbpfTap& tap_;
  const InterfaceWatch& watch_;
  const unsigned number_;
  const std::vector<sock_filter> filter_;  // empty: everything
  Fault fault_;
  std::span<TapRing> rings_;
  std::vector<Bytes> heads_;  // what each ring shows
  std::uint64_t version_ = ~std::uint64_t{0};
  std::uint64_t frames_ = 0;
  int empty_looks_ = 0;
  std::size_t octets_ = 0;  // read since the last pause
  std::uint64_t batches_ = 0;
  TimestampNs wall_minus_monotonic_ = 0;
  TimestampNs retry_at_ = 0;
  // Relaxed: a count of its own.
  std::atomic<std::uint64_t> filtered_{0};
  mutable std::mutex mutex_;           // guards entries_, which only the lane's thread changes
  std::map<unsigned, Entry> entries_;  // by interface index
};

}  // namespace netmoth::capture
