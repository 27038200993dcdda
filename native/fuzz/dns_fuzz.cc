// DNS messages and streams from arbitrary octets: parse, judge, write, and split anywhere.
#include <cstddef>
#include <cstdint>

#include "protocol_driver.h"
#include "protocols/dns_message.h"
#include "protocols/dns_probe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth;
  using protocols::AppProto;
  const Bytes bytes(data, size);
  (void)protocols::looks_like_dns(bytes, true);
  (void)protocols::looks_like_dns(bytes, false);
  (void)protocols::looks_like_dns_stream(bytes);
  fuzz::play_datagram(AppProto::kDns, bytes);
  fuzz::play_datagram(AppProto::kMdns, bytes);
  fuzz::play_stream(AppProto::kDns, bytes);
  return 0;
}
