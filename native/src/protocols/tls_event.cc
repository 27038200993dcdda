// The names. See tls_event.h.
#include "protocols/tls_event.h"

#include <array>

namespace netmoth::protocols {

std::string_view tls_event_name(TlsEvent event) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(TlsEvent::kCount)> kNames{
      "invalid_sslv2_header",
      "invalid_record_type",
      "invalid_record_version",
      "invalid_record_length",
      "invalid_handshake_message",
      "handshake_invalid_length",
      "invalid_alert_message",
      "heartbeat_message",
      "invalid_heartbeat_message",
      "overflow_heartbeat_message",
      "dataleak_heartbeat_mismatch",
      "multiple_sni_extensions",
      "invalid_sni_type",
      "invalid_sni_length",
      "invalid_alpn",
      "invalid_certificate",
      "certificate_invalid_length",
      "certificate_invalid_der",
      "certificate_invalid_version",
      "certificate_invalid_serial",
      "certificate_invalid_algorithmidentifier",
      "certificate_invalid_x509name",
      "certificate_invalid_issuer",
      "certificate_invalid_subject",
      "certificate_invalid_validity",
      "certificate_invalid_date",
      "certificate_invalid_extensions",
      "too_many_subject_alternative_names",
      "error_message_encountered",
      "invalid_ssl_record",
  };
  static_assert(!kNames.back().empty());
  return kNames[static_cast<std::size_t>(event)];
}

}  // namespace netmoth::protocols
