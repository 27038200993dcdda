// Loading and attaching by libbpf, queues by ethtool's ioctl.
//
// Invariant: see xdp_interface.h. Sockets are bound before they are put into the map.
#include "capture/xdp_interface.h"

#include "capture/host_traffic.h"

#ifdef NETMOTH_EBPF
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "capture/bpf/xdp_note.h"
#include "capture/capabilities.h"
#include "xdp.skel.h"

namespace netmoth::capture {
namespace {

// Newer than Debian's headers: Linux 6.6 and 6.3.
constexpr std::uint16_t kScattered = 1U << 4;    // XDP_USE_SG
constexpr std::uint32_t kDeviceBound = 1U << 6;  // BPF_F_XDP_DEV_BOUND_ONLY
constexpr unsigned kMaxQueues = 128;
constexpr std::size_t kFrameBytes = 2048;
// Without XDP_USE_SG a packet lies in one frame.
constexpr std::size_t kWideFrameBytes = 4096;

bool refuse(LiveFault& fault, const std::string& what, int error_number) {
  if (error_number == EPERM || error_number == EACCES) {
    constexpr std::array kNeeded{Capability::kBpf, Capability::kIpcLock, Capability::kNetAdmin,
                                 Capability::kNetRaw};
    fault = {LiveProblem::kNoPermission, error_number, capability_words("AF_XDP", kNeeded)};
  } else {
    fault = {LiveProblem::kSystem, error_number, what + ": " + std::strerror(error_number)};
  }
  return false;
}

// ETHTOOL_…, false where the driver does not know it.
template <typename T>
bool ask_driver(const std::string& interface, std::uint32_t command, T& answer) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  answer = {};
  answer.cmd = command;
  request.ifr_data = reinterpret_cast<char*>(&answer);
  const bool known = ::ioctl(socket, SIOCETHTOOL, &request) == 0;
  ::close(socket);
  return known;
}

unsigned queues_of(const std::string& interface) {
  ethtool_channels channels{};
  if (!ask_driver(interface, ETHTOOL_GCHANNELS, channels)) return 1;
  return std::clamp(channels.rx_count + channels.combined_count, 1U, kMaxQueues);
}

// Between namespaces nobody makes sums: there is no wire.
bool is_virtual(const std::string& interface) {
  ethtool_drvinfo driver{};
  return ask_driver(interface, ETHTOOL_GDRVINFO, driver) && std::string(driver.driver) == "veth";
}

// A socket that was closed leaves its queue a little later.
bool bind_patiently(XdpSocket& socket, unsigned interface_index, std::uint32_t queue,
                    std::uint16_t flags, int shared_with) {
  constexpr int kTries = 25;
  constexpr std::chrono::milliseconds kPause{10};
  for (int tries = 0; tries < kTries; ++tries) {
    if (socket.bind(interface_index, queue, flags, shared_with)) return true;
    if (errno != EBUSY) return false;
    std::this_thread::sleep_for(kPause);
  }
  errno = EBUSY;
  return false;
}

int quiet(libbpf_print_level, const char*, va_list) {
  return 0;  // faults are told by their numbers
}

}  // namespace

struct XdpInterface::Program {
  ~Program() {
    if (link >= 0) ::close(link);
    if (skeleton != nullptr) xdp::destroy(skeleton);
  }
  ::xdp* skeleton = nullptr;
  ::bpf_program* taken = nullptr;  // the one of its programs that is used
  unsigned cpus = 1;
  int link = -1;
};

XdpInterface::XdpInterface() = default;

// The program first, so that no packet is left in a queue that goes.
XdpInterface::~XdpInterface() {
  program_.reset();
  queues_.clear();
  if (membership_ >= 0) ::close(membership_);
}

std::shared_ptr<XdpInterface> XdpInterface::open(const Link& link, const Settings& settings,
                                                 LiveFault& fault) {
  fault = {};
  const auto reason = carries_host_traffic(link);
  if (reason && !settings.force) {
    fault = {LiveProblem::kSystem, EBUSY,
             link.name + " " + *reason +
                 ": AF_XDP would take the host's own traffic away (afXdpForce does so)"};
    return nullptr;
  }
  ::libbpf_set_print(quiet);
  std::shared_ptr<XdpInterface> made(new XdpInterface());
  made->sums_not_ready_ = is_virtual(link.name);
  if (!made->set_up(link, settings, fault)) return nullptr;
  if (settings.promiscuous && !made->be_promiscuous(link, fault)) return nullptr;
  return made;
}

