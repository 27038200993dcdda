// IPv4 (RFC 791).
//
// Invariant: the transport sees only what lies within both the total length and the captured bytes.
#include "decode/checksum.h"
#include "decode/layers.h"

namespace netmoth::decode {
namespace {

constexpr std::size_t kMinHeaderBytes = 20;
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kOffsetMask = 0x1FFF;

}  // namespace

void decode_ipv4(FrameContext& context, Bytes data) {
  if (!context.enter_layer()) return;
  context.ether_type = 0x0800;
  if (data.size() < kMinHeaderBytes) return context.fail(DecodeEvent::kIpv4TooSmall);
  base::Reader reader(data);
  const std::uint8_t version_and_words = reader.u8();
  if (version_and_words >> 4 != 4) return context.fail(DecodeEvent::kIpv4WrongVersion);
  const std::size_t header_bytes = (version_and_words & 15U) * 4U;
  reader.skip(1);
  std::size_t total = reader.u16();
  const std::uint16_t identification = reader.u16();
  const std::uint16_t fragment = reader.u16();
  const std::uint8_t ttl = reader.u8();
  const std::uint8_t protocol = reader.u8();
  reader.skip(2);
  const Bytes source = reader.bytes(4);
  const Bytes destination = reader.bytes(4);
  // Segmentation offload leaves the length to the card: it is what was captured.
  if (total == 0 && protocol == ip_proto::kTcp) total = data.size();

  Packet* const packet = context.add_packet(data.first(std::min(total, data.size())));
  if (packet == nullptr) return;
  ++context.counters.ipv4;
  packet->ip_version = 4;
  packet->ttl = ttl;
  packet->protocol = protocol;
  std::memcpy(packet->source.octets.data(), source.data(), 4);
  std::memcpy(packet->destination.octets.data(), destination.data(), 4);
  if (header_bytes < kMinHeaderBytes) {
    return context.fail(*packet, DecodeEvent::kIpv4HeaderTooSmall);
  }
  if (total < header_bytes) return context.fail(*packet, DecodeEvent::kIpv4LengthBelowHeader);
  if (total > data.size()) {
    if (!context.snapped() || header_bytes > data.size()) {
      return context.fail(*packet, DecodeEvent::kIpv4Truncated);
    }
    packet->truncated = true;
    ++context.counters.truncated;
  }
  if (header_bytes > kMinHeaderBytes) {
    check_ipv4_options(context, data.first(header_bytes).subspan(kMinHeaderBytes));
  }
  if (context.validate_checksums()) {
    ChecksumSum sum;
    sum.add(data.first(header_bytes));
    packet->ip_checksum_valid = sum.valid();
  }
  const Bytes datagram = data.first(std::min(total, data.size()));
  if ((fragment & (kMoreFragments | kOffsetMask)) != 0) {
    const auto whole = context.join(
        *packet, identification,
        {.key = {},
         .offset = (fragment & kOffsetMask) * 8U,
         .more = (fragment & kMoreFragments) != 0,
         .data = datagram.subspan(header_bytes),
         .limit = kMaxDatagramBytes - kMinHeaderBytes,
         .header_bytes = context.link_bytes(data) + static_cast<std::uint32_t>(header_bytes)});
    if (whole.has_value()) decode_transport(context, *packet, *whole, whole->size());
    return;
  }
  decode_transport(context, *packet, datagram.subspan(header_bytes), total - header_bytes);
}

void decode_ip(FrameContext& context, Bytes data) {
  switch (base::Reader(data).peek_u8() >> 4) {
    case 4:
      return decode_ipv4(context, data);
    case 6:
      return decode_ipv6(context, data);
    default:
      return context.fail(DecodeEvent::kRawInvalidIpVersion);
  }
}

bool looks_like_ip(const FrameContext& context, Bytes data) {
  base::Reader reader(data);
  const std::uint8_t first = reader.u8();
  if (first >> 4 == 6) {
    reader.skip(3);
    const std::size_t payload = reader.u16();
    reader.skip(34);
    return reader.ok() && (context.snapped() || payload <= reader.remaining());
  }
  reader.skip(1);
  const std::size_t total = reader.u16();
  reader.skip(16);
  return reader.ok() && first >> 4 == 4 && (first & 15) >= 5 && total >= (first & 15) * 4U &&
         (context.snapped() || total <= data.size());
}

}  // namespace netmoth::decode
