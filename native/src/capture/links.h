// The links of this network namespace by rtnetlink(7), and word of their changes.
//
// Invariant: asks the kernel anew each time and trusts its messages no further than their lengths
// reach. Privilege: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace netmoth::capture {

struct Link {
  unsigned index = 0;
  std::string name;
  bool up = false;  // by the administrator
  bool loopback = false;
  std::uint16_t hardware = 0;  // ARPHRD_…
  std::uint32_t mtu = 0;
  std::uint32_t master = 0;  // index of the bridge or bond it belongs to; 0: none
  // IFLA_STATS64, since the interface was made.
  std::uint64_t packets = 0;  // received and sent
  std::uint64_t drops = 0;    // rx_dropped, rx_missed_errors and rx_fifo_errors
};

// In the order of the kernel; nothing where it could not be asked.
std::optional<std::vector<Link>> list_links();

// Says when links or routes may have changed.
class LinkMonitor {
 public:
  LinkMonitor();
  ~LinkMonitor();
  LinkMonitor(const LinkMonitor&) = delete;
  LinkMonitor& operator=(const LinkMonitor&) = delete;

  // Waits; true where something was told. A message that was lost is a change as well.
  bool wait(int timeout_ms);

 private:
  int socket_ = -1;
};

}  // namespace netmoth::capture
