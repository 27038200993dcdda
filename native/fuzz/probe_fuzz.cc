// Detection on arbitrary octets: every transport, direction and telling port.
#include <cstddef>
#include <cstdint>

#include "protocol_driver.h"

constexpr std::uint16_t kPorts[] = {0,   21,  25,  53,  67,   110,  123, 137,
                                    161, 389, 443, 547, 1900, 5353, 5355};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth;
  using protocols::Transport;
  const Bytes bytes(data, size);
  for (const Transport transport : {Transport::kTcp, Transport::kUdp, Transport::kSctp}) {
    for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
      for (const std::uint16_t port : kPorts) {
        const auto result = protocols::probe({transport, 40000, port, direction, bytes});
        if (transport == Transport::kUdp && result.certainty == protocols::Certainty::kUnsure) {
          __builtin_trap();  // a datagram is whole: there is nothing to wait for
        }
      }
    }
  }
  for (const auto proto :
       {protocols::AppProto::kSmtp, protocols::AppProto::kImap, protocols::AppProto::kPop3,
        protocols::AppProto::kFtp, protocols::AppProto::kXmpp, protocols::AppProto::kLdap,
        protocols::AppProto::kSocks}) {
    fuzz::play_stream(proto, bytes);
  }
  return 0;
}
