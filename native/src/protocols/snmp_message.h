// An SNMP message (v1 RFC 1157, v2c RFC 3416, v3 RFC 3412): the record behind an snmp event.
//
// Invariant: object identifiers and texts are views of the datagram; at most kMaxSnmpVars variable
// bindings are kept, of as many as there are.
#pragma once

#include <array>
#include <string_view>

#include "base/types.h"
#include "protocols/record.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxSnmpVars = 128;

namespace snmp_pdu {
inline constexpr std::uint8_t kGetRequest = 0xa0;
inline constexpr std::uint8_t kResponse = 0xa2;
inline constexpr std::uint8_t kTrapV1 = 0xa4;
inline constexpr std::uint8_t kGetBulk = 0xa5;
inline constexpr std::uint8_t kReport = 0xa8;
}  // namespace snmp_pdu

struct SnmpMessage : Record {
  SnmpMessage() : Record(RecordKind::kSnmp) {}
  std::uint8_t version = 0;  // 1, 2 (v2c) or 3, as EVE counts them
  Bytes community;           // of versions 1 and 2
  Bytes user;                // of version 3 with the user-based security model (RFC 3414)
  std::uint32_t security_model = 0;
  bool encrypted = false;  // then nothing of the PDU is known
  std::uint8_t pdu = 0;    // its tag
  std::uint32_t request_id = 0;
  std::uint32_t error = 0;  // error-status of a response
  // Of a version 1 trap.
  std::uint32_t trap_type = 0;
  Bytes trap_oid;
  Bytes trap_address;
  bool sound = false;  // the whole message was understood

  std::array<Bytes, kMaxSnmpVars> vars;  // names of the variables, as encoded
  std::size_t var_count = 0;

  [[nodiscard]] std::span<const Bytes> all_vars() const { return {vars.data(), var_count}; }
  [[nodiscard]] bool is_reply() const {
    return pdu == snmp_pdu::kResponse || pdu == snmp_pdu::kReport;
  }
};

// False where it is no SNMP message as far as its header says; else `message.sound` says whether
// the rest is one too.
[[nodiscard]] bool parse_snmp(Bytes datagram, SnmpMessage& message);

// EVE's spelling; empty where unknown.
std::string_view snmp_pdu_name(std::uint8_t tag);
std::string_view snmp_error_name(std::uint32_t status);
std::string_view snmp_trap_name(std::uint32_t generic);

}  // namespace netmoth::protocols
