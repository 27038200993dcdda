#include "capture/live_capture.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "capture/af_packet.h"
#include "capture/af_xdp.h"
#include "capture/ebpf_lane.h"
#include "capture/interface_set.h"
#include "capture/interfaces.h"
#include "capture/packet_filter.h"
#include "capture/pcap_live.h"

namespace netmoth::capture {
namespace {

// What `auto` tries, and what comes after a strategy that was asked for and does not work.
constexpr std::array kOrder{Strategy::kAfPacket, Strategy::kPcap};

}  // namespace

LiveCapture::LiveCapture(const CaptureSettings& settings)
    : settings_(settings), watch_(InterfaceChoice(settings.interfaces)) {}

LiveCapture::~LiveCapture() {
  watch_.stop();
}

std::unique_ptr<LiveCapture> LiveCapture::open(const CaptureSettings& settings, LiveFault& fault) {
  fault = {};
  std::unique_ptr<LiveCapture> capture(new LiveCapture(settings));
  capture->watch_.look();
  const std::vector<std::string> missing = capture->watch_.missing();
  if (capture->watch_.interfaces().empty() && !capture->watch_.choice().has_patterns()) {
    fault = {LiveProblem::kNoInterface, ENODEV, missing_interface(missing)};
    return nullptr;
  }
  std::vector<Strategy> order;
  if (settings.strategy != Strategy::kAuto) order.push_back(settings.strategy);
  for (const Strategy strategy : kOrder) {
    if (strategy != settings.strategy) order.push_back(strategy);
  }
  LiveFault first;
  for (const Strategy strategy : order) {
    LiveFault why;
    if (capture->try_strategy(strategy, why)) return capture;
    capture->reasons_.push_back(std::string(strategy_name(strategy)) + ": " + why.message);
    if (first.problem == LiveProblem::kNone) first = why;
    // Another strategy takes the same filter.
    if (why.problem == LiveProblem::kBadFilter) break;
  }
  fault = first;
  return nullptr;
}

bool LiveCapture::try_strategy(Strategy strategy, LiveFault& fault) {
  if (!open_lanes(strategy, fault)) {
    lanes_.clear();
    tap_.reset();
    shunt_.reset();
    return false;
  }
  strategy_ = strategy;
  return true;
}

// Works where at least one interface is captured on, or none is there yet.
bool LiveCapture::open_lanes(Strategy strategy, LiveFault& fault) {
  // libpcap does not share an interface between workers.
  const unsigned lanes = strategy == Strategy::kPcap ? 1 : std::max(settings_.lanes, 1U);
  const bool filters_itself = strategy == Strategy::kEbpf || strategy == Strategy::kAfXdp;
  if (filters_itself && !compile_filter_for_reading(fault)) return false;
  make_shunt(strategy);
  if (strategy == Strategy::kEbpf && !load_tap(fault)) return false;
  const std::size_t there = watch_.interfaces().size();
  for (unsigned i = 0; i < lanes; ++i) {
    auto lane = make_lane(strategy, i);
    lane->reconcile();
    const auto faults = lane->faults();
    if (there > 0 && faults.size() >= there) {
      fault = faults.front().fault;
      return false;
    }
    lanes_.push_back(std::move(lane));
  }
  return true;
}

// Of strategies that hand over everything: the filter comes after.
bool LiveCapture::compile_filter_for_reading(LiveFault& fault) {
  const LiveSettings& source = settings_.source;
  if (source.filter.empty()) return true;
  CompiledFilter filter = compile_filter(source.filter, "", false, source.snap_length);
  if (!filter.error.empty()) {
    fault = {LiveProblem::kBadFilter, EINVAL,
             "the filter \"" + source.filter + "\" does not compile: " + filter.error};
    return false;
  }
  filter_ = std::move(filter.program);
  return true;
}

// Capture works without it too.
void LiveCapture::make_shunt(Strategy strategy) {
  no_shunt_.clear();
  if (!settings_.shunt) return;
  LiveFault why;
  if (!try_shunt(strategy, why)) {
    shunt_.reset();
    no_shunt_ = why.message;
  }
}

bool LiveCapture::try_shunt(Strategy strategy, LiveFault& fault) {
  if (strategy != Strategy::kAfPacket && strategy != Strategy::kEbpf) {
    fault.message = std::string(strategy_name(strategy)) + " shunts no flows";
    return false;
  }
  if (strategy == Strategy::kEbpf && !settings_.source.filter.empty()) {
    fault.message = "the filter of ebpf comes after the kernel";
    return false;
  }
  shunt_ = ShuntMap::create([this](std::uint8_t slot) { return index_of(slot); }, fault);
  if (shunt_ == nullptr) return false;
  return strategy == Strategy::kEbpf || shunt_->load_filter(settings_.source.snap_length, fault);
}

unsigned LiveCapture::index_of(std::uint8_t slot) const {
  for (const WatchedInterface& each : watch_.interfaces()) {
    if (each.slot == slot) return each.link.index;
  }
  return 0;
}

bool LiveCapture::load_tap(LiveFault& fault) {
  const LiveSettings& source = settings_.source;
  tap_ = EbpfTap::load({.lanes = std::max(settings_.lanes, 1U),
                        .ring_bytes = source.ring_bytes,
                        .snap_length = source.snap_length,
                        .shunt = shunt_.get()},
                       fault);
  return tap_ != nullptr;
}

std::unique_ptr<LaneSource> LiveCapture::make_lane(Strategy strategy, unsigned number) {
  if (strategy == Strategy::kEbpf)
    return std::make_unique<EbpfLane>(*tap_, watch_, number, filter_);
  return std::make_unique<InterfaceSet>(
      watch_, [this, strategy, number](const WatchedInterface& interface, LiveFault& fault) {
        return open_source(strategy, interface, number, fault);
      });
}

std::unique_ptr<LiveSource> LiveCapture::open_source(Strategy strategy,
                                                     const WatchedInterface& interface,
                                                     unsigned lane, LiveFault& fault) {
  if (strategy == Strategy::kAfXdp) return open_xdp(interface, lane, fault);
  LiveSettings settings = settings_.source;
  settings.interface = interface.link.name;
  settings.shunt = shunt_.get();
  if (strategy == Strategy::kPcap) return PcapLive::open(settings, fault);
  if (settings_.lanes > 1) settings.shared_group = &fanout_group(interface.link.index);
  return AfPacket::open(settings, fault);
}

// The first lane opens the interface for all.
std::unique_ptr<LiveSource> LiveCapture::open_xdp(const WatchedInterface& interface, unsigned lane,
                                                  LiveFault& fault) {
  const std::lock_guard lock(xdp_mutex_);
  std::weak_ptr<XdpInterface>& known = xdp_[interface.link.index];
  std::shared_ptr<XdpInterface> opened = known.lock();
  if (opened == nullptr || opened->broken()) {
    const LiveSettings& source = settings_.source;
    opened = XdpInterface::open(interface.link,
                                {.lanes = std::max(settings_.lanes, 1U),
                                 .ring_bytes = source.ring_bytes,
                                 .promiscuous = source.promiscuous,
                                 .force = source.force_xdp},
                                fault);
    known = opened;
  }
  std::erase_if(xdp_, [](const auto& each) { return each.second.expired(); });
  if (opened == nullptr) return nullptr;
  return std::make_unique<AfXdp>(std::move(opened), interface.link.name, lane,
                                 settings_.source.snap_length, filter_);
}

FanoutGroup& LiveCapture::fanout_group(unsigned interface_index) {
  const std::lock_guard lock(groups_mutex_);
  return groups_[interface_index];
}

KernelCounters LiveCapture::counters() {
  KernelCounters all;
  for (const auto& lane : lanes_)
    all += lane->counters();
  if (shunt_ == nullptr) return all;
  const ShuntMap::Totals shunted = shunt_->totals();
  all.packets += shunted.packets;
  all.shunted = shunted.packets;
  all.shunted_bytes = shunted.octets;
  return all;
}

std::uint64_t LiveCapture::shunted_flows() const {
  return shunt_ == nullptr ? 0 : shunt_->totals().flows;
}

CaptureStatus LiveCapture::status() const {
  CaptureStatus status{strategy_, reasons_, {}, watch_.missing(), shunt_ != nullptr, no_shunt_};
  std::vector<LaneSource::SlotFault> faults;
  std::vector<LaneSource::SlotMode> modes;
  for (const auto& lane : lanes_) {
    if (modes.empty()) modes = lane->modes();
    for (auto& each : lane->faults())
      faults.push_back(std::move(each));
  }
  for (const WatchedInterface& each : watch_.interfaces()) {
    InterfaceState state{each.link.name, each.link.up, each.link.mtu, {}, {}};
    const auto fault = std::ranges::find(faults, each.slot, &LaneSource::SlotFault::slot);
    if (fault != faults.end()) state.fault = fault->fault.message;
    const auto mode = std::ranges::find(modes, each.slot, &LaneSource::SlotMode::slot);
    if (mode != modes.end()) state.mode = mode->mode;
    status.interfaces.push_back(std::move(state));
  }
  return status;
}

}  // namespace netmoth::capture
