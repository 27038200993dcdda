// Reading the ring. Opening it is in af_packet_open.cc.
//
// Invariant: see af_packet.h. The kernel's offsets are trusted no further than the block reaches.
#include "capture/af_packet.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "capture/af_packet_ring.h"

namespace netmoth::capture {

AfPacket::~AfPacket() {
  if (ring_ != nullptr) ::munmap(ring_, ring_bytes_);
  if (socket_ >= 0) ::close(socket_);
}

SourceStatus AfPacket::next_batch(std::span<decode::Frame> frames, std::size_t& count) {
  count = 0;
  if (ended_) return fault_.status;
  if (stopping_.load(std::memory_order_relaxed)) return end(SourceStatus::kEnd, 0, "");
  if (packets_left_ == 0) {
    release_block();
    if (take_block()) {
      interface_down_.store(false, std::memory_order_relaxed);
    } else {
      const SourceStatus status = wait();
      if (status != SourceStatus::kFrames) return status;
    }
  }
  while (count < frames.size() && packets_left_ > 0) {
    // Aligned by the kernel to TPACKET_ALIGNMENT; the ring is the kernel's memory, not packet
    // bytes.
    const auto* const block_bytes = reinterpret_cast<const std::uint8_t*>(block_);
    const auto* const header = reinterpret_cast<const tpacket3_hdr*>(block_bytes + packet_offset_);
    const std::size_t start = packet_offset_ + header->tp_mac;
    if (start + header->tp_snaplen > kBlockBytes) {
      return end(SourceStatus::kBroken, 0, "the kernel's ring is inconsistent");
    }
    decode::Frame& frame = frames[count++];
    frame = decode::Frame{};
    frame.time = static_cast<TimestampNs>(header->tp_sec) * 1'000'000'000 + header->tp_nsec;
    frame.number = ++frames_;
    frame.wire_length = header->tp_len;
    frame.link = link_;
    frame.data = {block_bytes + start, header->tp_snaplen};
    frame.checksum_not_ready = (header->tp_status & TP_STATUS_CSUMNOTREADY) != 0;
    frame.vlan_present = (header->tp_status & TP_STATUS_VLAN_VALID) != 0;
    frame.vlan_tci = static_cast<std::uint16_t>(header->hv1.tp_vlan_tci);
    packet_offset_ += header->tp_next_offset;
    --packets_left_;
  }
  return SourceStatus::kFrames;
}

bool AfPacket::take_block() {
  auto* const block = reinterpret_cast<tpacket_block_desc*>(ring_ + block_index_ * kBlockBytes);
  // Acquire: what the kernel wrote into the block before it set the flag is seen after.
  const std::uint32_t status = __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE);
  if ((status & TP_STATUS_USER) == 0) return false;
  block_ = block;
  packets_left_ = block->hdr.bh1.num_pkts;
  packet_offset_ = block->hdr.bh1.offset_to_first_pkt;
  if (packets_left_ > 0) return true;
  release_block();  // retired by its timeout, empty
  return false;
}

void AfPacket::release_block() {
  if (block_ == nullptr) return;
  // Release: our reads of the block come before the kernel may write to it again.
  __atomic_store_n(&block_->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  block_ = nullptr;
  block_index_ = (block_index_ + 1) % block_count_;
}

// A few blocks are looked at, evenly spread: the one being read is full, and so is what the kernel
// has filled behind it.
double AfPacket::fill() const {
  constexpr std::size_t kProbes = 16;
  for (std::size_t probe = kProbes; probe > 0; --probe) {
    const std::size_t ahead = (probe * block_count_ / kProbes) - 1;
    if (ahead == 0) break;
    const std::size_t index = (block_index_ + ahead) % block_count_;
    const auto* const block =
        reinterpret_cast<const tpacket_block_desc*>(ring_ + index * kBlockBytes);
    // Relaxed: nothing of the block is read.
    if ((__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_RELAXED) & TP_STATUS_USER) != 0)
      return static_cast<double>(probe) / kProbes;
  }
  return 0;
}

SourceStatus AfPacket::wait() {
  if (!waits()) return SourceStatus::kIdle;
  pollfd waiting{socket_, POLLIN | POLLERR, 0};
  const int ready = ::poll(&waiting, 1, kPollMs);
  if (ready < 0 && errno != EINTR) {
    return end(SourceStatus::kFailed, errno, std::string("cannot wait: ") + std::strerror(errno));
  }
  if (ready > 0 && (waiting.revents & POLLERR) != 0) return check_error();
  if (!take_block()) return SourceStatus::kIdle;
  interface_down_.store(false, std::memory_order_relaxed);
  return SourceStatus::kFrames;
}

SourceStatus AfPacket::check_error() {
  if (ended_) return fault_.status;
  int error = 0;
  socklen_t size = sizeof error;
  (void)::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  interface_down_.store(true, std::memory_order_relaxed);
  char name[IF_NAMESIZE] = {};  // it may have been renamed
  if (::if_indextoname(interface_index_, name) == nullptr) {
    return end(SourceStatus::kFailed, ENODEV, "interface " + interface_ + " is gone");
  }
  if (error != 0 && error != ENETDOWN) {
    return end(SourceStatus::kFailed, error,
               "capture on " + interface_ + " failed: " + std::strerror(error));
  }
  return SourceStatus::kIdle;
}

// PACKET_STATISTICS starts over with each reading, so each reading is added.
KernelCounters AfPacket::counters() {
  tpacket_stats_v3 fresh{};
  socklen_t size = sizeof fresh;
  if (::getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &fresh, &size) == 0) {
    kernel_packets_.fetch_add(fresh.tp_packets, std::memory_order_relaxed);
    kernel_drops_.fetch_add(fresh.tp_drops, std::memory_order_relaxed);
  }
  return {.packets = kernel_packets_.load(std::memory_order_relaxed),
          .drops = kernel_drops_.load(std::memory_order_relaxed)};
}

SourceStatus AfPacket::end(SourceStatus status, int error_number, std::string message) {
  ended_ = true;
  fault_ = {status, 0, error_number, std::move(message)};
  return status;
}

}  // namespace netmoth::capture
