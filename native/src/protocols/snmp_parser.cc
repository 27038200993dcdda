// See snmp_parser.h.
#include "protocols/snmp_parser.h"

#include "protocols/snmp_message.h"

namespace netmoth::protocols {

Verdict SnmpParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  constexpr std::uint32_t kUserSecurityModel = 3;
  SnmpMessage message;
  const bool recognised = parse_snmp(data, message);
  if (!recognised || !message.sound) sink.on_anomaly(AppProto::kSnmp, "malformed_data", direction);
  if (!recognised) return Verdict::kMore;
  if (version_ != 0 && version_ != message.version)
    sink.on_anomaly(AppProto::kSnmp, "version_mismatch", direction);
  if (message.version == 3 && message.sound && message.security_model != kUserSecurityModel)
    sink.on_anomaly(AppProto::kSnmp, "unknown_security_model", direction);
  version_ = message.version;
  sink.on_record(direction, message);
  return Verdict::kMore;
}

}  // namespace netmoth::protocols
