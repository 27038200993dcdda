// Buffers of SNMP, Kerberos, MQTT and NTP. Source: Suricata 8 user guide, the chapter of each
// protocol.
#include "detect/buffers.h"
#include "protocols/krb5_message.h"
#include "protocols/mqtt_message.h"
#include "protocols/ntp_message.h"
#include "protocols/snmp_message.h"

namespace netmoth::detect {
namespace {

using protocols::Krb5Message;
using protocols::MqttMessage;
using protocols::MqttType;
using protocols::RecordKind;
using protocols::SnmpMessage;

template <Bytes SnmpMessage::*kOctets>
void snmp(const TxView& tx, Direction /*side*/, BufferValues& out) {
  const Bytes octets = static_cast<const SnmpMessage&>(*tx.record).*kOctets;
  if (!octets.empty()) out.add(octets);
}

// Each part of a name is a value.
template <protocols::Krb5Name Krb5Message::*kName>
void krb5_name(const TxView& tx, Direction /*side*/, BufferValues& out) {
  const protocols::Krb5Name& name = static_cast<const Krb5Message&>(*tx.record).*kName;
  for (std::size_t i = 0; i < name.count; ++i)
    out.add(name.parts[i]);
}

void ntp_reference(const TxView& tx, Direction /*side*/, BufferValues& out) {
  const Bytes id = static_cast<const protocols::NtpMessage&>(*tx.record).reference_id;
  if (!id.empty()) out.add(id);
}

// Calls each(message) for those of one type.
template <typename Each>
void for_each_mqtt(const TxView& tx, MqttType type, Each each) {
  for (const MqttMessage& message :
       static_cast<const protocols::MqttExchange&>(*tx.record).messages) {
    if (message.type == type && message.skipped_octets == 0) each(message);
  }
}

template <std::string MqttMessage::*kText>
void mqtt_connect(const TxView& tx, Direction /*side*/, BufferValues& out) {
  for_each_mqtt(tx, MqttType::kConnect,
                [&](const MqttMessage& m) { out.add(std::string_view(m.*kText)); });
}

template <std::optional<std::string> MqttMessage::*kText>
void mqtt_login(const TxView& tx, Direction /*side*/, BufferValues& out) {
  for_each_mqtt(tx, MqttType::kConnect, [&](const MqttMessage& m) {
    if (m.*kText) out.add(std::string_view(*(m.*kText)));
  });
}

template <protocols::MqttText MqttMessage::*kText>
void mqtt_will(const TxView& tx, Direction /*side*/, BufferValues& out) {
  for_each_mqtt(tx, MqttType::kConnect, [&](const MqttMessage& m) {
    if ((m.connect_flags & protocols::mqtt_flag::kWill) != 0)
      out.add(std::string_view((m.*kText).text));
  });
}

void mqtt_topic(const TxView& tx, Direction /*side*/, BufferValues& out) {
  for_each_mqtt(tx, MqttType::kPublish,
                [&](const MqttMessage& m) { out.add(std::string_view(m.topic.text)); });
}

void mqtt_published(const TxView& tx, Direction /*side*/, BufferValues& out) {
  for_each_mqtt(tx, MqttType::kPublish, [&](const MqttMessage& m) {
    out.add(std::string_view(m.inspected.empty() ? m.payload.text : m.inspected));
  });
}

template <MqttType kType>
void mqtt_topics(const TxView& tx, Direction /*side*/, BufferValues& out) {
  for_each_mqtt(tx, kType, [&](const MqttMessage& m) {
    for (const auto& [topic, qos] : m.topics)
      out.add(std::string_view(topic));
  });
}

constexpr std::uint32_t kKrb5 = kind_bit(RecordKind::kKrb5);
constexpr std::uint32_t kMqtt = kind_bit(RecordKind::kMqtt);
constexpr std::uint32_t kNtp = kind_bit(RecordKind::kNtp);
constexpr std::uint32_t kSnmp = kind_bit(RecordKind::kSnmp);
// Exchanges of MQTT are looked at once, as those of a client, whoever began them.
constexpr Side kOnce = Side::kToServer;

constexpr BufferRow kRows[] = {
    {"krb5.cname", kKrb5, Side::kAny, krb5_name<&Krb5Message::client>},
    {"krb5.sname", kKrb5, Side::kAny, krb5_name<&Krb5Message::service>},
    {"mqtt.connect.clientid", kMqtt, kOnce, mqtt_connect<&MqttMessage::client_id>},
    {"mqtt.connect.password", kMqtt, kOnce, mqtt_login<&MqttMessage::password>},
    {"mqtt.connect.protocol_string", kMqtt, kOnce, mqtt_connect<&MqttMessage::protocol>},
    {"mqtt.connect.username", kMqtt, kOnce, mqtt_login<&MqttMessage::username>},
    {"mqtt.connect.willmessage", kMqtt, kOnce, mqtt_will<&MqttMessage::will_message>},
    {"mqtt.connect.willtopic", kMqtt, kOnce, mqtt_will<&MqttMessage::will_topic>},
    {"mqtt.publish.message", kMqtt, kOnce, mqtt_published},
    {"mqtt.publish.topic", kMqtt, kOnce, mqtt_topic},
    {"mqtt.subscribe.topic", kMqtt, kOnce, mqtt_topics<MqttType::kSubscribe>},
    {"mqtt.unsubscribe.topic", kMqtt, kOnce, mqtt_topics<MqttType::kUnsubscribe>},
    {"ntp.reference_id", kNtp, Side::kAny, ntp_reference},
    {"snmp.community", kSnmp, Side::kAny, snmp<&SnmpMessage::community>},
    {"snmp.usm", kSnmp, Side::kAny, snmp<&SnmpMessage::user>},
};

}  // namespace

std::span<const BufferRow> service_buffers() {
  return kRows;
}

}  // namespace netmoth::detect
