// A test's own piece of the real network: a namespace in a child process with a pair of virtual
// interfaces, va and vap, and what sends datagrams through it.
//
// Invariant: a namespace belongs to a process, so gtest's own never enters it; where there are none
// (no root), the test is skipped with the reason printed. Addresses are of RFC 5737.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>

namespace netmoth::testing_support {

inline constexpr int kNamespaceSkipped = 77;
inline constexpr std::uint16_t kTestPort = 4321;

inline bool shell(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// NAME (198.51.100.1 + 16 × n) and NAMEp; datagrams to the next address leave through it.
inline bool add_pair(const std::string& name, int n) {
  const std::string own = "198.51.100." + std::to_string(16 * n + 1);
  const std::string far = "198.51.100." + std::to_string(16 * n + 2);
  return shell("ip link add " + name + " type veth peer name " + name + "p") &&
         shell("ip addr add " + own + "/28 dev " + name) && shell("ip link set " + name + " up") &&
         shell("ip link set " + name + "p up") &&
         shell("ip neigh replace " + far + " lladdr 02:00:00:00:00:02 dev " + name);
}

inline void in_namespace(const std::function<void()>& body) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::unshare(CLONE_NEWNET) != 0 || !shell("ip link set lo up") || !add_pair("va", 0))
      ::_exit(kNamespaceSkipped);
    body();
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  if (WEXITSTATUS(status) == kNamespaceSkipped)
    GTEST_SKIP() << "no network namespaces or veth here, or the reason above";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "see the failures above";
}

// Datagrams of `size` octets through the n-th pair.
inline int send_datagrams(int count, int n = 0, std::size_t size = 100,
                          std::uint16_t port = kTestPort) {
  const int sender = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  const std::string to = "198.51.100." + std::to_string(16 * n + 2);
  (void)::inet_pton(AF_INET, to.c_str(), &address.sin_addr);
  const std::string payload(size, 'x');
  int sent = 0;
  for (int i = 0; i < count; ++i) {
    if (::sendto(sender, payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&address),
                 sizeof address) == static_cast<ssize_t>(payload.size()))
      ++sent;
  }
  ::close(sender);
  return sent;
}

}  // namespace netmoth::testing_support
