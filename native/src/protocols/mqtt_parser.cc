// See mqtt_parser.h.
#include "protocols/mqtt_parser.h"

#include <algorithm>

#include "protocols/frame.h"

namespace netmoth::protocols {
namespace {

// What ends the exchange that a packet opens; kReserved: any acknowledgment of a PUBLISH.
MqttType answer_of(MqttType type) {
  switch (type) {
    case MqttType::kConnect:
      return MqttType::kConnack;
    case MqttType::kSubscribe:
      return MqttType::kSuback;
    case MqttType::kUnsubscribe:
      return MqttType::kUnsuback;
    default:
      return MqttType::kReserved;
  }
}

bool is_publish_answer(MqttType type) {
  return type >= MqttType::kPuback && type <= MqttType::kPubcomp;
}

bool ends_exchange(MqttType type) {
  return type != MqttType::kPubrec && type != MqttType::kPubrel;
}

}  // namespace

void MqttParser::alone(Direction direction, MqttMessage&& message, TransactionSink& sink) {
  MqttExchange exchange;
  exchange.version = version_;
  exchange.messages.push_back(std::move(message));
  sink.on_record(direction, exchange);
}

void MqttParser::begin(Direction direction, MqttMessage&& message, TransactionSink& sink) {
  if (message.type == MqttType::kConnect) {
    if (connected_) sink.on_anomaly(AppProto::kMqtt, "double_connect", direction);
    version_ = message.version;
  } else {
    if (!connected_) sink.on_anomaly(AppProto::kMqtt, "unintroduced_message", direction);
    if (message.qos > 2) sink.on_anomaly(AppProto::kMqtt, "invalid_qos_level", direction);
    if (message.qos == 0 || message.qos > 2) return alone(direction, std::move(message), sink);
    if (!message.message_id) {
      sink.on_anomaly(AppProto::kMqtt, "missing_msg_id", direction);
      return alone(direction, std::move(message), sink);
    }
  }
  if (open_.size() == kMaxMqttOpen) {
    sink.on_anomaly(AppProto::kMqtt, "too_many_transactions", direction);
    sink.on_record(open_.front().direction, open_.front().exchange);
    open_.pop_front();
  }
  Open& open = open_.emplace_back();
  open.direction = direction;
  open.waits_for = answer_of(message.type);
  open.message_id = message.message_id.value_or(0);
  open.exchange.version = version_;
  open.exchange.messages.push_back(std::move(message));
}

void MqttParser::acknowledge(Direction direction, MqttMessage&& message, std::string_view missing,
                             TransactionSink& sink) {
  const bool publish = is_publish_answer(message.type);
  const MqttType wanted = publish ? MqttType::kReserved : message.type;
  // PUBREL goes the way of its PUBLISH, all others against it.
  const Direction opener = message.type == MqttType::kPubrel ? direction : opposite(direction);
  const std::uint16_t id = message.message_id.value_or(0);
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& open) {
    return open.waits_for == wanted && open.direction == opener && open.message_id == id;
  });
  if (message.type == MqttType::kConnack) {
    connected_ = true;
  } else if (found == open_.end() && !connected_) {
    sink.on_anomaly(AppProto::kMqtt, "unintroduced_message", direction);
  }
  if (found == open_.end()) {
    sink.on_anomaly(AppProto::kMqtt, missing, direction);
    return alone(direction, std::move(message), sink);
  }
  const bool ends = ends_exchange(message.type);
  std::vector<MqttMessage>& told = found->exchange.messages;
  // Each type once, however often it is repeated: they are members of one object.
  if (std::none_of(told.begin(), told.end(),
                   [&](const MqttMessage& other) { return other.type == message.type; }))
    told.push_back(std::move(message));
  if (!ends) return;
  sink.on_record(found->direction, found->exchange);
  open_.erase(found);
}

// A packet, its fixed header and what is behind it.
void MqttParser::tell_frames(Direction direction, Bytes body, TransactionSink& sink) const {
  const Side& side = sides_[index_of(direction)];
  FrameKeeper pdu;
  std::size_t size = 1;
  while (size < side.header.size() && (side.header[size] & 0x80) != 0)
    ++size;
  const Bytes header = Bytes(side.header).first(std::min(size + 1, side.header.size()));
  pdu.add(header);
  pdu.add(body);
  tell_frame("mqtt.pdu", direction, pdu.octets(), sink);
  tell_frame("mqtt.header", direction, header, sink);
  if (!body.empty()) tell_frame("mqtt.data", direction, body, sink);
}

