// Options of IPv4 (RFC 791) and of IPv6 extension headers (RFC 8200 section 4.2).
//
// Invariant: nothing here keeps a packet from being understood; each step moves forward.
#include <bitset>

#include "decode/layers.h"

namespace netmoth::decode {
namespace {

enum Ipv4Option : std::uint8_t {
  kEnd = 0,
  kNop = 1,
  kRecordRoute = 7,
  kQuickStart = 25,
  kTimestamp = 68,
  kTraceroute = 82,
  kSecurity = 130,
  kLooseRoute = 131,
  kExtendedSecurity = 133,
  kCommercialSecurity = 134,
  kStreamId = 136,
  kStrictRoute = 137,
  kRouterAlert = 148,
};

bool is_known(std::uint8_t type) {
  switch (type) {
    case kRecordRoute:
    case kQuickStart:
    case kTimestamp:
    case kTraceroute:
    case kSecurity:
    case kLooseRoute:
    case kExtendedSecurity:
    case kCommercialSecurity:
    case kStreamId:
    case kStrictRoute:
    case kRouterAlert:
      return true;
    default:
      return false;
  }
}

// The pointer of a route or timestamp option counts from 1 and names a slot behind the header.
bool pointer_is_sound(std::uint8_t type, Bytes value) {
  switch (type) {
    case kRecordRoute:
    case kLooseRoute:
    case kStrictRoute:
      return !value.empty() && value[0] >= 4 && value[0] % 4 == 0 && value[0] <= value.size() + 3;
    case kTimestamp:
      return value.size() >= 2 && value[0] >= 5 && value[0] <= value.size() + 3;
    default:
      return true;
  }
}

bool length_is_sound(std::uint8_t type, std::size_t length) {
  switch (type) {
    case kRouterAlert:
    case kStreamId:
      return length == 4;
    case kRecordRoute:
    case kLooseRoute:
    case kStrictRoute:
    case kSecurity:
      return length >= 3;
    case kTimestamp:
      return length >= 4;
    case kQuickStart:
      return length == 8;
    default:
      return true;
  }
}

enum Ipv6Option : std::uint8_t { kPad1 = 0, kPadN = 1 };

// IANA "Destination Options and Hop-by-Hop Options", and the length where it is fixed.
struct KnownOption {
  std::uint8_t type;
  std::uint8_t length;  // 0: any
};
constexpr KnownOption kIpv6Options[] = {
    {0x04, 1},              // tunnel encapsulation limit
    {0x05, 2},              // router alert
    {0x07, 0},              // CALIPSO
    {0x08, 0},              // SMF_DPD
    {0x0F, 0},              // performance and diagnostic metrics
    {0x11, 0},  {0x31, 0},  // IOAM
    {0x12, 0},  {0x32, 0},  // alternate marking
    {0x23, 0},  {0x63, 0},  // RPL
    {0x26, 6},              // quick-start
    {0x30, 0},              // minimum path MTU
    {0x6D, 0},              // MPL
    {0x8B, 0},              // ILNP nonce
    {0x8C, 0},              // line identification
    {0xC2, 4},              // jumbo payload
    {0xC9, 16},             // home address
    {0xEE, 0},              // IP_DFF
};

const KnownOption* find_option(std::uint8_t type) {
  for (const KnownOption& option : kIpv6Options) {
    if (option.type == type) return &option;
  }
  return nullptr;
}

}  // namespace

void check_ipv4_options(FrameContext& context, Bytes options) {
  base::Reader reader(options);
  std::bitset<256> seen;
  while (!reader.at_end()) {
    const std::uint8_t type = reader.u8();
    if (type == kEnd) return;
    if (type == kNop) continue;
    if (reader.at_end()) return context.note(DecodeEvent::kIpv4OptionEndRequired);
    const std::size_t length = reader.u8();
    const Bytes value = length >= 2 ? reader.bytes(length - 2) : Bytes{};
    if (length < 2 || !reader.ok()) return context.note(DecodeEvent::kIpv4OptionInvalidLength);
    if (!is_known(type)) {
      // Classes 1 and 3 are reserved (RFC 791): no option can have them.
      const bool reserved = (type >> 5 & 1) != 0;
      context.note(reserved ? DecodeEvent::kIpv4OptionInvalid : DecodeEvent::kIpv4OptionUnknown);
      continue;
    }
    if (seen.test(type)) context.note(DecodeEvent::kIpv4OptionDuplicate);
    seen.set(type);
    if (!length_is_sound(type, length)) {
      context.note(DecodeEvent::kIpv4OptionInvalidLength);
    } else if (!pointer_is_sound(type, value)) {
      context.note(DecodeEvent::kIpv4OptionMalformed);
    }
  }
}

void check_ipv6_options(FrameContext& context, Bytes options, bool destination) {
  base::Reader reader(options);
  bool only_padding = true;
  while (!reader.at_end()) {
    const std::uint8_t type = reader.u8();
    if (type == kPad1) continue;
    const std::size_t length = reader.u8();
    reader.skip(length);
    if (!reader.ok()) return context.note(DecodeEvent::kIpv6InvalidOptionLength);
    if (type == kPadN) {
      if (length == 0) context.note(DecodeEvent::kIpv6EmptyPadN);
      continue;
    }
    only_padding = false;
    const KnownOption* const known = find_option(type);
    if (known == nullptr) {
      context.note(destination ? DecodeEvent::kIpv6DestinationUnknown
                               : DecodeEvent::kIpv6HopByHopUnknown);
    } else if (known->length != 0 && known->length != length) {
      context.note(DecodeEvent::kIpv6InvalidOptionLength);
    }
  }
  if (only_padding) {
    context.note(destination ? DecodeEvent::kIpv6DestinationPadding
                             : DecodeEvent::kIpv6HopByHopPadding);
  }
}

}  // namespace netmoth::decode
