// Heartbeats. See HeartbeatWatch in tls_parser.h.
#include "base/reader.h"
#include "protocols/tls_parser.h"

namespace netmoth::protocols {

std::optional<TlsEvent> HeartbeatWatch::on_record(Direction direction, bool encrypted, Bytes head,
                                                  std::size_t length) {
  constexpr std::uint8_t kRequest = 1;
  constexpr std::uint8_t kResponse = 2;
  constexpr std::size_t kHeader = 3;
  constexpr std::size_t kMinPadding = 16;
  if (request_ && request_->direction != direction) {
    const std::size_t asked = request_->length;
    request_.reset();
    return length > asked ? std::optional(TlsEvent::kDataleakHeartbeatMismatch) : std::nullopt;
  }
  if (!encrypted) {
    base::Reader reader(head);
    const std::uint8_t type = reader.u8();
    const std::size_t payload = reader.u16();
    if (!reader.ok() || (type != kRequest && type != kResponse))
      return TlsEvent::kInvalidHeartbeatMessage;
    if (kHeader + payload > length) {
      request_ = {direction, length};
      return TlsEvent::kOverflowHeartbeatMessage;
    }
    if (kHeader + payload + kMinPadding > length) return TlsEvent::kInvalidHeartbeatMessage;
  }
  if (request_) return TlsEvent::kInvalidHeartbeatMessage;  // RFC 6520 §3: one in flight
  request_ = {direction, length};
  return encrypted ? std::nullopt : std::optional(TlsEvent::kHeartbeatMessage);
}

}  // namespace netmoth::protocols
