// What parsers report: one transaction, message, handshake or file.
//
// Invariant: a record and all views inside it are valid during the call that reports it only. Each
// kind is one struct derived from Record; output/record_events.cc says what event it becomes.
#pragma once

#include <cstdint>

namespace netmoth::protocols {

enum class RecordKind : std::uint8_t {
  kDns,       // DnsMessage
  kMdns,      // DnsMessage
  kTls,       // TlsHandshake
  kHttp,      // HttpTransaction
  kQuic,      // QuicInitial
  kDhcp,      // DhcpMessage
  kFileinfo,  // FileInfo
  kSnmp,      // SnmpMessage
  kSip,       // SipMessage
  kDhcpv6,    // Dhcpv6Message
  kKrb5,      // Krb5Message
  kSsh,       // SshSession
  kFtp,       // FtpTransaction
  kFtpData,   // FtpTransfer
  kSmtp,      // SmtpTransaction
  kMqtt,      // MqttExchange
  kNtp,       // NtpMessage
  kFrame,     // Frame: for rules alone
  kCount,     // further ones before this
};

struct Record {
  explicit constexpr Record(RecordKind what) : kind(what) {}
  RecordKind kind;
};

}  // namespace netmoth::protocols