void MqttParser::take_packet(Direction direction, Bytes body, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  const std::uint8_t first = side.header[0];
  if (sink.content().frames) tell_frames(direction, body, sink);
  MqttMessage message;
  message.type = static_cast<MqttType>(first >> 4);
  message.dup = (first & 8) != 0;
  message.qos = first >> 1 & 3;
  message.retain = (first & 1) != 0;
  const bool whole = body.size() == side.length;
  if (side.length > kMaxMqttPacket || (!whole && message.type != MqttType::kPublish)) {
    message.skipped_octets = side.length;
    return alone(direction, std::move(message), sink);
  }
  if (!read_mqtt_body(body, side.length, version_, message, sink.content().inspect))
    return sink.on_anomaly(AppProto::kMqtt, "malformed_traffic", direction);
  switch (message.type) {
    case MqttType::kConnect:
    case MqttType::kPublish:
    case MqttType::kSubscribe:
    case MqttType::kUnsubscribe:
      return begin(direction, std::move(message), sink);
    case MqttType::kConnack:
      return acknowledge(direction, std::move(message), "missing_connect", sink);
    case MqttType::kSuback:
      return acknowledge(direction, std::move(message), "missing_subscribe", sink);
    case MqttType::kUnsuback:
      return acknowledge(direction, std::move(message), "missing_unsubscribe", sink);
    case MqttType::kPuback:
    case MqttType::kPubrec:
    case MqttType::kPubrel:
    case MqttType::kPubcomp:
      return acknowledge(direction, std::move(message), "missing_publish", sink);
    case MqttType::kPingreq:
    case MqttType::kPingresp:
    case MqttType::kDisconnect:
    case MqttType::kAuth:
      // A refused or enhanced login may be answered so before CONNACK (MQTT 5 §4.12).
      if (!connected_ && message.type != MqttType::kAuth)
        sink.on_anomaly(AppProto::kMqtt, "unintroduced_message", direction);
      return alone(direction, std::move(message), sink);
    case MqttType::kReserved:
      sink.on_anomaly(AppProto::kMqtt, "unassigned_msg_type", direction);
      return;
  }
}

bool MqttParser::take_header(Side& side, Bytes& data, bool& broken) {
  while (!data.empty()) {
    const std::uint8_t octet = data.front();
    data = data.subspan(1);
    side.header[side.header_size++] = octet;
    if (side.header_size == 1) continue;
    if ((octet & 0x80) != 0) {
      broken = side.header_size == side.header.size();
      if (broken) return false;
      continue;
    }
    side.length = 0;
    for (std::size_t i = side.header_size; i > 1; --i)
      side.length = side.length << 7 | (side.header[i - 1] & 0x7fU);
    side.left = side.length;
    side.in_body = true;
    side.header_size = 0;
    side.kept.clear();
    return true;
  }
  return false;
}

Verdict MqttParser::malformed(Direction direction, TransactionSink& sink) {
  sink.on_anomaly(AppProto::kMqtt, "malformed_traffic", direction);
  on_close(sink);
  return Verdict::kDone;
}

Verdict MqttParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  while (true) {
    bool broken = false;
    if (!side.in_body && !take_header(side, data, broken))
      return broken ? malformed(direction, sink) : Verdict::kMore;
    if (side.left == side.length && data.size() >= side.length) {  // whole, in place
      // No more than would have been kept, so that segmentation changes nothing.
      const Bytes body = data.first(std::min<std::size_t>(side.length, kMaxMqttKept));
      data = data.subspan(side.length);
      side.in_body = false;
      take_packet(direction, body, sink);
      continue;
    }
    const std::size_t taken = std::min<std::size_t>(side.left, data.size());
    const std::size_t room = kMaxMqttKept - std::min(kMaxMqttKept, side.kept.size());
    const Bytes part = data.first(std::min(taken, room));
    side.kept.insert(side.kept.end(), part.begin(), part.end());
    data = data.subspan(taken);
    side.left -= static_cast<std::uint32_t>(taken);
    if (side.left > 0) return Verdict::kMore;
    side.in_body = false;
    take_packet(direction, side.kept, sink);
  }
}

Verdict MqttParser::on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) {
  Side& side = sides_[index_of(direction)];
  // Inside the part of a long payload that nobody keeps.
  if (side.in_body && missing < side.left && side.kept.size() == kMaxMqttKept) {
    side.left -= static_cast<std::uint32_t>(missing);
    return Verdict::kMore;
  }
  on_close(sink);
  return Verdict::kDone;  // packet borders cannot be found again
}

void MqttParser::on_close(TransactionSink& sink) {
  for (const Open& open : open_)
    sink.on_record(open.direction, open.exchange);
  open_.clear();
}

}  // namespace netmoth::protocols