struct XdpInterface::Way {
  bool bound;  // to the device: it tells the VLAN tag that it took off (Linux 6.8)
  bool generic;
};

// A driver without XDP of its own has the kernel's. The program is attached last, so that every
// packet finds its socket; the sockets stay whichever is taken, for the kernel takes its time to
// let go of one.
bool XdpInterface::set_up(const Link& link, const Settings& settings, LiveFault& fault) {
  const unsigned queues = queues_of(link.name);
  for (unsigned i = 0; i < queues; ++i) {
    if (!make_queue(link, settings, i, queues, fault)) return false;
  }
  constexpr std::array kWays{Way{true, false}, Way{false, false}, Way{false, true}};
  for (const Way& way : kWays) {
    if (attach(link, settings, way, fault)) {
      if (way.generic) mode_ += ", generic XDP";
      return true;
    }
    // Neither goes away by another way: rights, and another's program that is there.
    if (fault.problem == LiveProblem::kNoPermission || fault.error_number == EBUSY) break;
  }
  return false;
}

bool XdpInterface::attach(const Link& link, const Settings& settings, const Way& way,
                          LiveFault& fault) {
  if (!load(link, settings, way, fault)) return false;
  for (std::uint32_t queue = 0; queue < queues_.size(); ++queue) {
    if (!set_sockets(*queues_[queue], queue, fault)) return false;
  }
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.flags = way.generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
  const int program = ::bpf_program__fd(program_->taken);
  program_->link = ::bpf_link_create(program, static_cast<int>(link.index), BPF_XDP, &options);
  if (program_->link >= 0) return true;
  return refuse(fault, "cannot attach an XDP program to " + link.name, -program_->link);
}

bool XdpInterface::load(const Link& link, const Settings& settings, const Way& way,
                        LiveFault& fault) {
  const auto sockets = static_cast<std::uint32_t>(queues_.size()) * settings.lanes;
  program_ = std::make_unique<Program>();
  ::xdp* const skeleton = program_->skeleton = xdp::open(nullptr);
  if (skeleton == nullptr) return refuse(fault, "the XDP program cannot be opened", errno);
  program_->cpus = static_cast<unsigned>(std::max(::libbpf_num_possible_cpus(), 1));
  skeleton->rodata->lanes = settings.lanes;
  (void)::bpf_map__set_max_entries(skeleton->maps.sockets, sockets);
  (void)::bpf_map__set_max_entries(skeleton->maps.xdp_counts, settings.lanes);
  ::bpf_program* const other = way.bound ? skeleton->progs.take : skeleton->progs.take_with_tags;
  (void)::bpf_program__set_autoload(other, false);
  program_->taken = way.bound ? skeleton->progs.take_with_tags : skeleton->progs.take;
  if (way.bound) {
    ::bpf_program__set_ifindex(program_->taken, link.index);
    const std::uint32_t flags = ::bpf_program__flags(program_->taken);
    (void)::bpf_program__set_flags(program_->taken, flags | kDeviceBound);
  }
  const int status = xdp::load(skeleton);
  return status == 0 || refuse(fault, "the kernel refused the XDP program", -status);
}

