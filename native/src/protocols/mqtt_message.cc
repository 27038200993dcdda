// Reads MQTT packets. See mqtt_message.h.
#include "protocols/mqtt_message.h"

#include "base/reader.h"

namespace netmoth::protocols {
namespace {

constexpr std::uint8_t kVersion5 = 5;

std::uint32_t variable_integer(base::Reader& reader) {
  std::uint32_t value = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    const std::uint8_t octet = reader.u8();
    value |= static_cast<std::uint32_t>(octet & 0x7f) << shift;
    if ((octet & 0x80) == 0) return value;
  }
  reader.skip(reader.remaining() + 1);  // a fifth octet: malformed (§1.5.5)
  return 0;
}

std::string_view string_of(base::Reader& reader) {
  return as_text(reader.bytes(reader.u16()));
}

MqttText cut(std::string_view text, std::uint32_t whole) {
  const std::string_view kept = text.substr(0, kMaxMqttText);
  return {std::string(kept), whole - static_cast<std::uint32_t>(kept.size())};
}

MqttText cut(std::string_view text) {
  return cut(text, static_cast<std::uint32_t>(text.size()));
}

enum class Form : std::uint8_t { kNone, kU8, kU16, kU32, kInteger, kText, kPair };

Form form_of(std::uint8_t id) {
  switch (id) {
    case 1:
    case 23:
    case 25:
    case 36:
    case 37:
    case 40:
    case 41:
    case 42:
      return Form::kU8;
    case 19:
    case 33:
    case 34:
    case 35:
      return Form::kU16;
    case 2:
    case 17:
    case 24:
    case 39:
      return Form::kU32;
    case 11:
      return Form::kInteger;
    case 3:
    case 8:
    case 9:
    case 18:
    case 21:
    case 22:
    case 26:
    case 28:
    case 31:
      return Form::kText;
    case 38:
      return Form::kPair;
    default:
      return Form::kNone;
  }
}

bool read_properties(base::Reader& outer, std::vector<MqttProperty>& properties) {
  base::Reader reader(outer.bytes(variable_integer(outer)));
  if (!outer.ok()) return false;
  while (reader.ok() && !reader.at_end()) {
    MqttProperty property;
    property.id = reader.u8();
    property.is_number = true;
    switch (form_of(property.id)) {
      case Form::kU8:
        property.number = reader.u8();
        break;
      case Form::kU16:
        property.number = reader.u16();
        break;
      case Form::kU32:
        property.number = reader.u32();
        break;
      case Form::kInteger:
        property.number = variable_integer(reader);
        break;
      case Form::kText:
        property.is_number = false;
        property.text.assign(string_of(reader).substr(0, kMaxMqttText));
        break;
      case Form::kPair:
        property.is_number = false;
        property.name.assign(string_of(reader).substr(0, kMaxMqttText));
        property.text.assign(string_of(reader).substr(0, kMaxMqttText));
        break;
      case Form::kNone:
        return false;
    }
    if (reader.ok() && properties.size() < kMaxMqttProperties)
      properties.push_back(std::move(property));
  }
  return reader.ok();
}

bool read_own_properties(base::Reader& reader, MqttMessage& message) {
  message.has_properties = true;
  return read_properties(reader, message.properties);
}

bool read_connect(base::Reader& reader, bool for_rules, MqttMessage& m) {
  m.protocol.assign(string_of(reader).substr(0, kMaxMqttText));
  m.version = reader.u8();
  m.connect_flags = reader.u8();
  reader.skip(2);  // keep alive
  if (m.version == kVersion5 && !read_own_properties(reader, m)) return false;
  m.client_id.assign(string_of(reader).substr(0, kMaxMqttText));
  if ((m.connect_flags & mqtt_flag::kWill) != 0) {
    m.has_will_properties = m.version == kVersion5;
    if (m.has_will_properties && !read_properties(reader, m.will_properties)) return false;
    m.will_topic = cut(string_of(reader));
    m.will_message = cut(string_of(reader));
  }
  if ((m.connect_flags & mqtt_flag::kUsername) != 0)
    m.username.emplace(string_of(reader).substr(0, kMaxMqttText));
  if ((m.connect_flags & mqtt_flag::kPassword) != 0) {
    const std::string_view password = string_of(reader);
    if (for_rules) m.password.emplace(password.substr(0, kMaxMqttText));
  }
  return reader.ok();
}

bool read_publish(base::Reader& reader, std::uint32_t length, std::uint8_t version, bool for_rules,
                  MqttMessage& m) {
  m.topic = cut(string_of(reader));
  if (m.qos > 0) m.message_id = reader.u16();
  if (version == kVersion5 && !read_own_properties(reader, m)) return false;
  if (!reader.ok()) return false;
  const auto read = static_cast<std::uint32_t>(reader.position());
  const std::string_view payload = as_text(reader.rest());
  m.payload = cut(payload, length - read);
  if (for_rules && payload.size() > m.payload.text.size()) m.inspected.assign(payload);
  return true;
}

// What acknowledges: an identifier, then in version 5 a reason and properties where they are not
// the usual.
bool read_acknowledgment(base::Reader& reader, std::uint8_t version, MqttMessage& m) {
  m.message_id = reader.u16();
  if (version == kVersion5 && !reader.at_end()) {
    m.reason_code = reader.u8();
    if (!reader.at_end() && !read_own_properties(reader, m)) return false;
  }
  return reader.ok();
}

bool read_topics(base::Reader& reader, std::uint8_t version, MqttMessage& m) {
  m.message_id = reader.u16();
  if (version == kVersion5 && !read_own_properties(reader, m)) return false;
  while (reader.ok() && !reader.at_end()) {
    const std::string_view topic = string_of(reader);
    const std::uint8_t options = m.type == MqttType::kSubscribe ? reader.u8() : std::uint8_t{0};
    if (reader.ok() && m.topics.size() < kMaxMqttTopics)
      m.topics.emplace_back(topic.substr(0, kMaxMqttText), options & 3);
  }
  return reader.ok();
}

bool read_codes(base::Reader& reader, std::uint8_t version, MqttMessage& m) {
  m.message_id = reader.u16();
  if (version == kVersion5 && !read_own_properties(reader, m)) return false;
  const Bytes codes = reader.rest();
  m.codes.assign(codes.begin(), codes.begin() + static_cast<std::ptrdiff_t>(
                                                    std::min(codes.size(), kMaxMqttTopics)));
  return reader.ok();
}

bool read_reason(base::Reader& reader, std::uint8_t version, MqttMessage& m) {
  if (version != kVersion5 || reader.at_end()) return true;
  m.reason_code = reader.u8();
  return reader.at_end() || read_own_properties(reader, m);
}

}  // namespace

