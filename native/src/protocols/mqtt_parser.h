// MQTT 3.1, 3.1.1 and 5 (OASIS) over TCP: each packet with those that acknowledge it becomes a
// record.
//
// Invariant: of a packet at most kMaxMqttKept octets are kept, the rest is skipped; at most
// kMaxMqttOpen exchanges wait for their acknowledgment, beyond that the oldest is reported as it
// is.
#pragma once

#include <array>
#include <deque>
#include <vector>

#include "protocols/mqtt_message.h"
#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::uint32_t kMaxMqttPacket = 1U << 20;  // Suricata's max-msg-length
inline constexpr std::size_t kMaxMqttKept = 8192;
inline constexpr std::size_t kMaxMqttOpen = 256;

class MqttParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;

 private:
  struct Side {
    std::array<std::uint8_t, 5> header{};
    std::size_t header_size = 0;
    bool in_body = false;
    std::uint32_t length = 0;
    std::uint32_t left = 0;
    std::vector<std::uint8_t> kept;
  };
  struct Open {
    MqttExchange exchange;
    Direction direction = Direction::kToServer;  // of its first packet
    MqttType waits_for = MqttType::kReserved;    // kReserved: any acknowledgment of a PUBLISH
    std::uint16_t message_id = 0;
  };

  // True once the fixed header is whole; false: more octets are needed, or `broken`.
  bool take_header(Side& side, Bytes& data, bool& broken);
  void tell_frames(Direction direction, Bytes body, TransactionSink& sink) const;
  void take_packet(Direction direction, Bytes body, TransactionSink& sink);
  void begin(Direction direction, MqttMessage&& message, TransactionSink& sink);
  void acknowledge(Direction direction, MqttMessage&& message, std::string_view missing,
                   TransactionSink& sink);
  void alone(Direction direction, MqttMessage&& message, TransactionSink& sink);
  Verdict malformed(Direction direction, TransactionSink& sink);

  std::array<Side, 2> sides_;
  std::deque<Open> open_;
  std::uint8_t version_ = 4;
  bool connected_ = false;
};

}  // namespace netmoth::protocols
