// See dhcp_parser.h.
#include "protocols/dhcp_parser.h"

#include "protocols/dhcp_message.h"

namespace netmoth::protocols {

Verdict DhcpParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  DhcpMessage message;
  if (!parse_dhcp(data, message)) {
    sink.on_anomaly(AppProto::kDhcp, "malformed_options", direction);
    return Verdict::kMore;
  }
  if (message.options_cut) sink.on_anomaly(AppProto::kDhcp, "truncated_options", direction);
  sink.on_record(direction, message);
  return Verdict::kMore;
}

}  // namespace netmoth::protocols
