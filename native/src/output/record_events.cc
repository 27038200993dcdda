#include "output/record_events.h"

#include <array>

#include "output/dhcp_json.h"
#include "output/dhcpv6_json.h"
#include "output/dns_json.h"
#include "output/fileinfo_json.h"
#include "output/frame_json.h"
#include "output/ftp_json.h"
#include "output/http_json.h"
#include "output/krb5_json.h"
#include "output/mdns_json.h"
#include "output/mqtt_json.h"
#include "output/ntp_json.h"
#include "output/quic_json.h"
#include "output/sip_json.h"
#include "output/smtp_json.h"
#include "output/snmp_json.h"
#include "output/ssh_json.h"
#include "output/tls_json.h"

namespace netmoth::output {
namespace {

using base::JsonWriter;
using protocols::Record;
using protocols::RecordKind;

template <typename Made>
using Writer = void (*)(JsonWriter&, const Made&);

// A row whose writers take the record as what it is.
template <typename Made, Writer<Made> Write, Writer<Made> WriteNetmoth = nullptr>
constexpr RecordEvent row(RecordKind kind, EventType type, EndsOrder order, bool labelled) {
  const auto write = [](JsonWriter& json, const Record& record) {
    Write(json, static_cast<const Made&>(record));
  };
  RecordEvent made{kind, type, order, labelled, write, write};
  if constexpr (WriteNetmoth != nullptr) {
    made.write_netmoth = [](JsonWriter& json, const Record& record) {
      WriteNetmoth(json, static_cast<const Made&>(record));
    };
  }
  return made;
}

// A row of a kind whose records have a tx_id, which stands before their object.
template <typename Made, void (*Write)(JsonWriter&, const Made&)>
constexpr RecordEvent numbered_row(RecordKind kind, EventType type, EndsOrder order,
                                   bool labelled) {
  RecordEvent event = row<Made, Write>(kind, type, order, labelled);
  event.write = [](JsonWriter& json, const Record& record) {
    json.member("tx_id", static_cast<const Made&>(record).tx_id);
    Write(json, static_cast<const Made&>(record));
  };
  return event;
}

using enum EndsOrder;
constexpr std::array kRows{
    // Version 3; EventWriter::record() knows version 2, which makes an event of every question.
    row<protocols::DnsMessage, write_dns_message, write_dns_netmoth>(
        RecordKind::kDns, EventType::kDns, kPacket, false),
    row<protocols::DnsMessage, write_mdns>(RecordKind::kMdns, EventType::kMdns, kPacket, false),
    // EventWriter::record() knows which of its members are wanted.
    row<protocols::TlsHandshake, write_tls>(RecordKind::kTls, EventType::kTls, kFlow, true),
    numbered_row<protocols::HttpTransaction, write_http>(RecordKind::kHttp, EventType::kHttp, kFlow,
                                                         true),
    row<protocols::QuicInitial, write_quic, write_quic_facts>(RecordKind::kQuic, EventType::kQuic,
                                                              kPacket, true),
    row<protocols::DhcpMessage, write_dhcp, write_dhcp_netmoth>(RecordKind::kDhcp, EventType::kDhcp,
                                                                kPacket, false),
    row<protocols::FileInfo, write_fileinfo>(RecordKind::kFileinfo, EventType::kFileinfo, kPacket,
                                             false),
    row<protocols::SnmpMessage, write_snmp>(RecordKind::kSnmp, EventType::kSnmp, kPacket, false),
    row<protocols::SipMessage, write_sip>(RecordKind::kSip, EventType::kSip, kPacket, false),
    row<protocols::Dhcpv6Message, write_dhcpv6>(RecordKind::kDhcpv6, EventType::kDhcpV6, kPacket,
                                                false),
    row<protocols::Krb5Message, write_krb5>(RecordKind::kKrb5, EventType::kKrb5, kPacket, false),
    numbered_row<protocols::SshSession, write_ssh>(RecordKind::kSsh, EventType::kSsh, kFlow, false),
    numbered_row<protocols::FtpTransaction, write_ftp>(RecordKind::kFtp, EventType::kFtp, kFlow,
                                                       false),
    numbered_row<protocols::FtpTransfer, write_ftp_data>(RecordKind::kFtpData, EventType::kFtpData,
                                                         kFlow, false),
    numbered_row<protocols::SmtpTransaction, write_smtp>(RecordKind::kSmtp, EventType::kSmtp, kFlow,
                                                         false),
    row<protocols::MqttExchange, write_mqtt>(RecordKind::kMqtt, EventType::kMqtt, kPacket, false),
    row<protocols::NtpMessage, write_ntp>(RecordKind::kNtp, EventType::kNtp, kPacket, false),
    // Makes no event; alerts have its object.
    row<protocols::Frame, write_frame>(RecordKind::kFrame, EventType::kAlert, kPacket, false),
};

constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].kind != static_cast<RecordKind>(i)) return false;
  }
  return kRows.size() == static_cast<std::size_t>(RecordKind::kCount);
}
static_assert(rows_in_order());

}  // namespace

const RecordEvent& event_of(RecordKind kind) {
  return kRows[static_cast<std::size_t>(kind)];
}

}  // namespace netmoth::output
