// The programs of bpf/tap.bpf.c in the kernel: loaded once a run, attached to interfaces by tcx
// links (before Linux 6.6 by the clsact qdisc), with a ring for each CPU and lane.
//
// Bound: ring_bytes a lane, shared by the CPUs. A link is a file descriptor: the kernel detaches
// the program when it is closed, also by a crash, and nothing of it is left on the interface.
// Threads: attach(), detach() by one; counters() by any; each ring is read by its lane's.
// Privilege: CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. Linux 5.8 (ring buffers).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "capture/shunt_map.h"

namespace netmoth::capture {

// A ring of one CPU and lane as user space sees it: BPF_MAP_TYPE_RINGBUF, mapped.
class TapRing {
 public:
  TapRing() = default;
  ~TapRing();
  TapRing(TapRing&& other) noexcept;
  TapRing& operator=(TapRing&&) = delete;
  TapRing(const TapRing&) = delete;
  TapRing& operator=(const TapRing&) = delete;

  bool map(int descriptor, std::size_t bytes);
  // The next record that is whole, or nothing; stays until release().
  [[nodiscard]] Bytes peek();
  // Goes on behind what peek() showed.
  void pop() {
    read_ += step_;
    step_ = 0;
  }
  // Gives everything popped back to the kernel; so many octets.
  std::size_t release();
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Octets the kernel has written that were not released.
  [[nodiscard]] std::size_t waiting() const;

 private:
  std::uint8_t* consumer_ = nullptr;  // a page: where we have read to
  std::uint8_t* producer_ = nullptr;  // a page, then the data twice in a row
  std::size_t bytes_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t released_ = 0;
  std::uint64_t step_ = 0;
};

class EbpfTap {
 public:
  struct Settings {
    unsigned lanes = 1;
    std::size_t ring_bytes = std::size_t{64} << 20;  // of a lane
    std::uint32_t snap_length = 65535;
    const ShuntMap* shunt = nullptr;  // flows that stay in the kernel; nullptr: none do
  };
  // nullptr and `fault` where the kernel or the privileges do not allow it.
  static std::unique_ptr<EbpfTap> load(const Settings& settings, LiveFault& fault);
  ~EbpfTap();
  EbpfTap(const EbpfTap&) = delete;
  EbpfTap& operator=(const EbpfTap&) = delete;

  // Both ways; of the loopback what comes in alone, it shows each packet twice.
  bool attach(unsigned interface_index, bool loopback, LiveFault& fault);
  void detach(unsigned interface_index);
  // By the clsact qdisc even where the kernel has tcx: for tests of what older kernels get.
  void use_clsact();

  [[nodiscard]] std::span<TapRing> rings(unsigned lane);
  // Of the lane; packets handed over are those that were not dropped.
  [[nodiscard]] KernelCounters counters(unsigned lane) const;

 private:
  struct State;
  EbpfTap();
  bool attach_by_clsact(unsigned interface_index, bool loopback, LiveFault& fault);
  bool make_rings(const Settings& settings, LiveFault& fault);

  std::unique_ptr<State> state_;
};

}  // namespace netmoth::capture
