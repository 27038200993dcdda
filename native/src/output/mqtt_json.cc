// Writes mqtt events in Suricata's spelling and order of members. See mqtt_json.h.
#include "output/mqtt_json.h"

#include <array>

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::MqttMessage;
using protocols::MqttProperty;
using protocols::MqttText;
using protocols::MqttType;

std::string_view type_name(MqttType type) {
  constexpr std::array<std::string_view, 16> kNames{
      "unassigned", "connect",  "connack",    "publish", "puback",      "pubrec",
      "pubrel",     "pubcomp",  "subscribe",  "suback",  "unsubscribe", "unsuback",
      "pingreq",    "pingresp", "disconnect", "auth"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view property_name(std::uint8_t id) {
  switch (id) {
    case 1:
      return "payload_format_indicator";
    case 2:
      return "message_expiry_interval";
    case 3:
      return "content_type";
    case 8:
      return "response_topic";
    case 9:
      return "correlation_data";
    case 11:
      return "subscription_identifier";
    case 17:
      return "session_expiry_interval";
    case 18:
      return "assigned_client_identifier";
    case 19:
      return "server_keep_alive";
    case 21:
      return "authentication_method";
    case 22:
      return "authentication_data";
    case 23:
      return "request_problem_information";
    case 24:
      return "will_delay_interval";
    case 25:
      return "request_response_information";
    case 26:
      return "response_information";
    case 28:
      return "server_reference";
    case 31:
      return "reason_string";
    case 33:
      return "receive_maximum";
    case 34:
      return "topic_alias_maximum";
    case 35:
      return "topic_alias";
    case 36:
      return "maximum_qos";
    case 37:
      return "retain_available";
    case 39:
      return "maximum_packet_size";
    case 40:
      return "wildcard_subscription_available";
    case 41:
      return "subscription_identifier_available";
    case 42:
      return "shared_subscription_available";
    default:
      return "unknown";
  }
}

// A user property's name was written by a stranger: as a member's name it is escaped by hand. A
// name that is not plain ASCII, or is told already, is passed over.
bool is_plain_name(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    if (c < ' ' || c > '~' || c == '"' || c == '\\') return false;
  }
  return true;
}

bool told_before(const std::vector<MqttProperty>& properties, std::size_t at) {
  const MqttProperty& now = properties[at];
  for (std::size_t i = 0; i < properties.size(); ++i) {
    const MqttProperty& other = properties[i];
    const bool user = !other.name.empty();
    const std::string_view name = user ? std::string_view(other.name) : property_name(other.id);
    // A user property may not hide a registered one, whichever stands first.
    if (!now.name.empty() && name == now.name && i != at && (i < at || !user)) return true;
    if (now.name.empty() && !user && other.id == now.id && i < at) return true;
  }
  return false;
}

void write_properties(JsonWriter& json, const std::vector<MqttProperty>& properties) {
  json.key("properties");
  json.begin_object();
  for (std::size_t i = 0; i < properties.size(); ++i) {
    const MqttProperty& property = properties[i];
    constexpr std::uint8_t kUserProperty = 38;
    if (property.id == kUserProperty && !is_plain_name(property.name)) continue;
    if (told_before(properties, i)) continue;
    const std::string_view name =
        property.id == kUserProperty ? std::string_view(property.name) : property_name(property.id);
    if (property.is_number) {
      json.member(name, property.number);
    } else {
      json.member(name, property.text);
    }
  }
  json.end_object();
}

void write_text(JsonWriter& json, std::string_view name, const MqttText& text) {
  if (text.cut_octets == 0) return json.member(name, text.text);
  json.member(name,
              text.text + "[truncated " + std::to_string(text.cut_octets) + " additional bytes]");
}

void write_connect(JsonWriter& json, const MqttMessage& message) {
  namespace flag = protocols::mqtt_flag;
  const auto has = [&](std::uint8_t bit) { return (message.connect_flags & bit) != 0; };
  json.member("protocol_string", message.protocol);
  json.member("protocol_version", message.version);
  json.member("client_id", message.client_id);
  json.key("flags");
  json.begin_object();
  json.member("username", has(flag::kUsername));
  json.member("password", has(flag::kPassword));
  json.member("will_retain", has(flag::kWillRetain));
  json.member("will", has(flag::kWill));
  json.member("clean_session", has(flag::kCleanSession));
  json.end_object();
  if (message.username) json.member("username", *message.username);
  if (has(flag::kWill)) {
    json.key("will");
    json.begin_object();
    write_text(json, "topic", message.will_topic);
    write_text(json, "message", message.will_message);
    if (message.has_will_properties) write_properties(json, message.will_properties);
    json.end_object();
  }
}

void write_topics(JsonWriter& json, const MqttMessage& message) {
  json.key("topics");
  json.begin_array();
  for (const auto& [topic, qos] : message.topics) {
    if (message.type == MqttType::kUnsubscribe) {
      json.text(topic);
      continue;
    }
    json.begin_object();
    json.member("topic", topic);
    json.member("qos", qos);
    json.end_object();
  }
  json.end_array();
}

void write_codes(JsonWriter& json, std::string_view name, const std::vector<std::uint8_t>& codes) {
  json.key(name);
  json.begin_array();
  for (const std::uint8_t code : codes)
    json.number(std::uint64_t{code});
  json.end_array();
}

void write_body(JsonWriter& json, const MqttMessage& message) {
  if (message.message_id && message.type != MqttType::kPublish)
    json.member("message_id", *message.message_id);
  switch (message.type) {
    case MqttType::kConnect:
      write_connect(json, message);
      break;
    case MqttType::kConnack:
      json.member("session_present", message.session_present);
      json.member("return_code", message.reason_code.value_or(0));
      break;
    case MqttType::kPublish:
      write_text(json, "topic", message.topic);
      if (message.message_id) json.member("message_id", *message.message_id);
      write_text(json, "message", message.payload);
      break;
    case MqttType::kSubscribe:
    case MqttType::kUnsubscribe:
      write_topics(json, message);
      break;
    case MqttType::kSuback:
      write_codes(json, "qos_granted", message.codes);
      break;
    case MqttType::kUnsuback:
      if (!message.codes.empty()) write_codes(json, "reason_codes", message.codes);
      break;
    default:
      if (message.reason_code) json.member("reason_code", *message.reason_code);
      break;
  }
  if (message.has_properties) write_properties(json, message.properties);
}

}  // namespace

void write_mqtt(JsonWriter& json, const protocols::MqttExchange& exchange) {
  json.key("mqtt");
  json.begin_object();
  for (const MqttMessage& message : exchange.messages) {
    json.key(type_name(message.type));
    json.begin_object();
    json.member("qos", message.qos);
    json.member("retain", message.retain);
    json.member("dup", message.dup);
    if (message.skipped_octets > 0) {
      json.member("truncated", true);
      json.member("skipped_length", message.skipped_octets);
    } else {
      write_body(json, message);
    }
    json.end_object();
  }
  json.end_object();
}

}  // namespace netmoth::output