bool read_mqtt_body(Bytes body, std::uint32_t length, std::uint8_t version, MqttMessage& message,
                    bool for_rules) {
  base::Reader reader(body);
  switch (message.type) {
    case MqttType::kConnect:
      return read_connect(reader, for_rules, message);
    case MqttType::kConnack:
      message.session_present = (reader.u8() & 1) != 0;
      message.reason_code = reader.u8();
      if (version == kVersion5 && !reader.at_end()) return read_own_properties(reader, message);
      return reader.ok();
    case MqttType::kPublish:
      return read_publish(reader, length, version, for_rules, message);
    case MqttType::kPuback:
    case MqttType::kPubrec:
    case MqttType::kPubrel:
    case MqttType::kPubcomp:
      return read_acknowledgment(reader, version, message);
    case MqttType::kSubscribe:
    case MqttType::kUnsubscribe:
      return read_topics(reader, version, message);
    case MqttType::kSuback:
    case MqttType::kUnsuback:
      return read_codes(reader, version, message);
    case MqttType::kDisconnect:
    case MqttType::kAuth:
      return read_reason(reader, version, message);
    case MqttType::kPingreq:
    case MqttType::kPingresp:
    case MqttType::kReserved:
      return true;
  }
  return false;
}

}  // namespace netmoth::protocols
