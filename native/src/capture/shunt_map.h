// The kernel's table of shunted flows, and the socket filter that looks into it.
//
// Bound: SHUNT_FLOWS (bpf/shunt.h). The kernel never makes room by itself: user space puts flows in
// and takes them out, so it has every count (ADR 172). Counts lie in memory that the kernel shares:
// reading them is no system call. A place is used again kQuarantineNs after its flow went, when no
// program on another CPU is still counting for it.
// Privilege: CAP_BPF, and CAP_NET_ADMIN for the tap. Maps and programs end with their descriptors.
#pragma once

#include <linux/filter.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "capture/flow_shunt.h"
#include "capture/live_source.h"

namespace netmoth::capture {

class ShuntMap final : public FlowShunt {
 public:
  static constexpr TimestampNs kQuarantineNs = 1'000'000'000;
  // The interface's index now; 0: it is gone.
  using IndexOf = std::function<unsigned(std::uint8_t slot)>;

  // nullptr and `fault` where the kernel or the privileges do not allow it.
  static std::unique_ptr<ShuntMap> create(IndexOf index_of, LiveFault& fault);
  ~ShuntMap() override;
  ShuntMap(const ShuntMap&) = delete;
  ShuntMap& operator=(const ShuntMap&) = delete;

  [[nodiscard]] std::optional<Place> add(const ShuntEnds& ends) override;
  [[nodiscard]] ShuntCounts counts(Place place) const override;
  ShuntCounts remove(Place place) override;

  // Loads the filter of AF_PACKET sockets; once, before attach_to() is called.
  bool load_filter(std::uint32_t snap_length, LiveFault& fault);
  // Sets it as the filter of a socket, behind `filter`: what that does not take is not counted
  // either.
  bool attach_to(int socket, std::span<const sock_filter> filter, LiveFault& fault) const;

  struct Maps {
    int flows = -1;
    int counts = -1;
    int total = -1;
  };
  // For another program that looks into it.
  [[nodiscard]] const Maps& maps() const { return maps_; }

  struct Totals {
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;
    std::uint64_t flows = 0;    // ever added
    std::uint64_t refused = 0;  // found no room
  };
  [[nodiscard]] Totals totals() const;

 private:
  struct Program;
  struct Entry;
  struct Freed {
    Place place = 0;
    TimestampNs at = 0;
  };

  explicit ShuntMap(IndexOf index_of);
  bool make(LiveFault& fault);
  std::optional<Place> free_place();
  [[nodiscard]] ShuntCounts read(Place place) const;

  IndexOf index_of_;
  Maps maps_;
  unsigned cpus_ = 1;
  std::uint8_t* counted_ = nullptr;  // shared with the kernel
  std::size_t counted_bytes_ = 0;
  std::unique_ptr<Program> program_;
  mutable std::mutex mutex_;  // guards all below
  std::unique_ptr<std::vector<Entry>> entries_;
  std::deque<Freed> freed_;
  Place used_ = 0;  // places ever taken
  std::uint64_t active_ = 0;
  std::uint64_t added_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace netmoth::capture
