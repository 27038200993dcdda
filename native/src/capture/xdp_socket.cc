// The socket options and rings of <linux/if_xdp.h>, without a library: libbpf has left them to
// libxdp, which brings a loader of its own.
//
// Invariant: see xdp_socket.h.
#include "capture/xdp_socket.h"

#include <linux/if_xdp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace netmoth::capture {
namespace {

// Newer than Debian's header: Linux 6.6.
constexpr std::uint32_t kContinues = 1U << 0;  // XDP_PKT_CONTD
// The kernel wants a completion ring, although nothing is sent.
constexpr std::uint32_t kCompletions = 64;
constexpr std::uint32_t kMinFrames = 64;

template <typename T>
bool set_option(int socket, int option, const T& value) {
  return ::setsockopt(socket, SOL_XDP, option, &value, sizeof value) == 0;
}

bool offsets_of(int socket, xdp_mmap_offsets& offsets) {
  socklen_t size = sizeof offsets;
  return ::getsockopt(socket, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) == 0 &&
         size == sizeof offsets;
}

XdpRing::Layout layout_of(const xdp_ring_offset& offset, std::uint64_t page, std::uint32_t entries,
                          std::size_t entry_bytes) {
  return {page, offset.producer, offset.consumer, offset.desc, offset.flags, entries, entry_bytes};
}

}  // namespace

XdpRing::~XdpRing() {
  if (base_ != nullptr) ::munmap(base_, bytes_);
}

bool XdpRing::map(int socket, const Layout& layout) {
  layout_ = layout;
  bytes_ = layout.entries_at + layout.entries * layout.entry_bytes;
  void* const mapped = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                              socket, static_cast<off_t>(layout.page));
  if (mapped == MAP_FAILED) return false;
  base_ = static_cast<std::uint8_t*>(mapped);
  return true;
}

// Acquire and release: entries are seen as they were when the index moved past them, and read
// before the other side may write over them.
std::uint32_t XdpRing::produced() const {
  return __atomic_load_n(word(layout_.producer), __ATOMIC_ACQUIRE);
}
void XdpRing::set_produced(std::uint32_t index) {
  __atomic_store_n(word(layout_.producer), index, __ATOMIC_RELEASE);
}
std::uint32_t XdpRing::consumed() const {
  return __atomic_load_n(word(layout_.consumer), __ATOMIC_ACQUIRE);
}
void XdpRing::set_consumed(std::uint32_t index) {
  __atomic_store_n(word(layout_.consumer), index, __ATOMIC_RELEASE);
}
bool XdpRing::needs_wakeup() const {
  return (__atomic_load_n(word(layout_.flags), __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP) != 0;
}

XdpMemory::~XdpMemory() {
  if (area_ != nullptr) ::munmap(area_, bytes_);
}

std::optional<std::string> XdpMemory::give_to(XdpSocket& owner, std::size_t bytes,
                                              std::size_t frame_bytes) {
  frame_bytes_ = frame_bytes;
  frames_ = std::max(kMinFrames, static_cast<std::uint32_t>(std::bit_floor(bytes / frame_bytes)));
  bytes_ = frames_ * frame_bytes_;
  void* const area =
      ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED) return "cannot allocate the frames";
  area_ = static_cast<std::uint8_t*>(area);
  xdp_umem_reg registration{};
  registration.addr = reinterpret_cast<std::uint64_t>(area_);
  registration.len = bytes_;
  registration.chunk_size = static_cast<std::uint32_t>(frame_bytes_);
  if (!set_option(owner.socket_, XDP_UMEM_REG, registration)) return "cannot register the frames";
  if (!set_option(owner.socket_, XDP_UMEM_FILL_RING, frames_) ||
      !set_option(owner.socket_, XDP_UMEM_COMPLETION_RING, kCompletions))
    return "cannot allocate the fill ring";
  xdp_mmap_offsets offsets{};
  if (!offsets_of(owner.socket_, offsets) ||
      !fill_.map(owner.socket_,
                 layout_of(offsets.fr, XDP_UMEM_PGOFF_FILL_RING, frames_, sizeof(std::uint64_t))))
    return "cannot map the fill ring";
  for (std::uint32_t i = 0; i < frames_; ++i)
    fill_.at<std::uint64_t>(i) = std::uint64_t{i} * frame_bytes_;
  filled_ = frames_;
  fill_.set_produced(filled_);
  return std::nullopt;
}

std::span<std::uint8_t> XdpMemory::bytes_of(const XdpPiece& piece) const {
  if (piece.address >= bytes_ || piece.length > frame_bytes_ - room_before(piece)) return {};
  return {area_ + piece.address, piece.length};
}

// The ring has room for every frame there is, so there is always room for those that come back.
void XdpMemory::give_back(std::span<const std::uint64_t> addresses) {
  if (addresses.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t address : addresses)
    fill_.at<std::uint64_t>(filled_++) = address & ~(std::uint64_t{frame_bytes_} - 1);
  fill_.set_produced(filled_);
}

XdpSocket::~XdpSocket() {
  if (socket_ >= 0) ::close(socket_);
}

bool XdpSocket::open() {
  socket_ = ::socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  return socket_ >= 0;
}

bool XdpSocket::make_ring(std::uint32_t entries) {
  xdp_mmap_offsets offsets{};
  return set_option(socket_, XDP_RX_RING, entries) && offsets_of(socket_, offsets) &&
         ring_.map(socket_, layout_of(offsets.rx, XDP_PGOFF_RX_RING, entries, sizeof(xdp_desc)));
}

bool XdpSocket::bind(unsigned interface_index, std::uint32_t queue, std::uint16_t flags,
                     int shared_with) {
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_flags = shared_with < 0 ? flags : std::uint16_t{XDP_SHARED_UMEM};
  address.sxdp_ifindex = interface_index;
  address.sxdp_queue_id = queue;
  address.sxdp_shared_umem_fd = shared_with < 0 ? 0 : static_cast<std::uint32_t>(shared_with);
  return ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// A packet is taken when all of its pieces are there.
std::size_t XdpSocket::next_packet(std::span<XdpPiece> pieces) {
  const std::uint32_t there = std::min(ring_.produced() - read_, ring_.entries());
  for (std::uint32_t i = 0; i < there && i < pieces.size(); ++i) {
    const xdp_desc& entry = ring_.at<xdp_desc>(read_ + i);
    pieces[i] = {entry.addr, entry.len, (entry.options & kContinues) != 0};
    if (pieces[i].continues && i + 1 < pieces.size()) continue;
    read_ += i + 1;
    return i + 1;
  }
  return 0;
}

void XdpSocket::release() {
  ring_.set_consumed(read_);
}

void XdpSocket::wake() const {
  (void)::recvfrom(socket_, nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
}

XdpLoss XdpSocket::loss() const {
  xdp_statistics stats{};
  socklen_t size = sizeof stats;
  if (::getsockopt(socket_, SOL_XDP, XDP_STATISTICS, &stats, &size) != 0) return {};
  return {stats.rx_dropped, stats.rx_ring_full};
}

}  // namespace netmoth::capture
