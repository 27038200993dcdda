// Live capture measured: a flood of frames at a pace, and what reading them costs a thread, bare
// (walking TPACKET_V3 blocks and adding lengths up) and with the whole engine behind a strategy.
//
// Invariant: CPU is the thread's own (CLOCK_THREAD_CPUTIME_ID), from the first packet to the last,
// so neither starting nor waiting for traffic counts. Events are written and thrown away.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>

#include "capture/live_capture.h"
#include "commands.h"
#include "pipeline/worker.h"
#include "test/testing/packet_builder.h"

namespace netmoth::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kFlows = 8;  // unless the flood is asked for more
constexpr std::size_t kBurst = 32;
constexpr std::size_t kRingBytes = std::size_t{64} << 20;

double cpu_seconds() {
  timespec now{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// CPU between the first packet and the last.
class Meter {
 public:
  // Asking for the time costs more than a packet: it is asked when there is a pause.
  void count(std::size_t packets) {
    packets_ += packets;
    if (packets > 0 && first_ < 0) first_ = cpu_seconds();
    if (packets == 0 && counted_ != packets_) last_ = cpu_seconds();
    if (packets == 0) counted_ = packets_;
  }
  // Shunted packets are counted too: their flows have them; then all the thread did until now
  // counts, its looks at empty rings and at what the kernel has counted.
  void print(const char* what, std::uint64_t drops, std::uint64_t shunted = 0) const {
    const double until = shunted == 0 ? last_ : cpu_seconds();
    const double used = packets_ == 0 ? 0 : until - first_;
    std::printf("{\"what\":\"%s\",\"packets\":%llu,\"drops\":%llu,\"cpuSeconds\":%.6f}\n", what,
                static_cast<unsigned long long>(packets_ + shunted),
                static_cast<unsigned long long>(drops), used);
  }

 private:
  std::uint64_t packets_ = 0;
  std::uint64_t counted_ = 0;
  double first_ = -1;
  double last_ = 0;
};

struct NullSink final : output::BatchSink {
  bool take(output::EventClass, std::string& lines, std::uint32_t) override {
    lines.clear();
    return true;
  }
};

int bare(const char* interface, steady_clock::time_point end) {
  constexpr std::size_t kBlock = 1U << 20;
  const int socket = ::socket(AF_PACKET, SOCK_RAW, 0);
  const int version = TPACKET_V3;
  (void)::setsockopt(socket, SOL_PACKET, PACKET_VERSION, &version, sizeof version);
  tpacket_req3 request{};
  request.tp_block_size = kBlock;
  request.tp_block_nr = kRingBytes / kBlock;
  request.tp_frame_size = 2048;
  request.tp_frame_nr = kRingBytes / 2048;
  request.tp_retire_blk_tov = 20;
  (void)::setsockopt(socket, SOL_PACKET, PACKET_RX_RING, &request, sizeof request);
  void* const mapped = ::mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
  if (mapped == MAP_FAILED ||
      ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    std::perror("bare");
    return 1;
  }
  Meter meter;
  std::uint64_t octets = 0;
  for (std::size_t block = 0; steady_clock::now() < end;) {
    auto* const head =
        reinterpret_cast<tpacket_block_desc*>(static_cast<std::uint8_t*>(mapped) + block * kBlock);
    if ((__atomic_load_n(&head->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) {
      meter.count(0);
      pollfd waiting{socket, POLLIN, 0};
      (void)::poll(&waiting, 1, 50);
      continue;
    }
    const auto* packet = reinterpret_cast<const tpacket3_hdr*>(
        reinterpret_cast<std::uint8_t*>(head) + head->hdr.bh1.offset_to_first_pkt);
    for (std::uint32_t i = 0; i < head->hdr.bh1.num_pkts; ++i) {
      octets += packet->tp_len;
      packet = reinterpret_cast<const tpacket3_hdr*>(reinterpret_cast<const std::uint8_t*>(packet) +
                                                     packet->tp_next_offset);
    }
    meter.count(head->hdr.bh1.num_pkts);
    __atomic_store_n(&head->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    block = (block + 1) % request.tp_block_nr;
  }
  tpacket_stats_v3 stats{};
  socklen_t size = sizeof stats;
  (void)::getsockopt(socket, SOL_PACKET, PACKET_STATISTICS, &stats, &size);
  meter.print("bare", octets == 0 ? 0 : stats.tp_drops);
  ::close(socket);
  return 0;
}

}  // namespace

// WHAT INTERFACE SECONDS; WHAT is bare, a strategy, or a strategy and "+shunt".
int capture(Arguments arguments) {
  if (arguments.size() < 3) return 64;
  const char* const what = arguments[0];
  const auto end = steady_clock::now() + std::chrono::seconds(std::atoi(arguments[2]));
  if (std::strcmp(what, "bare") == 0) return bare(arguments[1], end);
  constexpr std::string_view kShunt = "+shunt";
  std::string_view named = what;
  const bool shunts = named.ends_with(kShunt);
  if (shunts) named.remove_suffix(kShunt.size());
  const auto strategy = capture::strategy_of(named);
  if (!strategy) return 64;
  capture::CaptureSettings settings;
  settings.strategy = *strategy;
  settings.interfaces = arguments[1];
  settings.source.ring_bytes = kRingBytes;
  settings.shunt = shunts;
  capture::LiveFault fault;
  const auto live = capture::LiveCapture::open(settings, fault);
  if (live == nullptr || live->status().strategy != *strategy) {
    std::fprintf(stderr, "%s\n",
                 live == nullptr ? fault.message.c_str() : live->status().reasons.at(0).c_str());
    return 1;
  }
  if (shunts && live->shunt() == nullptr) {
    std::fprintf(stderr, "%s\n", live->status().no_shunt.c_str());
    return 1;
  }
  live->start();
  NullSink sink;
  output::EventWriter writer({}, sink);
  pipeline::RunShare share;
  share.shunt = live->shunt();
  pipeline::Worker worker({}, writer, 1, share);
  std::array<decode::Frame, pipeline::kBatchFrames> frames;
  Meter meter;
  while (steady_clock::now() < end) {
    std::size_t count = 0;
    (void)live->lane(0).next_batch(frames, count);
    if (count > 0)
      worker.process(std::span(frames).first(count));
    else
      worker.on_idle(
          std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
    meter.count(count);
  }
  const capture::KernelCounters counters = live->counters();
  meter.print(what, counters.drops, counters.shunted);
  return 0;
}

// INTERFACE OCTETS PACKETS_A_SECOND SECONDS [FLOWS]: UDP of a few flows, or of so many in turn.
int flood(Arguments arguments) {
  if (arguments.size() < 4) return 64;
  const std::size_t size = static_cast<std::size_t>(std::atoi(arguments[1]));
  const double pace = std::atof(arguments[2]);
  const double seconds = std::atof(arguments[3]);
  const int socket = ::socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex(arguments[0]));
  constexpr std::size_t kHeaders = 14 + 20 + 8;
  const std::size_t flows =
      arguments.size() < 5 ? kFlows : static_cast<std::size_t>(std::atoi(arguments[4]));
  std::vector<std::vector<std::uint8_t>> packets(std::max(flows, kBurst));
  std::array<iovec, kBurst> parts{};
  std::array<mmsghdr, kBurst> messages{};
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const std::size_t flow = i % flows;
    const testing::Buffer payload(size - kHeaders, 'x');
    const auto port = static_cast<std::uint16_t>(40000 + flow % 20000);
    const std::string from = "192.0.2." + std::to_string(1 + flow / 20000);
    packets[i] =
        testing::ethernet(testing::ipv4(from, "192.0.2.200", testing::udp(port, 9999, payload)));
  }
  for (std::size_t i = 0; i < kBurst; ++i) {
    parts[i] = {packets[i].data(), packets[i].size()};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &to;
    messages[i].msg_hdr.msg_namelen = sizeof to;
  }
  std::uint64_t sent = 0;
  std::size_t next = 0;
  const auto began = steady_clock::now();
  for (;;) {
    const double passed = std::chrono::duration<double>(steady_clock::now() - began).count();
    if (passed >= seconds) break;
    if (static_cast<double>(sent) > passed * pace) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      continue;
    }
    const int done = ::sendmmsg(socket, messages.data(), kBurst, 0);
    if (done > 0) {
      sent += static_cast<std::uint64_t>(done);
    } else if (errno == ENETDOWN) {  // a test takes the interface down
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    next = next + kBurst + kBurst <= packets.size() ? next + kBurst : 0;
    for (std::size_t i = 0; packets.size() > kBurst && i < kBurst; ++i)
      parts[i].iov_base = packets[next + i].data();
  }
  std::printf("{\"sent\":%llu}\n", static_cast<unsigned long long>(sent));
  return 0;
}

}  // namespace netmoth::bench
