// IEEE 802.11 data frames, bare or behind a radiotap header (https://www.radiotap.org).
//
// Invariant: only frames that are data, unprotected and not fragments are read on.
#include "decode/layers.h"

namespace netmoth::decode {
namespace {

constexpr std::size_t kMaxPresenceWords = 8;
constexpr std::uint8_t kFlagFcs = 0x10;
constexpr std::uint8_t kFlagPadded = 0x20;

// The radiotap "flags" field (bit 1), which only a time stamp (bit 0, aligned to 8) may precede.
std::uint8_t radiotap_flags(Bytes header) {
  constexpr std::uint32_t kTimestamp = 1, kFlags = 2, kMore = 1U << 31;
  base::Reader reader(header);
  reader.skip(4);
  const std::uint32_t present = reader.u32_le();
  std::uint32_t word = present;
  for (std::size_t i = 0; i < kMaxPresenceWords && (word & kMore) != 0; ++i)
    word = reader.u32_le();
  if ((present & kFlags) == 0) return 0;
  if ((present & kTimestamp) != 0) reader.seek((reader.position() + 7) / 8 * 8 + 8);
  const std::uint8_t flags = reader.u8();
  return reader.ok() ? flags : 0;
}

// Aggregated frames (A-MSDU): each with addresses, length and padding of its own.
void decode_aggregate(FrameContext& context, Bytes data) {
  base::Reader reader(data);
  while (reader.remaining() > 14) {
    const Bytes destination = reader.bytes(6);
    const Bytes source = reader.bytes(6);
    const std::size_t length = reader.u16();
    if (length > reader.remaining() || !context.enter_layer()) return;
    context.set_macs(destination, source);
    decode_llc(context, reader.bytes(length));
    reader.skip(std::min<std::size_t>((4 - (14 + length) % 4) % 4, reader.remaining()));
  }
}

}  // namespace

void decode_radiotap(FrameContext& context, Bytes data) {
  if (!context.enter_layer()) return;
  base::Reader reader(data);
  reader.skip(2);
  const std::size_t length = reader.u16_le();
  reader.seek(length);
  if (!reader.ok() || length < 8) return context.fail(DecodeEvent::kLinkTooSmall);
  const std::uint8_t flags = radiotap_flags(data.first(length));
  Bytes frame = reader.rest();
  if ((flags & kFlagFcs) != 0 && frame.size() >= 4) frame = frame.first(frame.size() - 4);
  decode_ieee80211(context, frame, (flags & kFlagPadded) != 0);
}

void decode_ieee80211(FrameContext& context, Bytes data, bool padded_header) {
  if (!context.enter_layer()) return;
  constexpr std::uint8_t kTypeMask = 0x0F, kData = 0x08;  // version 0, type 2
  constexpr std::uint8_t kQos = 0x80, kNoData = 0x40;
  constexpr std::uint8_t kToDs = 0x01, kFromDs = 0x02, kMoreFragments = 0x04, kProtected = 0x40,
                         kOrder = 0x80;
  base::Reader reader(data);
  const std::uint8_t kind = reader.u8();
  const std::uint8_t flags = reader.u8();
  if (!reader.ok()) return context.fail(DecodeEvent::kLinkTooSmall);
  if ((kind & kTypeMask) != kData || (kind & kNoData) != 0) return;
  if ((flags & (kProtected | kMoreFragments)) != 0) return;
  reader.skip(2);  // duration
  const Bytes first = reader.bytes(6);
  const Bytes second = reader.bytes(6);
  const Bytes third = reader.bytes(6);
  const std::uint16_t sequence = reader.u16_le();
  const bool relayed = (flags & (kToDs | kFromDs)) == (kToDs | kFromDs);
  const Bytes fourth = relayed ? reader.bytes(6) : Bytes{};
  bool aggregate = false;
  if ((kind & kQos) != 0) {
    aggregate = (reader.u16_le() & 0x80) != 0;
    if ((flags & kOrder) != 0) reader.skip(4);  // HT control
  }
  if (padded_header) reader.seek((reader.position() + 3) / 4 * 4);
  if (!reader.ok()) return context.fail(DecodeEvent::kLinkTooSmall);
  if ((sequence & 0x0F) != 0) return;  // a later fragment
  context.set_macs((flags & kToDs) != 0 ? third : first,
                   relayed ? fourth : ((flags & kFromDs) != 0 ? third : second));
  aggregate ? decode_aggregate(context, reader.rest()) : decode_llc(context, reader.rest());
}

}  // namespace netmoth::decode
