// Any octets as a frame of any link type: the first two choose the link type, the third the
// options.
#include <cstdlib>

#include "decode/decoder.h"
#include "decode/plain_frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth::decode;
  if (size < 3) return 0;
  Frame frame;
  frame.link = static_cast<LinkType>(data[0] | (data[1] & 1) << 8);
  frame.data = {data + 3, size - 3};
  frame.wire_length = static_cast<std::uint32_t>(size - 3 + (data[2] & 1) * 1000U);
  frame.vlan_present = (data[2] & 2) != 0;
  Decoder decoder({.validate_checksums = (data[2] & 4) != 0});
  static DecodedFrame out;
  decoder.decode(frame, out);
  if (out.packets().empty()) std::abort();
  for (const Packet& packet : out.packets()) {
    if (packet.payload.size() > frame.data.size()) std::abort();
    if (packet.payload.size() > packet.payload_length) std::abort();
  }
  PlainFrame plain;
  if (look_at(frame, plain)) {  // plain_frame.h says what must be so
    const Packet& packet = out.packets()[0];
    if (out.packets().size() != 1 || !out.anomalies().empty()) std::abort();
    if (packet.invalid || packet.is_fragment || packet.has_quoted) std::abort();
    if (packet.source != plain.source || packet.destination_port != plain.destination_port)
      std::abort();
  }
  return 0;
}
