// Fields of SSH, FTP, MQTT, SNMP, Kerberos and NTP. Source: Suricata 8 user guide, the chapter of
// each protocol.
#include <charconv>

#include "detect/fields.h"
#include "protocols/ftp_transaction.h"
#include "protocols/krb5_message.h"
#include "protocols/mqtt_message.h"
#include "protocols/ntp_message.h"
#include "protocols/snmp_message.h"
#include "protocols/ssh_session.h"

namespace netmoth::detect {
namespace {

using protocols::FtpTransaction;
using protocols::Krb5Message;
using protocols::MqttMessage;
using protocols::MqttType;
using protocols::NtpMessage;
using protocols::RecordKind;
using protocols::SnmpMessage;

template <typename T>
const T& record(const FieldContext& c) {
  return static_cast<const T&>(*c.tx->record);
}

const protocols::SshSide& ssh_side(const FieldContext& c) {
  const auto& session = record<protocols::SshSession>(c);
  return c.direction == Direction::kToServer ? session.client : session.server;
}

// A rule asks for a version as it was written, for its number alone, or for "2_compat".
void ssh_version(const FieldContext& c, FieldValues& out) {
  const std::string_view version = ssh_side(c).proto_version;
  if (version.empty()) return;
  out.add(version);
  if (version.ends_with(".0")) out.add(version.substr(0, version.size() - 2));
  if (version == "1.99" || version == "2" || version.starts_with("2."))
    out.add(std::string_view("2_compat"));
}

void ssh_software(const FieldContext& c, FieldValues& out) {
  const std::string_view software = ssh_side(c).software_version;
  if (!software.empty()) out.add(software);
}

void ftp_mode(const FieldContext& c, FieldValues& out) {
  const std::string_view command = record<FtpTransaction>(c).command;
  if (command == "PORT" || command == "EPRT") out.add(std::string_view("active"));
  if (command == "PASV" || command == "EPSV") out.add(std::string_view("passive"));
}

void ftp_port(const FieldContext& c, FieldValues& out) {
  const std::uint16_t port = record<FtpTransaction>(c).dynamic_port;
  if (port != 0) out.add(std::uint64_t{port});
}

void ftp_replied(const FieldContext& c, FieldValues& out) {
  const bool replied = record<FtpTransaction>(c).reply_received;
  for (const std::string_view word :
       replied ? std::array<std::string_view, 4>{"yes", "on", "true", "1"}
               : std::array<std::string_view, 4>{"no", "off", "false", "0"})
    out.add(word);
}

// A data connection is asked for to another host than the client (CERT CA-1997-27).
void ftp_bounce(const FieldContext& c, FieldValues& out) {
  const auto& transaction = record<FtpTransaction>(c);
  if (transaction.command != "PORT" || c.flow == nullptr || c.flow->key.ip_version != 4) return;
  std::string_view rest = transaction.command_data;
  for (std::size_t i = 0; i < 4; ++i) {
    unsigned octet = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), octet);
    if (read.ec != std::errc() || octet > 0xff) return;
    if (octet != c.flow->key.source.octets[i]) return out.add(std::uint64_t{1});
    rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
    if (rest.empty() || rest.front() != ',') return;
    rest.remove_prefix(1);
  }
}

void ftp_data_command(const FieldContext& c, FieldValues& out) {
  out.add(std::string_view(record<protocols::FtpTransfer>(c).command));
}

template <typename Each>
void for_each_mqtt(const FieldContext& c, Each each) {
  for (const MqttMessage& message : record<protocols::MqttExchange>(c).messages)
    each(message);
}

void mqtt_version(const FieldContext& c, FieldValues& out) {
  out.add(std::uint64_t{record<protocols::MqttExchange>(c).version});
}

