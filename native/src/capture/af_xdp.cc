#include "capture/af_xdp.h"

#include <pcap/pcap.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "capture/bpf/xdp_note.h"

namespace netmoth::capture {
namespace {

TimestampNs clock_ns(clockid_t clock) {
  timespec now{};
  (void)::clock_gettime(clock, &now);
  return TimestampNs{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

AfXdp::AfXdp(std::shared_ptr<XdpInterface> interface, std::string name, unsigned lane,
             std::uint32_t snap_length, std::vector<sock_filter> filter)
    : interface_(std::move(interface)),
      name_(std::move(name)),
      lane_(lane),
      snap_length_(snap_length),
      filter_(std::move(filter)),
      poller_(::epoll_create1(EPOLL_CLOEXEC)),
      putting_(kPuttingBytes) {
  for (const auto& queue : interface_->queues()) {
    XdpSocket* const socket = queue->sockets[lane].get();
    readings_.push_back({queue.get(), socket, {}});
    epoll_event wanted{};
    wanted.events = EPOLLIN | EPOLLERR;
    (void)::epoll_ctl(poller_, EPOLL_CTL_ADD, socket->descriptor(), &wanted);
  }
}

AfXdp::~AfXdp() {
  give_back();
  if (poller_ >= 0) ::close(poller_);
}

SourceStatus AfXdp::next_batch(std::span<decode::Frame> frames, std::size_t& count) {
  count = 0;
  if (fault_.status != SourceStatus::kEnd) return fault_.status;
  give_back();
  now_ = clock_ns(CLOCK_REALTIME);
  wall_minus_monotonic_ = now_ - clock_ns(CLOCK_MONOTONIC);
  count = read(frames);
  if (count > 0) return SourceStatus::kFrames;
  for (const Reading& each : readings_) {
    if (each.queue->memory.needs_wakeup()) each.socket->wake();
  }
  if (!waits() || !wait())
    return fault_.status == SourceStatus::kEnd ? SourceStatus::kIdle : fault_.status;
  now_ = clock_ns(CLOCK_REALTIME);
  count = read(frames);
  return count > 0 ? SourceStatus::kFrames : SourceStatus::kIdle;
}

bool AfXdp::wait() {
  epoll_event told{};
  const int ready = ::epoll_wait(poller_, &told, 1, kPollMs);
  if (ready > 0 && (told.events & EPOLLERR) != 0) return check_error() == SourceStatus::kIdle;
  return ready > 0;
}

void AfXdp::give_back() {
  put_ = 0;
  for (Reading& each : readings_) {
    if (each.done.empty()) continue;
    each.socket->release();
    each.queue->memory.give_back(each.done);
    each.done.clear();
  }
}

// Every queue has its turn of what is left of the batch.
std::size_t AfXdp::read(std::span<decode::Frame> frames) {
  std::size_t count = 0;
  for (std::size_t turns = readings_.size(); turns > 0 && count < frames.size(); --turns) {
    Reading& from = readings_[next_];
    while (count < frames.size() && put_ + kLongestPacket <= putting_.size()) {
      const std::size_t before = from.done.size();
      if (read_packet(from, frames[count]))
        ++count;
      else if (from.done.size() == before)
        break;
    }
    next_ = (next_ + 1) % readings_.size();
  }
  return count;
}

bool AfXdp::read_packet(Reading& from, decode::Frame& frame) {
  std::array<XdpPiece, kMaxPieces> pieces;
  const std::size_t count = from.socket->next_packet(pieces);
  if (count == 0) return false;
  std::uint64_t length = 0;
  for (const XdpPiece& piece : std::span(pieces).first(count)) {
    from.done.push_back(piece.address);
    length += piece.length;
  }
  frame = decode::Frame{};
  frame.wire_length = static_cast<std::uint32_t>(length);
  take_note(from, pieces[0], frame);
  if (count == 1)
    frame.data = from.queue->memory.bytes_of(pieces[0]);
  else if (!put_together(from, std::span(pieces).first(count), frame))
    return false;
  frame.data = frame.data.first(std::min<std::size_t>(frame.data.size(), snap_length_));
  frame.checksum_not_ready = interface_->sums_not_ready();
  if (!passes(frame)) return false;
  frame.number = ++frames_;
  return true;
}

// What xdp.bpf.c wrote in front of the packet; wiped, for the frame will be used again.
void AfXdp::take_note(const Reading& from, const XdpPiece& first, decode::Frame& frame) const {
  frame.time = now_;
  if (from.queue->memory.room_before(first) < sizeof(xdp_note)) return;
  const auto before = from.queue->memory.bytes_of(
      {first.address - sizeof(xdp_note), static_cast<std::uint32_t>(sizeof(xdp_note)), false});
  if (before.size() != sizeof(xdp_note)) return;
  xdp_note note;
  std::memcpy(&note, before.data(), sizeof note);
  if ((note.time ^ note.check) != XDP_NOTE_CHECK) return;
  frame.time = static_cast<TimestampNs>(note.time) + wall_minus_monotonic_;
  frame.vlan_present = note.vlan_present != 0;
  frame.vlan_tci = note.vlan_tci;
  std::memset(before.data(), 0, before.size());
}

bool AfXdp::put_together(const Reading& from, std::span<const XdpPiece> pieces,
                         decode::Frame& frame) {
  const std::size_t start = put_;
  for (const XdpPiece& piece : pieces) {
    const auto bytes = from.queue->memory.bytes_of(piece);
    const std::size_t room = std::min(bytes.size(), putting_.size() - put_);
    std::memcpy(putting_.data() + put_, bytes.data(), room);
    put_ += room;
  }
  frame.data = std::span(putting_).subspan(start, put_ - start);
  return !frame.data.empty();
}

bool AfXdp::passes(const decode::Frame& frame) {
  if (filter_.empty()) return true;
  // The two structures are one: <pcap/bpf.h> and <linux/filter.h> describe classic BPF.
  const auto* const program = reinterpret_cast<const bpf_insn*>(filter_.data());
  if (::bpf_filter(program, frame.data.data(), frame.wire_length,
                   static_cast<unsigned>(frame.data.size())) != 0)
    return true;
  filtered_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

KernelCounters AfXdp::counters() {
  KernelCounters all = interface_->counters(lane_);
  all.filtered = filtered_.load(std::memory_order_relaxed);
  return all;
}

// The kernel lets go of a socket when its interface goes, also into another namespace.
SourceStatus AfXdp::check_error() {
  for (const Reading& each : readings_) {
    int error = 0;
    socklen_t size = sizeof error;
    (void)::getsockopt(each.socket->descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) continue;
    interface_->mark_broken();
    fault_ = {SourceStatus::kFailed, 0, error,
              error == ENETDOWN ? "interface " + name_ + " is gone"
                                : "capture on " + name_ + " failed: " + std::strerror(error)};
    return fault_.status;
  }
  return SourceStatus::kIdle;
}

}  // namespace netmoth::capture
