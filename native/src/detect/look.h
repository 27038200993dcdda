// One look of the detector at one thing: a packet, a piece of a stream, a side of a transaction.
#pragma once

#include <algorithm>
#include <utility>

#include "detect/detector.h"

namespace netmoth::detect {

// Of the packet where there is one and it is what is looked at, else of the flow; there is always
// one of the two.
Ends ends_of(const Subject& subject, Direction direction, bool packet);

// The flow's bit of AppProto; 0 where there is no flow.
inline std::uint64_t application_of(const Subject& subject) {
  return subject.flow == nullptr ? 0 : std::uint64_t{1} << subject.flow->app_proto;
}

// What comes now means nothing to those who do not have the keys: Suricata's "no payload
// inspection".
inline bool is_encrypted(const flow::Flow& flow) {
  return flow.detection != nullptr && static_cast<const FlowState&>(*flow.detection).stream_over;
}

struct Detector::Look {
  Look(const Subject& at, const BufferView& octets, Layer where)
      : subject(at), payload(octets), layer(where), direction(at.direction) {}

  Subject subject;
  BufferView payload;
  Layer layer;
  Direction direction;        // of what is looked at
  bool in_stream = false;     // the octets come from a reassembled stream
  std::uint64_t missing = 0;  // of it, right before them
  // With the octets before them that were looked at already; and who has found something there.
  BufferView with_tail;
  const StreamWindow* window = nullptr;
  bool over_border = false;  // the rule at hand has matched in with_tail
  const TxView* tx = nullptr;
  std::string_view event;
  Ends between;  // known once settled

  [[nodiscard]] std::size_t tail_size() const {
    return with_tail.data.size() - std::min(with_tail.data.size(), payload.data.size());
  }
  [[nodiscard]] bool of_packet() const { return tx == nullptr && !in_stream; }
  // All above but `between` is as it shall be.
  void settle() { between = ends_of(subject, direction, of_packet() || subject.flow == nullptr); }

  // 0: no addresses are known.
  [[nodiscard]] int ip_version() const {
    return subject.flow == nullptr ? subject.packet->ip_version : subject.flow->key.ip_version;
  }
  // Who sends and who receives what is looked at.
  [[nodiscard]] std::pair<Address, Address> ends() const {
    if (subject.flow == nullptr) return {subject.packet->source, subject.packet->destination};
    const flow::FlowKey& key = subject.flow->key;
    if (direction == Direction::kToServer) return {key.source, key.destination};
    return {key.destination, key.source};
  }
};

}  // namespace netmoth::detect
