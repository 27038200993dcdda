// An AF_XDP socket with the rings it shares with the kernel, and the memory that packets lie in.
// See Documentation/networking/af_xdp.rst of Linux.
//
// Invariant: frames of an XdpMemory belong to the kernel, but for those that a socket's ring showed
// and give_back() has not returned; indices of the kernel are trusted no further than the rings and
// the memory reach. Threads: a socket's ring is read by one; give_back() may be called by any.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/types.h"

namespace netmoth::capture {

// A ring mapped from a socket: fill or rx.
class XdpRing {
 public:
  XdpRing() = default;
  ~XdpRing();
  XdpRing(const XdpRing&) = delete;
  XdpRing& operator=(const XdpRing&) = delete;

  // As <linux/if_xdp.h> has its offsets, `entry_bytes` for each of `entries`, a power of two.
  struct Layout {
    std::uint64_t page = 0;  // XDP_PGOFF_RX_RING, XDP_UMEM_PGOFF_FILL_RING
    std::uint64_t producer = 0;
    std::uint64_t consumer = 0;
    std::uint64_t entries_at = 0;
    std::uint64_t flags = 0;
    std::uint32_t entries = 0;
    std::size_t entry_bytes = 0;
  };
  bool map(int socket, const Layout& layout);

  [[nodiscard]] std::uint32_t produced() const;
  void set_produced(std::uint32_t index);
  [[nodiscard]] std::uint32_t consumed() const;
  void set_consumed(std::uint32_t index);
  [[nodiscard]] bool needs_wakeup() const;
  [[nodiscard]] std::uint32_t entries() const { return layout_.entries; }
  // The entry of a running index.
  template <typename T>
  [[nodiscard]] T& at(std::uint32_t index) {
    const std::uint32_t slot = index & (layout_.entries - 1);
    return *reinterpret_cast<T*>(base_ + layout_.entries_at + slot * sizeof(T));
  }

 private:
  [[nodiscard]] std::uint32_t* word(std::uint64_t offset) const {
    return reinterpret_cast<std::uint32_t*>(base_ + offset);
  }
  std::uint8_t* base_ = nullptr;
  std::size_t bytes_ = 0;
  Layout layout_;
};

// One packet or a piece of one.
struct XdpPiece {
  std::uint64_t address = 0;
  std::uint32_t length = 0;
  bool continues = false;
};

class XdpSocket;

// The frames of one queue, shared by the sockets of all lanes.
class XdpMemory {
 public:
  XdpMemory() = default;
  ~XdpMemory();
  XdpMemory(const XdpMemory&) = delete;
  XdpMemory& operator=(const XdpMemory&) = delete;

  // Frames of `frame_bytes` (2048 or 4096), as many as fit; all of them go to the kernel. What
  // failed, with errno, or nothing.
  std::optional<std::string> give_to(XdpSocket& owner, std::size_t bytes, std::size_t frame_bytes);

  // Empty where the piece does not lie within a frame.
  [[nodiscard]] std::span<std::uint8_t> bytes_of(const XdpPiece& piece) const;
  // Octets in front of the piece that are the frame's.
  [[nodiscard]] std::size_t room_before(const XdpPiece& piece) const {
    return piece.address & (frame_bytes_ - 1);
  }
  void give_back(std::span<const std::uint64_t> addresses);
  [[nodiscard]] bool needs_wakeup() const { return fill_.needs_wakeup(); }
  [[nodiscard]] std::uint32_t frames() const { return frames_; }

 private:
  std::uint8_t* area_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t frame_bytes_ = 0;
  std::uint32_t frames_ = 0;
  std::mutex mutex_;  // of the fill ring's producer: a lock a batch, only where lanes share a queue
  std::uint32_t filled_ = 0;
  XdpRing fill_;
};

struct XdpLoss {
  std::uint64_t dropped = 0;    // no frame was free, or too long for one
  std::uint64_t ring_full = 0;  // the lane was slow
};

class XdpSocket {
 public:
  XdpSocket() = default;
  ~XdpSocket();
  XdpSocket(const XdpSocket&) = delete;
  XdpSocket& operator=(const XdpSocket&) = delete;

  // In this order; each is false with errno set.
  bool open();
  bool make_ring(std::uint32_t entries);
  bool bind(unsigned interface_index, std::uint32_t queue, std::uint16_t flags, int shared_with);

  [[nodiscard]] int descriptor() const { return socket_; }
  // The pieces of the next packet, or none; `pieces` bounds how many it may have. Up to release()
  // the frames are the caller's to read.
  std::size_t next_packet(std::span<XdpPiece> pieces);
  // Tells the kernel what has been read of the ring.
  void release();
  // Wakes the driver, where it asked for that.
  void wake() const;
  [[nodiscard]] XdpLoss loss() const;

 private:
  friend class XdpMemory;
  int socket_ = -1;
  std::uint32_t read_ = 0;
  XdpRing ring_;
};

}  // namespace netmoth::capture