// MQTT 5 §2.1.2; Suricata calls type 0 so.
void mqtt_type(const FieldContext& c, FieldValues& out) {
  constexpr std::string_view kNames[] = {"UNASSIGNED", "CONNECT",  "CONNACK",     "PUBLISH",
                                         "PUBACK",     "PUBREC",   "PUBREL",      "PUBCOMP",
                                         "SUBSCRIBE",  "SUBACK",   "UNSUBSCRIBE", "UNSUBACK",
                                         "PINGREQ",    "PINGRESP", "DISCONNECT",  "AUTH"};
  for_each_mqtt(c, [&](const MqttMessage& m) {
    const auto type = static_cast<std::size_t>(m.type);
    if (type < std::size(kNames)) out.add(type, kNames[type]);
  });
}

void mqtt_flags(const FieldContext& c, FieldValues& out) {
  for_each_mqtt(c, [&](const MqttMessage& m) {
    out.add(std::uint64_t{(m.dup ? 8U : 0U) | (m.retain ? 1U : 0U)});
  });
}

void mqtt_qos(const FieldContext& c, FieldValues& out) {
  for_each_mqtt(c, [&](const MqttMessage& m) { out.add(std::uint64_t{m.qos}); });
}

void mqtt_reason(const FieldContext& c, FieldValues& out) {
  for_each_mqtt(c, [&](const MqttMessage& m) {
    if (m.skipped_octets != 0) return;
    if (m.reason_code) out.add(std::uint64_t{*m.reason_code});
    for (const std::uint8_t code : m.codes)
      out.add(std::uint64_t{code});
  });
}

void mqtt_session(const FieldContext& c, FieldValues& out) {
  for_each_mqtt(c, [&](const MqttMessage& m) {
    if (m.type != MqttType::kConnack) return;
    out.add(std::string_view(m.session_present ? "yes" : "no"));
    out.add(std::string_view(m.session_present ? "true" : "false"));
  });
}

void mqtt_connect_flags(const FieldContext& c, FieldValues& out) {
  for_each_mqtt(c, [&](const MqttMessage& m) {
    if (m.type == MqttType::kConnect) out.add(std::uint64_t{m.connect_flags});
  });
}

void snmp_version(const FieldContext& c, FieldValues& out) {
  out.add(std::uint64_t{record<SnmpMessage>(c).version});
}

void snmp_pdu(const FieldContext& c, FieldValues& out) {
  constexpr std::uint8_t kNumber = 0x1f;  // of the tag (ITU-T X.690 §8.1.2)
  const auto& message = record<SnmpMessage>(c);
  if (message.pdu != 0 && !message.encrypted)
    out.add(std::uint64_t{message.pdu} & kNumber, protocols::snmp_pdu_name(message.pdu));
}

void krb5_type(const FieldContext& c, FieldValues& out) {
  out.add(std::uint64_t{record<Krb5Message>(c).type});
}

void krb5_error(const FieldContext& c, FieldValues& out) {
  const auto& message = record<Krb5Message>(c);
  if (message.type == protocols::krb5_type::kError) out.add(std::uint64_t{message.error});
}

void krb5_ticket(const FieldContext& c, FieldValues& out) {
  const auto& message = record<Krb5Message>(c);
  if (!message.encrypted) return;
  out.add(std::uint64_t{message.ticket_encryption});
}

void krb5_weak_ticket(const FieldContext& c, FieldValues& out) {
  const auto& message = record<Krb5Message>(c);
  if (!message.encrypted) return;
  const bool weak = protocols::krb5_weak(message.ticket_encryption);
  out.add(std::string_view(weak ? "weak" : "strong"));
}

template <std::uint8_t NtpMessage::*kField>
void ntp(const FieldContext& c, FieldValues& out) {
  out.add(std::uint64_t{record<NtpMessage>(c).*kField});
}

void ntp_mode(const FieldContext& c, FieldValues& out) {
  const std::uint8_t mode = record<NtpMessage>(c).mode;
  out.add(std::uint64_t{mode}, protocols::ntp_mode_name(mode));
}

void ntp_stratum(const FieldContext& c, FieldValues& out) {
  const auto& message = record<NtpMessage>(c);
  if (!message.is_management()) out.add(std::uint64_t{message.stratum});
}

