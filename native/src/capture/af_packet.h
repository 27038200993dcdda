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

#include "capture/live_source.h"

struct tpacket_block_desc;

namespace netmoth::capture {

class AfPacket final : public LiveSource {
 public:
  // nullptr with `fault` filled in where capture cannot start.
  static std::unique_ptr<AfPacket> open(const LiveSettings& settings, LiveFault& fault);
  ~AfPacket() override;
  AfPacket(const AfPacket&) = delete;
  AfPacket& operator=(const AfPacket&) = delete;

  // kIdle where there is no packet (waiting: after kPollMs), kEnd after stop(), kFailed where the
  // interface is gone. An interface that goes down and comes up again is only idle meanwhile.
  [[nodiscard]] SourceStatus next_batch(std::span<decode::Frame> frames,
                                        std::size_t& count) override;
  [[nodiscard]] const Fault& fault() const override { return fault_; }

  void stop() { stopping_.store(true, std::memory_order_relaxed); }
  // Since open().
  [[nodiscard]] KernelCounters counters() override;
  [[nodiscard]] double fill() const override;
  [[nodiscard]] int descriptor() const override { return socket_; }
  [[nodiscard]] SourceStatus check_error() override;
  // While true the interface is down: packets cannot come.
  [[nodiscard]] bool interface_down() const {
    return interface_down_.load(std::memory_order_relaxed);
  }

 private:
  explicit AfPacket(const LiveSettings& settings) : interface_(settings.interface) {}

  bool set_up(const LiveSettings& settings, LiveFault& fault);
  bool set_up_filter(const LiveSettings& settings, LiveFault& fault);
  bool set_up_ring(const LiveSettings& settings, LiveFault& fault);
  bool join(const LiveSettings& settings, LiveFault& fault);
  bool join_group(const LiveSettings& settings, LiveFault& fault);
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
