// Header blocks of one connection from arbitrary octets: what comes out and what is kept stay
// bounded.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "protocols/hpack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth::protocols;
  HpackDecoder decoder;
  netmoth::Bytes rest(data, size);
  while (rest.size() > 2) {
    (void)decoder.allow_table(std::size_t{rest[0]} << 9);
    const std::size_t length = std::min<std::size_t>(rest[1] + 1u, rest.size() - 2);
    std::vector<HeaderField> fields;
    const HpackStatus status = decoder.decode(rest.subspan(2, length), fields);
    std::size_t octets = 0;
    for (const HeaderField& field : fields)
      octets += field.size();
    if (octets > kMaxHeaderList || decoder.table_octets() > kMaxHpackTable) __builtin_trap();
    if (status != HpackStatus::kOk) return 0;
    rest = rest.subspan(2 + length);
  }
  return 0;
}
