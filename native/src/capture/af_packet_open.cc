// Opening a TPACKET_V3 ring: socket, filter, ring, bind, promiscuous mode, fanout, in this order,
// so that no packet arrives before the filter is there.
//
// Invariant: after a failure nothing stays open and the fault names what the user can do.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "capture/af_packet.h"
#include "capture/af_packet_ring.h"
#include "capture/interfaces.h"
#include "capture/packet_filter.h"
#include "capture/shunt_map.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23  // Linux 4.20
#endif

namespace netmoth::capture {
namespace {

constexpr decode::LinkType kRawIp = 101;
constexpr std::uint32_t kFanoutUniqueId = 0x2000;  // PACKET_FANOUT_FLAG_UNIQUEID, Linux 4.17

bool refuse(LiveFault& fault, LiveProblem problem, int error_number, std::string message) {
  fault = {problem, error_number, std::move(message)};
  return false;
}

bool refuse_system(LiveFault& fault, const char* what) {
  const int error_number = errno;
  return refuse(fault, LiveProblem::kSystem, error_number,
                std::string(what) + ": " + std::strerror(error_number));
}

struct Hardware {
  bool known = false;
  bool loopback = false;
  decode::LinkType link = kRawIp;
};

Hardware hardware_of(int socket, const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(socket, SIOCGIFHWADDR, &request) != 0) return {};
  const auto type = request.ifr_hwaddr.sa_family;
  Hardware hardware{.known = true};
  switch (type) {
    case ARPHRD_LOOPBACK:
      hardware.loopback = true;
      hardware.link = 1;
      break;
    case ARPHRD_ETHER:
      hardware.link = 1;
      break;
    case ARPHRD_IEEE80211:
      hardware.link = 105;
      break;
    case ARPHRD_IEEE80211_RADIOTAP:
      hardware.link = 127;
      break;
    default:
      break;
  }
  return hardware;
}

template <typename T>
bool set_option(int socket, int level, int option, const T& value) {
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

}  // namespace

std::unique_ptr<AfPacket> AfPacket::open(const LiveSettings& settings, LiveFault& fault) {
  std::unique_ptr<AfPacket> capture(new AfPacket(settings));
  fault = {};
  if (!capture->set_up(settings, fault) || !capture->set_up_ring(settings, fault) ||
      !capture->join(settings, fault)) {
    return nullptr;
  }
  return capture;
}

bool AfPacket::set_up(const LiveSettings& settings, LiveFault& fault) {
  interface_index_ = ::if_nametoindex(interface_.c_str());
  if (interface_index_ == 0) {
    return refuse(fault, LiveProblem::kNoInterface, ENODEV, missing_interface({&interface_, 1}));
  }
  // Protocol 0: nothing is received before bind().
  socket_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (socket_ < 0 && (errno == EPERM || errno == EACCES)) {
    return refuse(fault, LiveProblem::kNoPermission, errno,
                  "capturing on " + interface_ + " needs the capability CAP_NET_RAW");
  }
  if (socket_ < 0) return refuse_system(fault, "cannot open a packet socket");
  const Hardware hardware = hardware_of(socket_, interface_);
  if (!hardware.known) return refuse_system(fault, "cannot ask for the interface's type");
  link_ = hardware.link;
  if (link_ == kRawIp) {
    // Tunnels and the like: without their own header, each packet starts with IP.
    ::close(socket_);
    socket_ = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return refuse_system(fault, "cannot open a packet socket");
  }
  // The loopback shows each packet when it leaves and when it arrives: once is enough.
  const int yes = 1;
  if (hardware.loopback && !set_option(socket_, SOL_PACKET, PACKET_IGNORE_OUTGOING, yes)) {
    return refuse_system(fault, "cannot ignore outgoing packets");
  }
  return set_up_filter(settings, fault);
}

bool AfPacket::set_up_filter(const LiveSettings& settings, LiveFault& fault) {
  const CompiledFilter filter =
      compile_filter(settings.filter, interface_, link_ == kRawIp, settings.snap_length);
  if (!filter.error.empty()) {
    return refuse(fault, LiveProblem::kBadFilter, EINVAL,
                  "the filter \"" + settings.filter + "\" does not compile: " + filter.error);
  }
  if (settings.shunt != nullptr) {
    std::span<const sock_filter> first;
    if (!settings.filter.empty()) first = filter.program;
    if (settings.shunt->attach_to(socket_, first, fault)) return true;
    fault = {};  // then its flows are handed over whatever the map says
  }
  const sock_fprog program{static_cast<unsigned short>(filter.program.size()),
                           const_cast<sock_filter*>(filter.program.data())};
  if (!set_option(socket_, SOL_SOCKET, SO_ATTACH_FILTER, program)) {
    return refuse_system(fault, "the kernel refused the filter");
  }
  return true;
}

bool AfPacket::set_up_ring(const LiveSettings& settings, LiveFault& fault) {
  const int version = TPACKET_V3;
  if (!set_option(socket_, SOL_PACKET, PACKET_VERSION, version)) {
    return refuse_system(fault, "the kernel has no TPACKET_V3");
  }
  block_count_ = std::max(kMinBlocks, settings.ring_bytes / kBlockBytes);
  tpacket_req3 request{};
  request.tp_block_size = kBlockBytes;
  request.tp_block_nr = static_cast<unsigned>(block_count_);
  request.tp_frame_size = kNominalFrameBytes;
  request.tp_frame_nr = static_cast<unsigned>(block_count_ * (kBlockBytes / kNominalFrameBytes));
  request.tp_retire_blk_tov = kBlockTimeoutMs;
  if (!set_option(socket_, SOL_PACKET, PACKET_RX_RING, request)) {
    return refuse_system(fault, "cannot allocate the ring");
  }
  ring_bytes_ = block_count_ * kBlockBytes;
  void* const mapped = ::mmap(nullptr, ring_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, socket_, 0);
  if (mapped == MAP_FAILED) return refuse_system(fault, "cannot map the ring");
  ring_ = static_cast<std::uint8_t*>(mapped);
  return true;
}

bool AfPacket::join(const LiveSettings& settings, LiveFault& fault) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(interface_index_);
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return refuse_system(fault, "cannot bind to the interface");
  }
  packet_mreq membership{};
  membership.mr_ifindex = static_cast<int>(interface_index_);
  membership.mr_type = PACKET_MR_PROMISC;
  if (settings.promiscuous && !set_option(socket_, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)) {
    return refuse_system(fault, "cannot set promiscuous mode");
  }
  return join_group(settings, fault);
}

bool AfPacket::join_group(const LiveSettings& settings, LiveFault& fault) {
  if (settings.fanout_group == 0 && settings.shared_group == nullptr) return true;
  std::uint32_t mode = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG;
  std::uint32_t group = settings.fanout_group;
  std::unique_lock<std::mutex> lock;
  if (settings.shared_group != nullptr) {
    lock = std::unique_lock(settings.shared_group->mutex);
    group = settings.shared_group->id.value_or(0);
    if (!settings.shared_group->id) mode |= kFanoutUniqueId;
  }
  const std::uint32_t fanout = group | mode << 16;
  if (!set_option(socket_, SOL_PACKET, PACKET_FANOUT, fanout))
    return refuse_system(fault, "cannot join the fanout group");
  if ((mode & kFanoutUniqueId) == 0) return true;
  std::uint32_t joined = 0;
  socklen_t size = sizeof joined;
  if (::getsockopt(socket_, SOL_PACKET, PACKET_FANOUT, &joined, &size) != 0)
    return refuse_system(fault, "cannot ask for the fanout group");
  settings.shared_group->id = static_cast<std::uint16_t>(joined);
  return true;
}

}  // namespace netmoth::capture