constexpr FieldScope kTx = FieldScope::kTransaction;
constexpr std::uint32_t kFtp = kind_bit(RecordKind::kFtp);
constexpr std::uint32_t kFtpData = kind_bit(RecordKind::kFtpData);
constexpr std::uint32_t kKrb5 = kind_bit(RecordKind::kKrb5);
constexpr std::uint32_t kMqtt = kind_bit(RecordKind::kMqtt);
constexpr std::uint32_t kNtp = kind_bit(RecordKind::kNtp);
constexpr std::uint32_t kSnmp = kind_bit(RecordKind::kSnmp);
constexpr std::uint32_t kSsh = kind_bit(RecordKind::kSsh);
constexpr Side kClient = Side::kToServer;
constexpr Side kServer = Side::kToClient;
// Exchanges of MQTT are looked at once, as those of a client, whoever began them.
constexpr Side kOnce = Side::kToServer;

constexpr FieldRow kRows[] = {
    {.name = "ftp.dynamic_port", .scope = kTx, .kinds = kFtp, .read = ftp_port, .side = kServer},
    {.name = "ftp.mode", .scope = kTx, .kinds = kFtp, .read = ftp_mode, .side = kClient},
    {.name = "ftp.reply_received",
     .scope = kTx,
     .kinds = kFtp,
     .read = ftp_replied,
     .side = kServer},
    {.name = "ftpbounce", .scope = kTx, .kinds = kFtp, .read = ftp_bounce, .side = kClient},
    {.name = "ftpdata_command", .scope = kTx, .kinds = kFtpData, .read = ftp_data_command},
    {.name = "krb5.ticket_encryption", .scope = kTx, .kinds = kKrb5, .read = krb5_ticket},
    {.name = "krb5.ticket_encryption.weak", .scope = kTx, .kinds = kKrb5, .read = krb5_weak_ticket},
    {.name = "krb5_err_code", .scope = kTx, .kinds = kKrb5, .read = krb5_error},
    {.name = "krb5_msg_type", .scope = kTx, .kinds = kKrb5, .read = krb5_type},
    {.name = "mqtt.connack.session_present",
     .scope = kTx,
     .kinds = kMqtt,
     .read = mqtt_session,
     .side = kOnce},
    {.name = "mqtt.connect.flags",
     .scope = kTx,
     .kinds = kMqtt,
     .read = mqtt_connect_flags,
     .side = kOnce},
    {.name = "mqtt.flags", .scope = kTx, .kinds = kMqtt, .read = mqtt_flags, .side = kOnce},
    {.name = "mqtt.protocol_version",
     .scope = kTx,
     .kinds = kMqtt,
     .read = mqtt_version,
     .side = kOnce},
    {.name = "mqtt.qos", .scope = kTx, .kinds = kMqtt, .read = mqtt_qos, .side = kOnce},
    {.name = "mqtt.reason_code", .scope = kTx, .kinds = kMqtt, .read = mqtt_reason, .side = kOnce},
    {.name = "mqtt.type",
     .scope = kTx,
     .kinds = kMqtt,
     .read = mqtt_type,
     .side = kOnce,
     .names = true},
    {.name = "ntp.mode", .scope = kTx, .kinds = kNtp, .read = ntp_mode, .names = true},
    {.name = "ntp.stratum", .scope = kTx, .kinds = kNtp, .read = ntp_stratum},
    {.name = "ntp.version", .scope = kTx, .kinds = kNtp, .read = ntp<&NtpMessage::version>},
    {.name = "snmp.pdu_type", .scope = kTx, .kinds = kSnmp, .read = snmp_pdu, .names = true},
    {.name = "snmp.version", .scope = kTx, .kinds = kSnmp, .read = snmp_version},
    {.name = "ssh.protoversion", .scope = kTx, .kinds = kSsh, .read = ssh_version},
    {.name = "ssh.softwareversion",
     .scope = kTx,
     .kinds = kSsh,
     .read = ssh_software,
     .contains = true},
};

}  // namespace

std::span<const FieldRow> session_fields() {
  return kRows;
}

}  // namespace netmoth::detect
