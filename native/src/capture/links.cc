// RTM_GETLINK dumps and the groups RTMGRP_LINK and RTMGRP_IPV…_ROUTE.
//
// Invariant: see links.h. Attributes are copied out, never pointed to.
#include "capture/links.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <thread>

namespace netmoth::capture {
namespace {

using Octets = std::span<const std::uint8_t>;

// NLMSG_GOODSIZE of a kernel with pages of 4 KiB is below this.
constexpr std::size_t kReceiveBytes = 64 * 1024;

struct Socket {
  explicit Socket(unsigned groups) {
    descriptor = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (descriptor >= 0 &&
        ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(descriptor);
      descriptor = -1;
    }
  }
  ~Socket() {
    if (descriptor >= 0) ::close(descriptor);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int descriptor = -1;
};

template <typename T>
bool copy_out(Octets bytes, T& value) {
  if (bytes.size() < sizeof value) return false;
  std::memcpy(&value, bytes.data(), sizeof value);
  return true;
}

void take_attribute(Link& link, std::uint16_t type, Octets value) {
  switch (type) {
    case IFLA_IFNAME: {
      const auto end = std::ranges::find(value, std::uint8_t{0});
      link.name.assign(value.begin(), end);
      break;
    }
    case IFLA_MASTER:
      (void)copy_out(value, link.master);
      break;
    case IFLA_MTU:
      (void)copy_out(value, link.mtu);
      break;
    case IFLA_STATS64: {
      rtnl_link_stats64 stats{};
      // Newer kernels append members, older ones have fewer.
      std::memcpy(&stats, value.data(), std::min(value.size(), sizeof stats));
      link.packets = stats.rx_packets + stats.tx_packets;
      link.drops = stats.rx_dropped + stats.rx_missed_errors + stats.rx_fifo_errors;
      break;
    }
    default:
      break;
  }
}

constexpr std::size_t aligned(std::size_t length) {
  return (length + NLMSG_ALIGNTO - 1) & ~std::size_t{NLMSG_ALIGNTO - 1};
}

// The body of RTM_NEWLINK: ifinfomsg, then attributes.
void take_link(std::vector<Link>& links, Octets body) {
  ifinfomsg info{};
  if (!copy_out(body, info)) return;
  Link link;
  link.index = static_cast<unsigned>(info.ifi_index);
  link.up = (info.ifi_flags & IFF_UP) != 0;
  link.loopback = (info.ifi_flags & IFF_LOOPBACK) != 0;
  link.hardware = info.ifi_type;
  body = body.subspan(std::min(aligned(sizeof info), body.size()));
  rtattr attribute{};
  while (copy_out(body, attribute)) {
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > body.size()) break;
    take_attribute(link, attribute.rta_type & NLA_TYPE_MASK,
                   body.subspan(sizeof attribute, attribute.rta_len - sizeof attribute));
    body = body.subspan(std::min(aligned(attribute.rta_len), body.size()));
  }
  if (!link.name.empty()) links.push_back(std::move(link));
}

enum class Part : std::uint8_t { kMore, kDone, kBroken };

Part take_messages(std::vector<Link>& links, Octets bytes) {
  nlmsghdr header{};
  while (copy_out(bytes, header)) {
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) return Part::kBroken;
    // Links changed while they were told: the list has holes, so it is asked for again.
    if (header.nlmsg_type == NLMSG_ERROR || (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
      return Part::kBroken;
    if (header.nlmsg_type == NLMSG_DONE) return Part::kDone;
    if (header.nlmsg_type == RTM_NEWLINK)
      take_link(links, bytes.subspan(sizeof header, header.nlmsg_len - sizeof header));
    bytes = bytes.subspan(std::min(aligned(header.nlmsg_len), bytes.size()));
  }
  return Part::kMore;
}

constexpr int kAnswerMs = 1000;

std::optional<std::vector<Link>> ask_once() {
  const Socket socket(0);
  if (socket.descriptor < 0) return std::nullopt;
  struct {
    nlmsghdr header;
    ifinfomsg info;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  if (::send(socket.descriptor, &request, sizeof request, 0) != sizeof request) return std::nullopt;
  std::vector<Link> links;
  std::vector<std::uint8_t> buffer(kReceiveBytes);
  for (;;) {
    pollfd waiting{socket.descriptor, POLLIN, 0};
    if (::poll(&waiting, 1, kAnswerMs) <= 0) return std::nullopt;
    const ssize_t got = ::recv(socket.descriptor, buffer.data(), buffer.size(), 0);
    if (got <= 0) return std::nullopt;
    const Part part = take_messages(links, Octets(buffer).first(static_cast<std::size_t>(got)));
    if (part == Part::kBroken) return std::nullopt;
    if (part == Part::kDone) return links;
  }
}

}  // namespace

std::optional<std::vector<Link>> list_links() {
  constexpr int kTries = 3;
  for (int tries = 0; tries < kTries; ++tries) {
    if (auto links = ask_once()) return links;
  }
  return std::nullopt;
}

LinkMonitor::LinkMonitor() {
  Socket socket(RTMGRP_LINK | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE);
  std::swap(socket_, socket.descriptor);
}

LinkMonitor::~LinkMonitor() {
  if (socket_ >= 0) ::close(socket_);
}

bool LinkMonitor::wait(int timeout_ms) {
  if (socket_ < 0) {  // then whoever asks looks from time to time
    std::this_thread::sleep_for(std::chrono::milliseconds(timeout_ms));
    return false;
  }
  pollfd waiting{socket_, POLLIN, 0};
  if (::poll(&waiting, 1, timeout_ms) <= 0) return false;
  std::array<std::uint8_t, 4096> ignored;
  while (::recv(socket_, ignored.data(), ignored.size(), 0) > 0 || errno == ENOBUFS) {
    if (errno == ENOBUFS) errno = 0;
  }
  return true;
}

}  // namespace netmoth::capture
