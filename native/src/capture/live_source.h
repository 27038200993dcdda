// What every way to capture live has in common.
//
// Invariant: a LiveSource belongs to one lane's thread; counters() alone may be called from any.
// Counts run since open() and close: packets = drops + filtered + shunted + sampled_out + what was
// handed out, once everything that waits has been read.
#pragma once

#include <mutex>
#include <optional>
#include <string_view>

#include "capture/frame_source.h"

namespace netmoth::capture {

class ShuntMap;

enum class Strategy : std::uint8_t { kAuto, kAfPacket, kEbpf, kPcap, kAfXdp };

// "auto", "afPacket", … as configurations spell them. Static storage.
std::string_view strategy_name(Strategy strategy);
std::optional<Strategy> strategy_of(std::string_view name);

// The fanout group that workers share an interface by; the kernel names it when the first joins, so
// that no other process shares the traffic by accident.
struct FanoutGroup {
  std::mutex mutex;
  std::optional<std::uint16_t> id;
};

// Of one source; the interface by its name of the moment.
struct LiveSettings {
  std::string interface;
  std::string filter = {};  // pcap-filter(7); empty: everything
  bool promiscuous = true;
  std::uint32_t snap_length = 65535;
  std::size_t ring_bytes = 64U << 20;
  // Workers with the same group share the traffic by flow (symmetric hash); 0: no sharing.
  std::uint16_t fanout_group = 0;
  FanoutGroup* shared_group =
      nullptr;                    // the same with a number of the kernel's; outlives the source
  std::string pcap_library = {};  // a libpcap to load instead of the one linked
  bool force_xdp = false;         // AF_XDP also where the host's own traffic goes
  const ShuntMap* shunt =
      nullptr;  // of AF_PACKET: flows that stay in the kernel; outlives the source
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
  std::uint64_t packets = 0;   // that the strategy saw, dropped ones included
  std::uint64_t drops = 0;     // for want of room in the ring
  std::uint64_t filtered = 0;  // counted in packets, but not what the filter takes
  std::uint64_t shunted = 0;   // counted into their flows only
  std::uint64_t shunted_bytes = 0;
  std::uint64_t sampled_out = 0;

  KernelCounters& operator+=(const KernelCounters& other) {
    packets += other.packets;
    drops += other.drops;
    filtered += other.filtered;
    shunted += other.shunted;
    shunted_bytes += other.shunted_bytes;
    sampled_out += other.sampled_out;
    return *this;
  }
};

class LiveSource : public FrameSource {
 public:
  // Since open(); any thread.
  [[nodiscard]] virtual KernelCounters counters() = 0;
  // Of its ring the share that waits to be read; by the lane's thread. 0 where that is not known.
  [[nodiscard]] virtual double fill() const { return 0; }
  // Readable, or with an error, when next_batch() is worth a call.
  [[nodiscard]] virtual int descriptor() const = 0;
  // poll(2) told of an error on the descriptor. kIdle: it will pass.
  [[nodiscard]] virtual SourceStatus check_error() = 0;
  // How, where there are several ways; empty: there is one.
  [[nodiscard]] virtual std::string mode() const { return {}; }
  // True: next_batch() waits up to kPollMs for a packet; false: whoever calls it polls.
  void wait_in_next_batch(bool waits) { waits_ = waits; }

  static constexpr int kPollMs = 50;

 protected:
  [[nodiscard]] bool waits() const { return waits_; }

 private:
  bool waits_ = true;
};

}  // namespace netmoth::capture
