// See dhcpv6_parser.h. Suricata does not read DHCPv6: the events are named after its dhcp's.
#include "protocols/dhcpv6_parser.h"

#include "protocols/dhcpv6_message.h"

namespace netmoth::protocols {

Verdict Dhcpv6Parser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink& sink) {
  Dhcpv6Message message;
  if (!parse_dhcpv6(data, message)) {
    sink.on_anomaly(AppProto::kDhcpV6, "malformed_data", direction);
    return Verdict::kMore;
  }
  if (message.too_many_relays) sink.on_anomaly(AppProto::kDhcpV6, "too_many_relays", direction);
  if (message.options_cut) sink.on_anomaly(AppProto::kDhcpV6, "truncated_options", direction);
  sink.on_record(direction, message);
  return Verdict::kMore;
}

}  // namespace netmoth::protocols
