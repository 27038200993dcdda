// Names of the decoder's anomalies.
//
// Invariant: generated from the one list in decode_event.h.
#include "decode/decode_event.h"

#include <array>

namespace netmoth::decode {

std::string_view decode_event_name(DecodeEvent event) {
  static constexpr std::array<std::string_view, kDecodeEventCount> kNames = {
#define NETMOTH_NAME(enumerator, name) name,
      NETMOTH_DECODE_EVENTS(NETMOTH_NAME)
#undef NETMOTH_NAME
  };
  return kNames[static_cast<std::size_t>(event)];
}

}  // namespace netmoth::decode
