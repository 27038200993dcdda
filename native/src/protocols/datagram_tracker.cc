// See datagram_tracker.h.
#include "protocols/datagram_tracker.h"

#include "base/reader.h"

namespace netmoth::protocols {
namespace {

// Numbers that may be missing between two packets seen.
constexpr std::uint64_t kMaxStep = 64;

}  // namespace

DatagramTracker::Sign DatagramTracker::sign_of(Bytes datagram) {
  constexpr std::uint32_t kTransportData = 4;
  constexpr std::size_t kBlock = 16;
  Sign sign;
  base::Reader reader(datagram);
  if (datagram.size() >= 2 * kBlock && datagram.size() % kBlock == 0 &&
      reader.u32_le() == kTransportData) {
    sign.proto = AppProto::kWireguard;
    sign.stream = reader.u32_le();
    sign.number = reader.u64_le();
    return sign;
  }
  reader.seek(0);
  const std::uint8_t first = reader.u8();
  const std::size_t sources = first & 0x0f;
  sign.kind = reader.u8() & 0x7f;
  sign.number = reader.u16();
  reader.skip(4);  // media time
  sign.stream = reader.u32();
  reader.skip(4 * sources);
  // 72–76 with the marker bit are RTCP's packet types (RFC 5761 §4).
  const bool control = sign.kind >= 72 && sign.kind <= 76;
  const bool plausible = reader.ok() && !reader.at_end() && first >> 6 == 2 && sign.stream != 0;
  if (plausible && !control) sign.proto = AppProto::kRtp;
  return sign;
}

bool DatagramTracker::follows(const Sign& before, const Sign& now) {
  if (now.proto == AppProto::kUnknown || now.proto != before.proto) return false;
  if (now.stream != before.stream || now.kind != before.kind) return false;
  const bool wraps = now.proto == AppProto::kRtp;
  const std::uint64_t step =
      wraps ? (now.number - before.number) & 0xffff : now.number - before.number;
  return step >= 1 && step <= kMaxStep;
}

AppProto DatagramTracker::see(Bytes datagram) {
  const Sign sign = sign_of(datagram);
  if (!follows(last_, sign)) in_a_row_ = 0;
  last_ = sign;
  if (sign.proto == AppProto::kUnknown) return AppProto::kUnknown;
  ++in_a_row_;
  return in_a_row_ >= kNeeded ? sign.proto : AppProto::kUnknown;
}

}  // namespace netmoth::protocols
