// By libbpf's netlink calls.
//
// Invariant: see clsact.h.
#include "capture/clsact.h"

#ifdef NETMOTH_EBPF
#include <bpf/libbpf.h>

#include <cerrno>

namespace netmoth::capture {
namespace {

bpf_tc_hook hook_of(unsigned index, int direction) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = static_cast<int>(index);
  hook.attach_point = static_cast<bpf_tc_attach_point>(direction);
  return hook;
}

bpf_tc_opts our_filter() {
  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.handle = ClsactFilter::kHandle;
  options.priority = ClsactFilter::kPriority;
  return options;
}

bool is_there(unsigned index, int direction) {
  const bpf_tc_hook hook = hook_of(index, direction);
  bpf_tc_opts options = our_filter();
  return ::bpf_tc_query(&hook, &options) == 0;
}

int put(unsigned index, int direction, int program) {
  const bpf_tc_hook hook = hook_of(index, direction);
  bpf_tc_opts options = our_filter();
  options.prog_fd = program;
  options.flags = BPF_TC_F_REPLACE;
  return -::bpf_tc_attach(&hook, &options);
}

void take_off(unsigned index, int direction) {
  const bpf_tc_hook hook = hook_of(index, direction);
  const bpf_tc_opts options = our_filter();
  (void)::bpf_tc_detach(&hook, &options);
}

}  // namespace

int ClsactFilter::attach(int program, bool loopback) {
  bpf_tc_hook hook = hook_of(index_, BPF_TC_INGRESS | BPF_TC_EGRESS);
  const int status = ::bpf_tc_hook_create(&hook);
  if (status != 0 && status != -EEXIST) return -status;
  // One of us was killed: what it left is ours.
  own_qdisc_ = status == 0 || is_there(index_, BPF_TC_INGRESS);
  if (const int failed = put(index_, BPF_TC_INGRESS, program); failed != 0) return failed;
  ingress_ = true;
  if (loopback) return 0;
  if (const int failed = put(index_, BPF_TC_EGRESS, program); failed != 0) return failed;
  egress_ = true;
  return 0;
}

ClsactFilter::~ClsactFilter() {
  if (ingress_) take_off(index_, BPF_TC_INGRESS);
  if (egress_) take_off(index_, BPF_TC_EGRESS);
  if (!own_qdisc_) return;
  bpf_tc_hook hook = hook_of(index_, BPF_TC_INGRESS | BPF_TC_EGRESS);
  (void)::bpf_tc_hook_destroy(&hook);
}

}  // namespace netmoth::capture

#else

#include <cerrno>

namespace netmoth::capture {

int ClsactFilter::attach(int, bool) {
  return ENOTSUP;
}
ClsactFilter::~ClsactFilter() = default;

}  // namespace netmoth::capture
#endif