bool XdpInterface::make_queue(const Link& link, const Settings& settings, unsigned queue,
                              unsigned queues, LiveFault& fault) {
  struct Binding {
    std::uint16_t flags;
    const char* mode;
  };
  constexpr std::array kBindings{
      Binding{XDP_ZEROCOPY | XDP_USE_NEED_WAKEUP | kScattered, "zero copy"},
      Binding{XDP_ZEROCOPY | XDP_USE_NEED_WAKEUP, "zero copy"},
      Binding{XDP_COPY | XDP_USE_NEED_WAKEUP | kScattered, "copies"},
      Binding{XDP_COPY | XDP_USE_NEED_WAKEUP, "copies"},
  };
  const std::size_t bytes = settings.ring_bytes * settings.lanes / queues;
  std::string what;
  int error_number = 0;
  for (const Binding& binding : kBindings) {
    auto made = std::make_unique<Queue>();
    if (make_sockets(*made, link, queue, settings.lanes, binding.flags, bytes, what)) {
      mode_ = binding.mode;
      queues_.push_back(std::move(made));
      return true;
    }
    error_number = errno;
    if (error_number != EINVAL && error_number != EOPNOTSUPP) break;
  }
  // Memory beyond RLIMIT_MEMLOCK is refused with ENOBUFS to whoever lacks CAP_IPC_LOCK.
  return refuse(fault, what, error_number == ENOBUFS ? EPERM : error_number);
}

bool XdpInterface::set_sockets(const Queue& made, unsigned queue, LiveFault& fault) {
  const int map = ::bpf_map__fd(program_->skeleton->maps.sockets);
  const auto lanes = static_cast<std::uint32_t>(made.sockets.size());
  for (std::uint32_t lane = 0; lane < lanes; ++lane) {
    const std::uint32_t index = queue * lanes + lane;
    const int socket = made.sockets[lane]->descriptor();
    if (::bpf_map_update_elem(map, &index, &socket, BPF_ANY) != 0)
      return refuse(fault, "cannot set a socket", errno);
  }
  return true;
}

// errno tells why not.
bool XdpInterface::make_sockets(Queue& made, const Link& link, unsigned queue, unsigned lanes,
                                std::uint16_t flags, std::size_t bytes, std::string& what) {
  const std::size_t frame = (flags & kScattered) != 0 ? kFrameBytes : kWideFrameBytes;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    auto socket = std::make_unique<XdpSocket>();
    what = "cannot open an AF_XDP socket";
    if (!socket->open()) return false;
    if (lane == 0) {
      if (const auto failed = made.memory.give_to(*socket, bytes, frame)) {
        what = *failed;
        return false;
      }
    }
    what = "cannot allocate an AF_XDP ring";
    if (!socket->make_ring(made.memory.frames())) return false;
    what = "cannot bind an AF_XDP socket to queue " + std::to_string(queue) + " of " + link.name;
    const int shared_with = lane == 0 ? -1 : made.sockets[0]->descriptor();
    if (!bind_patiently(*socket, link.index, queue, flags, shared_with)) return false;
    made.sockets.push_back(std::move(socket));
  }
  return true;
}

bool XdpInterface::be_promiscuous(const Link& link, LiveFault& fault) {
  membership_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  packet_mreq membership{};
  membership.mr_ifindex = static_cast<int>(link.index);
  membership.mr_type = PACKET_MR_PROMISC;
  if (membership_ >= 0 && ::setsockopt(membership_, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership,
                                       sizeof membership) == 0)
    return true;
  return refuse(fault, "cannot set promiscuous mode", errno);
}

KernelCounters XdpInterface::counters(unsigned lane) const {
  KernelCounters all;
  std::vector<xdp_counters> by_cpu(program_->cpus);
  const int map = ::bpf_map__fd(program_->skeleton->maps.xdp_counts);
  if (::bpf_map_lookup_elem(map, &lane, by_cpu.data()) == 0) {
    for (const xdp_counters& each : by_cpu) {
      all.packets += each.packets;
      all.drops += each.passed;
    }
  }
  for (const auto& queue : queues_) {
    const XdpLoss loss = queue->sockets[lane]->loss();
    all.drops += loss.dropped + loss.ring_full;
  }
  return all;
}

}  // namespace netmoth::capture

#else

namespace netmoth::capture {

struct XdpInterface::Program {};
XdpInterface::XdpInterface() = default;
XdpInterface::~XdpInterface() = default;
std::shared_ptr<XdpInterface> XdpInterface::open(const Link&, const Settings&, LiveFault& fault) {
  fault = {LiveProblem::kSystem, 0, "built without clang, bpftool or libbpf"};
  return nullptr;
}
KernelCounters XdpInterface::counters(unsigned) const {
  return {};
}

}  // namespace netmoth::capture
#endif
