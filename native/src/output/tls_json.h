// The `tls` member of tls events (EVE), and what tls events say under `netmoth`.
#pragma once

#include <optional>

#include "base/json_writer.h"
#include "protocols/tls_handshake.h"

namespace netmoth::output {

// Which members the `tls` object has: Suricata's eve-log setting tls.custom.
class TlsFields {
 public:
  enum Field : std::uint8_t {
    kSubject,
    kIssuer,
    kSessionResumed,
    kSerial,
    kFingerprint,
    kSni,
    kVersion,
    kNotBefore,
    kNotAfter,
    kCertificate,
    kChain,
    kSubjectAltName,
    kClient,
    kClientCertificate,
    kClientChain,
    kClientAlpns,
    kServerAlpns,
    kJa3,
    kJa3s,
    kJa4,
    kCount,
  };

  // Suricata's `extended`, which leaves the certificates themselves out.
  static constexpr TlsFields extended() {
    TlsFields fields;
    fields.bits_ = (1U << kCount) - 1;
    for (const Field left_out : {kCertificate, kChain, kClientCertificate, kClientChain})
      fields.bits_ &= ~(1U << left_out);
    return fields;
  }

  // False where Suricata has no field of that name.
  bool add(std::string_view name);
  [[nodiscard]] constexpr bool has(Field field) const { return (bits_ >> field & 1U) != 0; }

 private:
  std::uint32_t bits_ = 0;
};

void write_tls_fields(base::JsonWriter& json, const protocols::TlsHandshake& handshake,
                      const TlsFields& fields);
// All fields of `extended`.
void write_tls(base::JsonWriter& json, const protocols::TlsHandshake& handshake);

// Members of `netmoth`: what EVE has no word for. `sha256`: of the leaves too, which costs more
// than all else of an event.
void write_tls_facts(base::JsonWriter& json, const protocols::TlsHandshake& handshake, bool sha256);

// Those that quic events have too.
void write_hello_facts(base::JsonWriter& json, protocols::EncryptedHello encrypted_hello,
                       bool early_data);

// `"ja3":{"hash":…,"string":…}`, shared with quic.
void write_ja3(base::JsonWriter& json, std::string_view name, std::string_view hash,
               std::string_view text);

}  // namespace netmoth::output
