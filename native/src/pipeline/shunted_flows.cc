#include "pipeline/shunted_flows.h"

#include <algorithm>

namespace netmoth::pipeline {

// flow.shunt is the entry's number and one: 0 is a flow that was never shunted.
bool ShuntedFlows::add(flow::Flow& flow) {
  if (flow.shunt == 0 && !has_room()) return false;
  const flow::FlowKey& key = flow.key;
  const auto place = shunt_->add({.source = key.source,
                                  .destination = key.destination,
                                  .source_port = key.source_port,
                                  .destination_port = key.destination_port,
                                  .protocol = key.protocol,
                                  .ip_version = key.ip_version,
                                  .interface = key.interface});
  if (!place) return false;
  if (flow.shunt == 0) {
    if (free_.empty()) {
      entries_.emplace_back();
      free_.push_back(static_cast<std::uint16_t>(entries_.size() - 1));
    }
    flow.shunt = static_cast<std::uint16_t>(free_.back() + 1);
    free_.pop_back();
    ++size_;
  }
  Entry& entry = entries_[flow.shunt - 1U];
  entry.flow = &flow;
  entry.place = *place;
  entry.shunted = true;
  entry.idle = 0;
  entry.folded = {};
  flow.bypassed = true;
  return true;
}

bool ShuntedFlows::add_counts(Entry& entry, const capture::ShuntCounts& counts) {
  bool some = false;
  for (const std::size_t way : {std::size_t{0}, std::size_t{1}}) {
    const std::uint64_t packets = counts.packets[way] - entry.folded.packets[way];
    const std::uint64_t octets = counts.octets[way] - entry.folded.octets[way];
    entry.flow->packets[way] += packets;
    entry.flow->bytes[way] += octets;
    entry.all.packets[way] += packets;
    entry.all.bytes[way] += octets;
    some = some || packets != 0;
  }
  entry.folded = counts;
  return some;
}

void ShuntedFlows::fold_all(flow::FlowTable& table, TimestampNs now) {
  next_fold_ = now + kFoldNs;
  for (Entry& entry : entries_) {
    if (!entry.shunted) continue;
    const capture::ShuntCounts counts = shunt_->counts(entry.place);
    if (add_counts(entry, counts)) {
      entry.idle = 0;
      // The kernel may have seen packets that come after those still in the ring.
      table.touch(*entry.flow, std::min(counts.last, now));
    } else if (++entry.idle >= kIdleFolds) {
      hand_back(*entry.flow);
    }
  }
}

void ShuntedFlows::hand_back(flow::Flow& flow) {
  if (!flow.bypassed) return;
  Entry& entry = entries_[flow.shunt - 1U];
  const capture::ShuntCounts counts = shunt_->remove(entry.place);
  if (add_counts(entry, counts)) flow.last = std::max(flow.last, counts.last);
  entry.shunted = false;
  flow.bypassed = false;
}

void ShuntedFlows::hand_back_all(flow::FlowTable& table, TimestampNs now) {
  if (size_ == 0) return;
  fold_all(table, now);
  for (Entry& entry : entries_) {
    if (entry.shunted) hand_back(*entry.flow);
  }
}

flow::BypassedCounts ShuntedFlows::forget(flow::Flow& flow) {
  if (flow.shunt == 0) return {};
  const bool bypassed = flow.bypassed;  // as its event says
  hand_back(flow);
  flow.bypassed = bypassed;
  const auto number = static_cast<std::uint16_t>(flow.shunt - 1U);
  const flow::BypassedCounts all = entries_[number].all;
  entries_[number] = {};
  free_.push_back(number);
  flow.shunt = 0;
  --size_;
  return all;
}

}  // namespace netmoth::pipeline
