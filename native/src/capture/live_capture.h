// Live capture as a whole: the strategy that works here, the interfaces, and a lane for each
// worker.
//
// Invariant: the strategies are tried in their order until one captures on what is there; why each
// of the others was not taken is kept for the log and the status. What is captured on follows the
// InterfaceWatch from then on.
#pragma once

#include <linux/filter.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "capture/ebpf_tap.h"
#include "capture/interface_watch.h"
#include "capture/lane_source.h"
#include "capture/shunt_map.h"
#include "capture/xdp_interface.h"

namespace netmoth::capture {

struct CaptureSettings {
  Strategy strategy = Strategy::kAuto;
  std::string interfaces;  // see InterfaceChoice
  unsigned lanes = 1;
  bool shunt = false;   // flows that are done with stay in the kernel, where it can do that
  LiveSettings source;  // but for its interface and fanout group
};

struct InterfaceState {
  std::string name;
  bool up = false;
  std::uint32_t mtu = 0;
  std::string fault;  // why it is not captured on; empty: it is
  std::string mode;   // how, where the strategy has several ways
};

struct CaptureStatus {
  Strategy strategy = Strategy::kAfPacket;
  std::vector<std::string> reasons;  // of strategies not taken: "ebpf: …"
  std::vector<InterfaceState> interfaces;
  std::vector<std::string> missing;  // asked for by name and not there
  bool shunts = false;
  std::string no_shunt;  // why not, where it was asked for
};

class LiveCapture {
 public:
  // nullptr and `fault` where no strategy captures, or no interface that was named is there.
  static std::unique_ptr<LiveCapture> open(const CaptureSettings& settings, LiveFault& fault);
  ~LiveCapture();
  LiveCapture(const LiveCapture&) = delete;
  LiveCapture& operator=(const LiveCapture&) = delete;

  // Once each; the lanes may outlive neither this nor one another's counters.
  [[nodiscard]] std::size_t lanes() const { return lanes_.size(); }
  [[nodiscard]] LaneSource& lane(std::size_t index) { return *lanes_[index]; }
  // Interfaces are watched from here on.
  void start() { watch_.start(); }

  // Any thread.
  [[nodiscard]] KernelCounters counters();
  // nullptr: flows are not shunted. Lives as long as this.
  [[nodiscard]] FlowShunt* shunt() const { return shunt_.get(); }
  // Flows that were ever shunted.
  [[nodiscard]] std::uint64_t shunted_flows() const;
  [[nodiscard]] CaptureStatus status() const;
  [[nodiscard]] InterfaceWatch& watch() { return watch_; }

 private:
  LiveCapture(const CaptureSettings& settings);
  bool try_strategy(Strategy strategy, LiveFault& fault);
  bool open_lanes(Strategy strategy, LiveFault& fault);
  bool compile_filter_for_reading(LiveFault& fault);
  bool load_tap(LiveFault& fault);
  void make_shunt(Strategy strategy);
  bool try_shunt(Strategy strategy, LiveFault& fault);
  [[nodiscard]] unsigned index_of(std::uint8_t slot) const;
  std::unique_ptr<LaneSource> make_lane(Strategy strategy, unsigned number);
  std::unique_ptr<LiveSource> open_source(Strategy strategy, const WatchedInterface& interface,
                                          unsigned lane, LiveFault& fault);
  std::unique_ptr<LiveSource> open_xdp(const WatchedInterface& interface, unsigned lane,
                                       LiveFault& fault);
  FanoutGroup& fanout_group(unsigned interface_index);

  CaptureSettings settings_;
  InterfaceWatch watch_;
  Strategy strategy_ = Strategy::kAfPacket;
  std::vector<std::string> reasons_;
  std::mutex groups_mutex_;
  std::map<unsigned, FanoutGroup> groups_;  // by interface
  std::unique_ptr<ShuntMap> shunt_;         // outlives the lanes and the tap
  std::string no_shunt_;
  std::unique_ptr<EbpfTap> tap_;     // of Strategy::kEbpf; outlives the lanes
  std::vector<sock_filter> filter_;  // of kEbpf and kAfXdp; likewise
  std::mutex xdp_mutex_;
  std::map<unsigned, std::weak_ptr<XdpInterface>> xdp_;  // by interface; the lanes hold them
  std::vector<std::unique_ptr<LaneSource>> lanes_;
};

}  // namespace netmoth::capture
