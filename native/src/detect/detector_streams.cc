// Streams: when their octets are looked at, and what lies over the border of two looks. See
// detector.h.
//
// Invariant: a look has the octets that no look had before it, and in front of them the last
// kStreamOverlap of those that were looked at. A rule is tried on the new ones by themselves, as
// Suricata does; where it does not match and has not matched in those before, also on both
// together, and then only what ends within the new ones counts. So what spans no more than
// kStreamOverlap octets is found wherever segments and looks end, and nothing is told twice.
#include <algorithm>

#include "detect/look.h"

namespace netmoth::detect {

using protocols::AppProto;

bool Detector::wants_stream(const flow::Flow& flow) const {
  return set_ != nullptr && set_->wants_streams() && flow.start > streams_since_ &&
         !is_encrypted(flow);
}

bool Detector::is_done_with(const flow::Flow& flow) const {
  return is_encrypted(flow) && !set_->tags_hosts() &&
         static_cast<const FlowState&>(*flow.detection).tags.empty();
}

bool Detector::is_past_depth(const flow::Flow& flow) const {
  if (flow.detection == nullptr || set_->tags_hosts()) return false;
  const auto& state = static_cast<const FlowState&>(*flow.detection);
  return state.tags.empty() && std::ranges::any_of(state.windows, [](const StreamWindow& window) {
           return window.offset + window.fresh().size() >= kStreamDepth;
         });
}

void Detector::on_stream(const Subject& subject, Bytes data) {
  if (!wants_stream(*subject.flow)) return;
  StreamWindow& window = state_of(*subject.flow).windows[index_of(subject.direction)];
  const std::uint64_t seen = window.offset + window.fresh().size();
  if (seen >= kStreamDepth) return;  // of this side no more; the other one goes on
  data = data.first(std::min<std::uint64_t>(data.size(), kStreamDepth - seen));
  const std::size_t tail = window.held.empty() ? window.tail.size() : 0;
  if (pool_->reserve(window.held, tail + data.size())) {
    if (tail > 0) window.held.assign(window.tail.begin(), window.tail.end());
    window.held.insert(window.held.end(), data.begin(), data.end());
    return;
  }
  // No room to wait: what is held is looked at now, and the rest as it comes.
  counters_.stream_octets_early += window.fresh().size() + data.size();
  flush_stream(subject, subject.direction);
  stream::BufferPool::Buffer& both = pool_->scratch();
  {
    const base::HeapAside aside;  // it stays the pool's
    both.assign(window.tail.begin(), window.tail.end());
    both.insert(both.end(), data.begin(), data.end());
  }
  inspect_stream(subject, window, both);
}

bool Detector::on_stream_parsed(const Subject& subject) {
  if (!wants_stream(*subject.flow)) return false;
  // In a known protocol an answer says that what it answers was complete.
  if (subject.flow->app_proto > static_cast<std::uint8_t>(AppProto::kFailed))
    flush_stream(subject, opposite(subject.direction));
  const StreamWindow& window = state_of(*subject.flow).windows[index_of(subject.direction)];
  if (window.fresh().size() >= kStreamChunk) flush_stream(subject, subject.direction);
  return true;
}

void Detector::flush_stream(const Subject& subject, Direction direction) {
  StreamWindow& window = state_of(*subject.flow).windows[index_of(direction)];
  if (window.fresh().empty()) return;
  Subject side = subject;
  side.direction = direction;
  inspect_stream(side, window, window.held);
  window.held.clear();
  pool_->give_back(window.held);
}

// `with_tail` begins with the window's tail.
void Detector::inspect_stream(const Subject& subject, StreamWindow& window, Bytes with_tail) {
  const std::size_t tail = window.tail.size();
  Look look(subject, {with_tail.subspan(tail), window.offset}, Layer::kStream);
  look.in_stream = true;
  look.missing = window.missing;
  look.with_tail = {with_tail, window.offset - tail, true};
  look.window = &window;
  told_now_.clear();
  if (std::exchange(window.told_of, serial_) != serial_) window.told.clear();
  find_candidates(look, with_tail);
  if (!found_.empty()) check(found_, look);
  window.missing = 0;
  window.offset += look.payload.data.size();
  const Bytes last = with_tail.last(std::min(with_tail.size(), kStreamOverlap));
  window.tail.assign(last.begin(), last.end());
  const std::uint64_t tail_from = window.offset - last.size();
  std::erase_if(window.told, [&](const auto& told) { return told.before <= tail_from; });
  for (const std::uint32_t place : told_now_) {
    if (window.told.size() < kMaxTold) window.told.push_back({place, window.offset});
  }
}

void Detector::on_stream_hole(const Subject& subject, std::uint64_t missing) {
  flush_stream(subject, subject.direction);
  StreamWindow& window = state_of(*subject.flow).windows[index_of(subject.direction)];
  window.tail.clear();
  window.told.clear();
  window.offset += missing;
  window.missing += missing;
}

// The look's octets by themselves did not match.
bool Detector::matches_over_border(const Rule& rule, Look& look) {
  const std::size_t tail = look.tail_size();
  if (tail == 0 || look.window == nullptr || !rule.crosses_looks) return false;
  const auto at = static_cast<std::uint32_t>(&rule - set_->rules().data());
  const auto& told = look.window->told;
  if (std::ranges::find(told, at, &StreamWindow::Told::place) != told.end()) return false;
  if (!matches_all(rule, look, look.with_tail)) return false;
  look.over_border = match_.furthest > tail;
  return look.over_border;
}

}  // namespace netmoth::detect
