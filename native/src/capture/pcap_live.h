// Live capture of one interface by libpcap, the one linked or one that is loaded instead (that of
// PF_RING or of a DAG card, with the same functions).
//
// Bound: ring_bytes inside of libpcap, and a copy of one batch here: its memory is libpcap's only
// until the next call. Counters are pcap_stats(3): ps_recv (drops included, as on Linux) and
// ps_drop. Privilege: what the library asks for; on Linux CAP_NET_RAW.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "capture/live_source.h"

struct pcap;
struct pcap_pkthdr;

namespace netmoth::capture {

struct PcapLibrary;

class PcapLive final : public LiveSource {
 public:
  static std::unique_ptr<PcapLive> open(const LiveSettings& settings, LiveFault& fault);
  ~PcapLive() override;
  PcapLive(const PcapLive&) = delete;
  PcapLive& operator=(const PcapLive&) = delete;

  [[nodiscard]] SourceStatus next_batch(std::span<decode::Frame> frames,
                                        std::size_t& count) override;
  [[nodiscard]] const Fault& fault() const override { return fault_; }
  [[nodiscard]] KernelCounters counters() override;
  [[nodiscard]] int descriptor() const override { return descriptor_; }
  // The next call of next_batch() hears of it from libpcap.
  [[nodiscard]] SourceStatus check_error() override { return SourceStatus::kIdle; }

 private:
  PcapLive(std::shared_ptr<const PcapLibrary> library, std::string interface);
  bool activate(const LiveSettings& settings, LiveFault& fault);
  bool set_filter(const LiveSettings& settings, LiveFault& fault);
  static void on_packet(std::uint8_t* self, const pcap_pkthdr* header, const std::uint8_t* bytes);
  SourceStatus end(const std::string& message);

  std::shared_ptr<const PcapLibrary> library_;
  std::string interface_;
  pcap* handle_ = nullptr;
  int descriptor_ = -1;
  decode::LinkType link_ = 1;
  bool nanoseconds_ = false;
  std::vector<std::uint8_t> copies_;  // of one batch
  std::size_t copied_ = 0;
  std::span<decode::Frame> out_;  // during next_batch()
  std::size_t out_count_ = 0;
  Fault fault_;
  std::mutex stats_mutex_;  // pcap_stats() changes the handle's own sums
};

}  // namespace netmoth::capture
