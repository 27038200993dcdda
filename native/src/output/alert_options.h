// What of alert events is optional (contracts/src/engine-config.ts, `eve.alert`).
#pragma once

namespace netmoth::output {

// Suricata's settings of the eve-log's alert type.
struct AlertOptions {
  bool payload = false;            // payload, base 64
  bool payload_printable = false;  // payload_printable
  bool payload_length = false;
  bool packet = false;   // packet, base 64, and packet_info
  bool metadata = true;  // of the rule; the flow and the transaction
  bool verdict = false;
  bool rule = false;  // its text, where the bundle has it
  bool tagged_packets = true;
  bool http_body = false;            // of the http object, base 64
  bool http_body_printable = false;  // the same
};

}  // namespace netmoth::output
