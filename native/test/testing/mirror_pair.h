// An interface to which a switch seems to mirror: one end of a pair without an address, and what
// puts frames into the other.
//
// Invariant: see network_namespace.h, within whose namespace it is used.
#pragma once

#include <linux/if_packet.h>
#include <net/if.h>

#include <array>
#include <span>
#include <string>
#include <vector>

#include "testing/network_namespace.h"
#include "testing/packet_builder.h"

namespace netmoth::testing_support {

// NAME and NAMEp, up, with the words of ip-link(8) for the pair.
inline bool add_mirror(const std::string& name, const std::string& words = "") {
  return shell("ip link add " + name + " " + words + " type veth peer name " + name + "p " +
               words) &&
         shell("ip link set " + name + " addrgenmode none up") &&
         shell("ip link set " + name + "p addrgenmode none up");
}

// A datagram to the test's port between two hosts of 198.51.100.0/24, either way.
inline std::vector<std::uint8_t> test_frame(int pair = 0, bool answer = false,
                                            std::size_t size = 100) {
  const std::string one = "198.51.100." + std::to_string(1 + pair);
  const std::string other = "198.51.100.200";
  const testing::Buffer payload(size, 'x');
  const std::uint16_t port = 40000;
  return answer
             ? testing::ethernet(testing::ipv4(other, one, testing::udp(kTestPort, port, payload)))
             : testing::ethernet(testing::ipv4(one, other, testing::udp(port, kTestPort, payload)));
}

// Puts the frame in at `interface`; how many were taken.
inline int send_frames(const std::string& interface, std::span<const std::uint8_t> frame,
                       int count = 1) {
  const int sender = ::socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  int sent = 0;
  for (int i = 0; i < count; ++i) {
    if (::sendto(sender, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                 sizeof to) == static_cast<ssize_t>(frame.size()))
      ++sent;
  }
  ::close(sender);
  return sent;
}

}  // namespace netmoth::testing_support
