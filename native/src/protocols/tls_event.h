// The anomalies of TLS and its certificates, by Suricata's names (its rules/tls-events.rules and
// app-layer-ssl decoder events).
//
// Invariant: a connection reports each event once, so that nobody fills the log with one flow.
#pragma once

#include <cstdint>

#include "protocols/parser.h"

namespace netmoth::protocols {

enum class TlsEvent : std::uint8_t {
  kInvalidSslv2Header,
  kInvalidRecordType,
  kInvalidRecordVersion,
  kInvalidRecordLength,
  kInvalidHandshakeMessage,
  kHandshakeInvalidLength,
  kInvalidAlertMessage,
  kHeartbeatMessage,
  kInvalidHeartbeatMessage,
  kOverflowHeartbeatMessage,
  kDataleakHeartbeatMismatch,
  kMultipleSniExtensions,
  kInvalidSniType,
  kInvalidSniLength,
  kInvalidAlpn,
  kInvalidCertificate,
  kCertificateInvalidLength,
  kCertificateInvalidDer,
  kCertificateInvalidVersion,
  kCertificateInvalidSerial,
  kCertificateInvalidAlgorithm,
  kCertificateInvalidName,
  kCertificateInvalidIssuer,
  kCertificateInvalidSubject,
  kCertificateInvalidValidity,
  kCertificateInvalidDate,
  kCertificateInvalidExtensions,
  kTooManyAlternativeNames,
  kErrorMessageEncountered,
  kInvalidSslRecord,
  kCount,
};

// "invalid_sni_length"
std::string_view tls_event_name(TlsEvent event);

class TlsEventSet {
 public:
  void raise(TlsEvent event, AppProto proto, Direction direction, TransactionSink& sink) {
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(event);
    if ((seen_ & bit) != 0) return;
    seen_ |= bit;
    sink.on_anomaly(proto, tls_event_name(event), direction);
  }

 private:
  static_assert(static_cast<unsigned>(TlsEvent::kCount) <= 64);
  std::uint64_t seen_ = 0;
};

}  // namespace netmoth::protocols
