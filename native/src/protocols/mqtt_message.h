// MQTT control packets (3.1, 3.1.1 and 5) and the exchanges they make: the record behind an mqtt
// event.
//
// Invariant: owns everything it says; texts and lists are bounded by the parser (mqtt_parser.h).
// Passwords are kept for rules alone, and never written.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/types.h"
#include "protocols/record.h"

namespace netmoth::protocols {

// The packet types of MQTT 5 §2.1.2.
enum class MqttType : std::uint8_t {
  kReserved = 0,
  kConnect,
  kConnack,
  kPublish,
  kPuback,
  kPubrec,
  kPubrel,
  kPubcomp,
  kSubscribe,
  kSuback,
  kUnsubscribe,
  kUnsuback,
  kPingreq,
  kPingresp,
  kDisconnect,
  kAuth,
};

struct MqttText {
  std::string text;              // the beginning
  std::uint32_t cut_octets = 0;  // that stood behind it
};

struct MqttProperty {
  std::uint8_t id = 0;  // MQTT 5 §2.2.2.2
  bool is_number = false;
  std::uint32_t number = 0;
  std::string name;  // of a user property
  std::string text;
};

struct MqttMessage {
  MqttType type = MqttType::kReserved;
  bool dup = false;
  bool retain = false;
  std::uint8_t qos = 0;
  std::uint32_t skipped_octets = 0;  // not 0: too long, and nothing but the header was read

  std::string protocol;  // CONNECT
  std::uint8_t version = 0;
  std::uint8_t connect_flags = 0;
  std::string client_id;
  std::optional<std::string> username;
  std::optional<std::string> password;  // for rules, as `inspected`
  MqttText will_topic;
  MqttText will_message;
  std::vector<MqttProperty> will_properties;
  bool has_will_properties = false;

  bool session_present = false;             // CONNACK
  std::optional<std::uint8_t> reason_code;  // and CONNACK's return code
  std::optional<std::uint16_t> message_id;
  MqttText topic;  // PUBLISH
  MqttText payload;
  std::string inspected;  // more of the payload than is written, where rules may look at it
  std::vector<std::pair<std::string, std::uint8_t>> topics;  // SUBSCRIBE with QoS, UNSUBSCRIBE
  std::vector<std::uint8_t> codes;                           // SUBACK, UNSUBACK
  std::vector<MqttProperty> properties;
  bool has_properties = false;
};

namespace mqtt_flag {
inline constexpr std::uint8_t kCleanSession = 0x02;
inline constexpr std::uint8_t kWill = 0x04;
inline constexpr std::uint8_t kWillRetain = 0x20;
inline constexpr std::uint8_t kPassword = 0x40;
inline constexpr std::uint8_t kUsername = 0x80;
}  // namespace mqtt_flag

inline constexpr std::size_t kMaxMqttText = 1024;  // Suricata's string-log-limit
inline constexpr std::size_t kMaxMqttProperties = 32;
inline constexpr std::size_t kMaxMqttTopics = 64;

// Reads a packet behind its fixed header, of which `body` is the beginning and `length` the whole.
// `version` is the session's (4 where its CONNECT was not seen). `for_rules`: with what only rules
// ask for. False where it is malformed.
[[nodiscard]] bool read_mqtt_body(Bytes body, std::uint32_t length, std::uint8_t version,
                                  MqttMessage& message, bool for_rules = false);

// Packets that belong together: CONNECT and CONNACK, PUBLISH and what acknowledges it, ….
struct MqttExchange : Record {
  MqttExchange() : Record(RecordKind::kMqtt) {}
  std::uint8_t version = 4;  // the session's
  std::vector<MqttMessage> messages;
};

}  // namespace netmoth::protocols
