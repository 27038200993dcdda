// Live capture of one interface by AF_PACKET, TPACKET_V3: a ring of blocks shared with the kernel.
//
// Bound: ring_bytes; when the reader is slow the kernel drops new packets and counts them
// (kernel_drops). Threads: one AfPacket belongs to one worker; stop() and counters() may be called
// from any thread. Privilege: CAP_NET_RAW.
//
// Invariant: frames point into the ring; a block goes back to the kernel only when its last frame
// was handed out and the next next_batch() is called. Nothing is sent and nothing on the host
// changes but the promiscuous mode, which the kernel takes back when the socket closes.
#pragma once

#include <atomic>
#include <memory>

#include "capture/frame_source.h"

struct tpacket_block_desc;

namespace netmoth::capture {

struct LiveSettings {
  std::string interface;
  std::string filter = {};  // pcap-filter(7); empty: everything
  bool promiscuous = true;
  std::uint32_t snap_length = 65535;
  std::size_t ring_bytes = 64U << 20;
  // Workers with the same group share the traffic by flow (symmetric hash); 0: no sharing.
  std::uint16_t fanout_group = 0;
};

enum class LiveProblem : std::uint8_t {
  kNone,
  kNoInterface,   // the message lists those there are
  kNoPermission,  // the message names the capability
  kBadFilter,     // libpcap's own message
  kSystem,        // error_number says
};

struct LiveFault {
  LiveProblem problem = LiveProblem::kNone;
  int error_number = 0;
  std::string message;
};

struct KernelCounters {
  std::uint64_t packets = 0;  // that passed the filter, dropped ones included
  std::uint64_t drops = 0;    // for want of room in the ring
};

class AfPacket final : public FrameSource {
 public:
  // nullptr with `fault` filled in where capture cannot start.
  static std::unique_ptr<AfPacket> open(const LiveSettings& settings, LiveFault& fault);
  ~AfPacket() override;
  AfPacket(const AfPacket&) = delete;
  AfPacket& operator=(const AfPacket&) = delete;

  // kIdle after kPollMs without a packet, kEnd after stop(), kFailed where the interface is gone.
  // An interface that goes down and comes up again is only idle meanwhile.
  [[nodiscard]] SourceStatus next_batch(std::span<decode::Frame> frames,
                                        std::size_t& count) override;
  [[nodiscard]] const Fault& fault() const override { return fault_; }

  void stop() { stopping_.store(true, std::memory_order_relaxed); }
  // Since open().
  [[nodiscard]] KernelCounters counters();
  // While true the interface is down: packets cannot come.
  [[nodiscard]] bool interface_down() const {
    return interface_down_.load(std::memory_order_relaxed);
  }

  static constexpr int kPollMs = 50;

 private:
  explicit AfPacket(const LiveSettings& settings) : interface_(settings.interface) {}

  bool set_up(const LiveSettings& settings, LiveFault& fault);
  bool set_up_ring(const LiveSettings& settings, LiveFault& fault);
  bool join(const LiveSettings& settings, LiveFault& fault);
  void release_block();
  bool take_block();
  SourceStatus wait();
  SourceStatus end(SourceStatus status, int error_number, std::string message);

  std::string interface_;
  int socket_ = -1;
  unsigned interface_index_ = 0;
  decode::LinkType link_ = 1;
  std::uint8_t* ring_ = nullptr;
  std::size_t ring_bytes_ = 0;
  std::size_t block_count_ = 0;
  std::size_t block_index_ = 0;
  tpacket_block_desc* block_ = nullptr;  // the one being read
  std::uint32_t packets_left_ = 0;
  std::size_t packet_offset_ = 0;
  std::uint64_t frames_ = 0;
  Fault fault_;
  bool ended_ = false;
  // Relaxed: flags and counters of their own, nothing else is published through them.
  std::atomic<bool> stopping_{false};
  std::atomic<bool> interface_down_{false};
  std::atomic<std::uint64_t> kernel_packets_{0};
  std::atomic<std::uint64_t> kernel_drops_{0};
};

}  // namespace netmoth::capture
