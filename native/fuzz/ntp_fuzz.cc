// ntp datagrams from arbitrary octets.
#include <cstddef>
#include <cstdint>

#include "protocol_driver.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netmoth::fuzz::play_datagram(netmoth::protocols::AppProto::kNtp, {data, size});
  return 0;
}
