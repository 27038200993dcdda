// DTLS datagrams from arbitrary octets: pieces with a length before them, each direction in turn.
#include <cstddef>
#include <cstdint>

#include "base/reader.h"
#include "protocol_driver.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth;
  const Bytes bytes(data, size);
  fuzz::play_datagram(protocols::AppProto::kDtls, bytes);
  fuzz::WritingSink sink;
  const auto parser =
      protocols::make_parser(protocols::AppProto::kDtls, protocols::Transport::kUdp);
  base::Reader reader(bytes);
  while (reader.remaining() > 3) {
    const std::uint8_t direction = reader.u8();
    const std::size_t length = std::min<std::size_t>(reader.u16(), reader.remaining());
    (void)parser->on_data((direction & 1) != 0 ? Direction::kToClient : Direction::kToServer,
                          reader.bytes(length), 1, sink);
  }
  parser->on_close(sink);
  return 0;
}
