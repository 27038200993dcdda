// What follows an EtherType and is neither IP nor a plain tag: network service header, ARP.
//
// Invariant: as layers.h says.
#include "decode/layers.h"

namespace netmoth::decode {

// RFC 8300: the length is in words, the next protocol a registry of its own.
void decode_network_service(FrameContext& context, Bytes data) {
  if (!context.enter_layer()) return;
  constexpr std::size_t kFixedBytes = 8, kType1Bytes = 24;
  base::Reader reader(data);
  const std::uint16_t head = reader.u16();
  const std::uint8_t metadata = reader.u8() & 0x0F;
  const std::uint8_t next = reader.u8();
  reader.skip(4);  // service path
  if (!reader.ok()) return context.fail(DecodeEvent::kNshTooSmall);
  if (head >> 14 != 0) return context.fail(DecodeEvent::kNshUnsupportedVersion);
  const std::size_t length = (head & 0x3FU) * 4U;
  if (metadata == 0) return context.fail(DecodeEvent::kNshReservedType);
  if (metadata > 2) return context.fail(DecodeEvent::kNshUnsupportedType);
  if (length < kFixedBytes || length > data.size() || (metadata == 1 && length != kType1Bytes))
    return context.fail(DecodeEvent::kNshBadLength);
  const Bytes inner = data.subspan(length);
  switch (next) {
    case 1:
      return decode_ipv4(context, inner);
    case 2:
      return decode_ipv6(context, inner);
    case 3:
      return decode_ethernet(context, inner);
    case 5:
      return decode_mpls(context, inner);
    default:
      return context.note(DecodeEvent::kNshUnknownPayload);
  }
}

// RFC 826 with the numbers of IANA's "ARP Parameters". Read only to tell what is wrong with it.
void decode_arp(FrameContext& context, Bytes data) {
  constexpr std::uint16_t kEthernet = 1, kIeee802 = 6, kIpv4 = 0x0800, kLastOpcode = 25;
  base::Reader reader(data);
  const std::uint16_t hardware = reader.u16();
  const std::uint16_t protocol = reader.u16();
  const std::size_t hardware_bytes = reader.u8();
  const std::size_t protocol_bytes = reader.u8();
  const std::uint16_t opcode = reader.u16();
  if (!reader.ok()) return context.fail(DecodeEvent::kArpTooSmall);
  if (hardware != kEthernet && hardware != kIeee802)
    return context.note(DecodeEvent::kArpUnsupportedHardware);
  if (protocol != kIpv4) return context.note(DecodeEvent::kArpUnsupportedProtocol);
  if (hardware_bytes != 6) return context.fail(DecodeEvent::kArpInvalidHardwareSize);
  if (protocol_bytes != 4) return context.fail(DecodeEvent::kArpInvalidProtocolSize);
  if (reader.remaining() < 20) return context.fail(DecodeEvent::kArpTooSmall);
  if (opcode == 0 || opcode > kLastOpcode) context.note(DecodeEvent::kArpUnsupportedOpcode);
}

}  // namespace netmoth::decode
