// A look at a frame that says whose it is without decoding it: to deal frames out to several
// workers, each of which decodes its own.
//
// Invariant: of a plain frame decode() makes exactly one packet, of TCP or UDP, with these ends,
// that belongs to a flow, and no anomaly (tests and the decode fuzzer hold it to that). Everything
// else, and whatever is odd, is not plain: it depends on other frames, or is several packets' or
// several workers' business.
#pragma once

#include "decode/packet.h"

namespace netmoth::decode {

struct PlainFrame {
  Address source{};
  Address destination{};
  std::uint16_t source_port;
  std::uint16_t destination_port;
  // Not side by side, or they would be read as one, wider than they were written (plain_frame.cc).
  std::uint8_t ip_version;
  Bytes payload;
  std::uint8_t protocol;  // TCP or UDP
};

// Ethernet with at most one 802.1Q tag, IPv4 without options or IPv6 without extension headers, not
// a fragment, TCP or UDP, nothing missing, no tunnel's port. False: not plain, and `plain` is worth
// nothing.
[[nodiscard]] bool look_at(const Frame& frame, PlainFrame& plain);

}  // namespace netmoth::decode
