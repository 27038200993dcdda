// One look of the detector at one thing: a packet, a piece of a stream, a side of a transaction.
#pragma once

#include <utility>

#include "detect/detector.h"

namespace netmoth::detect {

struct Detector::Look {
  Look(const Subject& at, const BufferView& octets, Layer where)
      : subject(at), payload(octets), layer(where), direction(at.direction) {}

  Subject subject;
  BufferView payload;
  Layer layer;
  Direction direction;     // of what is looked at
  bool in_stream = false;  // the octets come from a reassembled stream
  const TxView* tx = nullptr;
  std::string_view event;

  // Who sends and who receives what is looked at.
  [[nodiscard]] std::pair<Address, Address> ends() const {
    if (subject.flow == nullptr) return {subject.packet->source, subject.packet->destination};
    const flow::FlowKey& key = subject.flow->key;
    if (direction == Direction::kToServer) return {key.source, key.destination};
    return {key.destination, key.source};
  }
};

}  // namespace netmoth::detect
