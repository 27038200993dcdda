// How an EventWriter's lines leave it: in batches, at once or when their labels have come.
#include <algorithm>
#include <utility>

#include "base/heap_balance.h"
#include "output/event_writer.h"

namespace netmoth::output {

void EventWriter::hand_over(std::size_t index) {
  LineBatch& buffer = buffers_[index];
  if (buffer.count == 0) return;
  if (late_.empty() && buffer.complete())
    send(buffer, static_cast<EventClass>(index));
  else
    put_aside(buffer);
}

// Behind those that wait already, so that the order stays.
void EventWriter::put_aside(LineBatch& batch) {
  late_.push_back(std::move(batch));
  if (spare_.empty()) {
    batch = {};
    batch.lines.reserve(options_.batch_bytes + kEventRoomBytes);
    return;
  }
  batch = std::move(spare_.back());
  spare_.pop_back();
}

void EventWriter::send(LineBatch& batch, EventClass event_class) {
  const std::uint32_t count = batch.count;
  batch.move_to(handed_);
  if (sink_.take(event_class, handed_, count)) return;
  counters_.dropped += count;
  refused_ = true;
}

void EventWriter::take_labels(std::uint64_t ticket, const correlate::FlowLabels& labels) {
  const base::HeapAside aside;  // of other flows than the one at hand
  const bool put_aside =
      std::ranges::any_of(late_, [&](LineBatch& batch) { return batch.fill(ticket, labels); });
  if (!put_aside) (void)buffers_[0].fill(ticket, labels);
  while (!late_.empty() && late_.front().complete()) {
    send(late_.front(), EventClass{});
    spare_.push_back(std::move(late_.front()));
    late_.pop_front();
  }
}

void EventWriter::flush() {
  for (std::size_t index = 0; index < kEventClasses; ++index)
    hand_over(index);
}

void EventWriter::flush_due(TimestampNs monotonic_now) {
  for (std::size_t index = 0; index < kEventClasses; ++index) {
    LineBatch& buffer = buffers_[index];
    if (buffer.count == 0) continue;
    if (buffer.waiting_since == 0) buffer.waiting_since = monotonic_now;
    const bool alert = index == static_cast<std::size_t>(EventClass::kAlert);
    const TimestampNs patience = alert ? options_.alert_max_wait : options_.batch_max_wait;
    if (monotonic_now - buffer.waiting_since >= patience) hand_over(index);
  }
}

}  // namespace netmoth::output
