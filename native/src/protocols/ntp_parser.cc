// See ntp_parser.h.
#include "protocols/ntp_parser.h"

#include "protocols/ntp_message.h"

namespace netmoth::protocols {

Verdict NtpParser::on_data(Direction direction, Bytes data, TimestampNs time,
                           TransactionSink& sink) {
  NtpMessage message;
  const bool recognised = parse_ntp(data, message);
  if (!recognised || !message.sound) sink.on_anomaly(AppProto::kNtp, "malformed_data", direction);
  if (!recognised) return Verdict::kMore;
  message.captured = time;
  sink.on_record(direction, message);
  return Verdict::kMore;
}

}  // namespace netmoth::protocols
