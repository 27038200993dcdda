// An SMTP connection with mails from arbitrary octets, cut into segments, with gaps.
#include <cstddef>
#include <cstdint>

#include "protocol_driver.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netmoth::fuzz::play_stream(netmoth::protocols::AppProto::kSmtp, {data, size});
  return 0;
}
