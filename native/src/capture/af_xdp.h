// Live capture of what an interface receives, taken off the host by XDP: for interfaces that a
// switch mirrors to. What leaves by the interface is not seen.
//
// Invariant: frames point into the shared memory, but for packets that lie in several pieces: those
// are put together in a buffer of kPuttingBytes, one batch of them at a time. Frames go back to the
// kernel with the next next_batch(). A lane opens one AfXdp on an XdpInterface, never a second.
// Threads and privilege: see xdp_interface.h.
#pragma once

#include <linux/filter.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "capture/xdp_interface.h"

namespace netmoth::capture {

class AfXdp final : public LiveSource {
 public:
  static constexpr std::size_t kPuttingBytes = std::size_t{1} << 20;
  static constexpr std::size_t kMaxPieces = 64;
  static constexpr std::size_t kLongestPacket = kMaxPieces * 4096;

  // `filter` may be empty: everything.
  AfXdp(std::shared_ptr<XdpInterface> interface, std::string name, unsigned lane,
        std::uint32_t snap_length, std::vector<sock_filter> filter);
  ~AfXdp() override;

  [[nodiscard]] SourceStatus next_batch(std::span<decode::Frame> frames,
                                        std::size_t& count) override;
  [[nodiscard]] const Fault& fault() const override { return fault_; }
  [[nodiscard]] KernelCounters counters() override;
  // Ready when any of the sockets is.
  [[nodiscard]] int descriptor() const override { return poller_; }
  [[nodiscard]] SourceStatus check_error() override;
  [[nodiscard]] std::string mode() const override { return interface_->mode(); }

 private:
  struct Reading {
    XdpInterface::Queue* queue = nullptr;
    XdpSocket* socket = nullptr;
    std::vector<std::uint64_t> done;  // frames of the last batch
  };

  void give_back();
  std::size_t read(std::span<decode::Frame> frames);
  bool read_packet(Reading& from, decode::Frame& frame);
  void take_note(const Reading& from, const XdpPiece& first, decode::Frame& frame) const;
  bool put_together(const Reading& from, std::span<const XdpPiece> pieces, decode::Frame& frame);
  bool passes(const decode::Frame& frame);
  bool wait();

  const std::shared_ptr<XdpInterface> interface_;
  const std::string name_;
  const unsigned lane_;
  const std::uint32_t snap_length_;
  const std::vector<sock_filter> filter_;
  int poller_ = -1;  // epoll
  std::vector<Reading> readings_;
  std::size_t next_ = 0;
  std::vector<std::uint8_t> putting_;
  std::size_t put_ = 0;
  TimestampNs now_ = 0;
  TimestampNs wall_minus_monotonic_ = 0;
  std::uint64_t frames_ = 0;
  Fault fault_;
  // Relaxed: a count of its own.
  std::atomic<std::uint64_t> filtered_{0};
};

}  // namespace netmoth::capture
