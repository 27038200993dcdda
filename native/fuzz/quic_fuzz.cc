// QUIC from arbitrary octets: as a datagram (most will not open), as the frames inside an Initial,
// and as pieces of a CRYPTO stream.
#include <cstddef>
#include <cstdint>

#include "base/reader.h"
#include "protocol_driver.h"
#include "protocols/quic_packet.h"
#include "protocols/quic_parser.h"
#include "protocols/tls_fingerprint.h"
#include "protocols/tls_hello.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth;
  const Bytes bytes(data, size);
  (void)protocols::classify_quic(bytes);
  fuzz::play_datagram(protocols::AppProto::kQuic, bytes);
  protocols::ClientHello hello;
  if (protocols::parse_client_hello(bytes, hello)) {
    (void)protocols::ja4(hello, protocols::Ja4Carrier::kQuic);
    (void)protocols::ja3_string(hello);
  }
  protocols::CryptoStream stream;
  base::Reader reader(bytes);
  while (reader.remaining() > 3) {
    const std::uint16_t offset = reader.u16();
    const std::size_t length = std::min<std::size_t>(reader.u8(), reader.remaining());
    if (!stream.add(offset, reader.bytes(length))) break;
  }
  (void)stream.contiguous();
  return 0;
}
