// Protocols that one datagram does not give away, only several that follow each other: RTP
// (RFC 3550 §5.1) and WireGuard's transport data (its handshake has a look in probe_udp.cc).
//
// Invariant: a few octets for one direction of one flow; nothing is said before kNeeded datagrams
// in a row are of one stream and its numbers go up.
#pragma once

#include "protocols/parser.h"

namespace netmoth::protocols {

class DatagramTracker {
 public:
  static constexpr std::uint8_t kNeeded = 4;

  // The next datagram of the direction; kUnknown until the stream is believed.
  AppProto see(Bytes datagram);

 private:
  struct Sign {
    AppProto proto = AppProto::kUnknown;
    std::uint32_t stream = 0;  // SSRC, or the receiver's index
    std::uint8_t kind = 0;     // payload type
    std::uint64_t number = 0;  // sequence number, or counter
  };
  static Sign sign_of(Bytes datagram);
  static bool follows(const Sign& before, const Sign& now);

  Sign last_;
  std::uint8_t in_a_row_ = 0;
};

}  // namespace netmoth::protocols
