// A program on both ways of an interface by the clsact qdisc, for kernels without tcx (before 6.6).
//
// Invariant: the filter has a handle and a priority that are ours alone. Unlike a link, it stays
// when the process is killed: the next one that attaches takes it over and removes it in the end.
// The qdisc is never removed: others may have put their filters there since, and an empty one costs
// nothing. Where another's filter comes before ours nothing is attached: its verdict may be the
// last, and then ours would see nothing. Privilege: CAP_NET_ADMIN.
#pragma once

#include <cstdint>

namespace netmoth::capture {

class ClsactFilter {
 public:
  // Of tc-bpf(8); chosen so that nobody else has them by accident.
  static constexpr std::uint32_t kHandle = 0x6e6d;
  static constexpr std::uint32_t kPriority = 0x6e6d;

  explicit ClsactFilter(unsigned interface_index) : index_(interface_index) {}
  ~ClsactFilter();
  ClsactFilter(const ClsactFilter&) = delete;
  ClsactFilter& operator=(const ClsactFilter&) = delete;

  // Of the loopback what comes in alone. 0, or errno; EBUSY: another's filter comes before ours.
  int attach(int program, bool loopback);

 private:
  unsigned index_;
  bool ingress_ = false;
  bool egress_ = false;
};

}  // namespace netmoth::capture
