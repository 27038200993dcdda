// Does this look like DNS? Used by detection and to find message boundaries again after a gap.
#pragma once

#include "protocols/parser.h"

namespace netmoth::protocols {

struct DnsLook {
  Certainty certainty = Certainty::kNo;
  bool is_response = false;
};

// A whole datagram (or message). `lenient` where the port already says DNS: broken records are then
// forgiven, a broken header or first question is not.
DnsLook looks_like_dns(Bytes wire, bool lenient);

// The start of a stream: a length prefix and what is there of the message.
DnsLook looks_like_dns_stream(Bytes data, bool lenient = true);

}  // namespace netmoth::protocols
