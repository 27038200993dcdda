// What detection knows of each kind of record.
#pragma once

#include "protocols/record.h"

namespace netmoth::detect {

// Number of the transaction within its flow; 0 where the kind has one a flow.
std::uint64_t tx_id_of(const protocols::Record& record);

// Whether one record tells both what the client and what the server said.
constexpr bool is_two_sided(protocols::RecordKind kind) {
  using protocols::RecordKind;
  switch (kind) {
    case RecordKind::kDns:
    case RecordKind::kMdns:
    case RecordKind::kQuic:
    case RecordKind::kDhcp:
    case RecordKind::kDhcpv6:
    case RecordKind::kSnmp:
    case RecordKind::kSip:
    case RecordKind::kFtpData:
    case RecordKind::kKrb5:
    case RecordKind::kNtp:
    case RecordKind::kFrame:
      return false;
    default:
      return true;
  }
}

}  // namespace netmoth::detect
