// An HTTP/2 connection behind its preface, from arbitrary octets, cut into segments, with gaps.
#include <cstddef>
#include <cstdint>
#include <string>

#include "protocol_driver.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string input(1, '\x05');  // 21 octets to the server, then the preface's last three
  input.append("PRI * HTTP/2.0\r\n\r\nSM\r").append(1, '\0').append("\n");
  input.append(1, '\0').append("\r").append(1, '\0').append("\n");
  input.append(reinterpret_cast<const char*>(data), size);
  netmoth::fuzz::play_stream(netmoth::protocols::AppProto::kHttp2, netmoth::as_bytes(input));
  return 0;
}
