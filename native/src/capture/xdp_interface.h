// One interface whose packets are taken by XDP: the program, the frames of its queues and a socket
// for each queue and lane.
//
// Bound: ring_bytes a lane in frames, of which a queue has its share. Opened by the first lane that
// asks, closed with the last that lets go; the link is a file descriptor, so the kernel takes the
// program off when the sensor ends, also by a crash.
// Invariant: zero copy is tried first, then the driver's own XDP with copies, then the kernel's
// general one. What no socket takes goes on to the host.
// Threads: each lane reads its own sockets; the rest may be called from any.
// Privilege: CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, CAP_IPC_LOCK. Linux 5.9.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "capture/links.h"
#include "capture/live_source.h"
#include "capture/xdp_socket.h"

namespace netmoth::capture {

class XdpInterface {
 public:
  struct Settings {
    unsigned lanes = 1;
    std::size_t ring_bytes = std::size_t{64} << 20;  // of a lane
    bool promiscuous = true;
    bool force = false;  // also where the host's own traffic goes
  };
  // nullptr and `fault` where the kernel, the driver or the privileges do not allow it.
  static std::shared_ptr<XdpInterface> open(const Link& link, const Settings& settings,
                                            LiveFault& fault);
  ~XdpInterface();
  XdpInterface(const XdpInterface&) = delete;
  XdpInterface& operator=(const XdpInterface&) = delete;

  struct Queue {
    XdpMemory memory;
    std::vector<std::unique_ptr<XdpSocket>> sockets;  // by lane
  };
  [[nodiscard]] std::vector<std::unique_ptr<Queue>>& queues() { return queues_; }
  // Of the lane: packets and what was lost since the program was attached.
  [[nodiscard]] KernelCounters counters(unsigned lane) const;
  // "zero copy", "copies", "copies, generic XDP".
  [[nodiscard]] const std::string& mode() const { return mode_; }
  // Sums that no hardware has made yet.
  [[nodiscard]] bool sums_not_ready() const { return sums_not_ready_; }
  // The interface is gone: the next to ask gets a new one.
  void mark_broken() { broken_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool broken() const { return broken_.load(std::memory_order_relaxed); }

 private:
  struct Program;
  XdpInterface();
  struct Way;
  bool set_up(const Link& link, const Settings& settings, LiveFault& fault);
  bool attach(const Link& link, const Settings& settings, const Way& way, LiveFault& fault);
  bool load(const Link& link, const Settings& settings, const Way& way, LiveFault& fault);
  bool make_queue(const Link& link, const Settings& settings, unsigned queue, unsigned queues,
                  LiveFault& fault);
  bool set_sockets(const Queue& made, unsigned queue, LiveFault& fault);
  bool make_sockets(Queue& made, const Link& link, unsigned queue, unsigned lanes,
                    std::uint16_t flags, std::size_t bytes, std::string& what);
  bool be_promiscuous(const Link& link, LiveFault& fault);

  std::unique_ptr<Program> program_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::string mode_;
  bool sums_not_ready_ = false;
  int membership_ = -1;  // a packet socket that holds promiscuous mode
  // Relaxed: only a flag.
  std::atomic<bool> broken_{false};
};

}  // namespace netmoth::capture
