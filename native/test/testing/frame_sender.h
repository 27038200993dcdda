// Sends whole frames out of an interface, as they are.
#pragma once

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "testing/packet_builder.h"

namespace netmoth::testing_support {

class FrameSender {
 public:
  explicit FrameSender(const char* interface) : socket_(::socket(AF_PACKET, SOCK_RAW, 0)) {
    to_.sll_family = AF_PACKET;
    to_.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
  }
  ~FrameSender() { ::close(socket_); }
  FrameSender(const FrameSender&) = delete;
  FrameSender& operator=(const FrameSender&) = delete;

  bool send(const testing::Buffer& frame) {
    return ::sendto(socket_, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to_),
                    sizeof to_) == static_cast<ssize_t>(frame.size());
  }

 private:
  int socket_;
  sockaddr_ll to_{};
};

}  // namespace netmoth::testing_support
