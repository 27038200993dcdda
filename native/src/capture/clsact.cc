// By libbpf's netlink calls; what others have attached by rtnetlink(7), which libbpf doesn't ask.
//
// Invariant: see clsact.h.
#include "capture/clsact.h"

#ifdef NETMOTH_EBPF
#include <bpf/libbpf.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

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

using Octets = std::span<const std::uint8_t>;

// NLMSG_GOODSIZE of a kernel with pages of 4 KiB is below this.
constexpr std::size_t kReceiveBytes = std::size_t{64} << 10;
constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};

// Reads the messages of a dump: 0 where all come after ours, EBUSY where one does not, EAGAIN where
// the dump goes on, else the errno that ended it.
int look_for_earlier(Octets bytes) {
  nlmsghdr header{};
  while (bytes.size() >= sizeof header) {
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) return EPROTO;
    if (header.nlmsg_type == NLMSG_DONE) return 0;
    const Octets body = bytes.subspan(sizeof header, header.nlmsg_len - sizeof header);
    if (header.nlmsg_type == NLMSG_ERROR) {
      nlmsgerr error{};
      if (body.size() < sizeof error) return EPROTO;
      std::memcpy(&error, body.data(), sizeof error);
      return error.error == 0 ? EPROTO : -error.error;
    }
    if (tcmsg filter{}; header.nlmsg_type == RTM_NEWTFILTER && body.size() >= sizeof filter) {
      std::memcpy(&filter, body.data(), sizeof filter);
      if (TC_H_MAJ(filter.tcm_info) >> 16U < ClsactFilter::kPriority) return EBUSY;
    }
    bytes = bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), bytes.size()));
  }
  return EAGAIN;
}

int ask(int socket, unsigned index, std::uint32_t direction) {
  struct {
    nlmsghdr header;
    tcmsg filter;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETTFILTER;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.filter.tcm_ifindex = static_cast<int>(index);
  request.filter.tcm_parent = TC_H_MAKE(TC_H_CLSACT, direction);
  (void)::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  if (::send(socket, &request, sizeof request, 0) != sizeof request) return errno;
  std::vector<std::uint8_t> buffer(kReceiveBytes);
  for (;;) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0) return errno == EAGAIN ? ETIMEDOUT : errno;
    const int found = look_for_earlier(Octets(buffer).first(static_cast<std::size_t>(got)));
    if (found != EAGAIN) return found;
  }
}

// 0, EBUSY where a filter of another comes before ours, or why that is not known.
int check_order(unsigned index, std::uint32_t direction) {
  const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (socket < 0) return errno;
  const int found = ask(socket, index, direction);
  ::close(socket);
  return found;
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
  if (const int failed = check_order(index_, TC_H_MIN_INGRESS); failed != 0) return failed;
  if (const int failed = loopback ? 0 : check_order(index_, TC_H_MIN_EGRESS); failed != 0)
    return failed;
  bpf_tc_hook hook = hook_of(index_, BPF_TC_INGRESS | BPF_TC_EGRESS);
  const int status = ::bpf_tc_hook_create(&hook);
  if (status != 0 && status != -EEXIST) return -status;
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
