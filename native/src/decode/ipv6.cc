// IPv6 and its extension headers (RFC 8200, RFC 4302, RFC 6275).
//
// Invariant: at most kMaxExtensionHeaders are followed and each moves forward by at least 8 octets.
#include "decode/layers.h"

namespace netmoth::decode {
namespace {

constexpr std::size_t kHeaderBytes = 40;
constexpr std::size_t kMaxExtensionHeaders = 16;

enum NextHeader : std::uint8_t {
  kHopByHop = 0,
  kRouting = 43,
  kFragment = 44,
  kAuthentication = 51,
  kNoNext = 59,
  kDestination = 60,
  kMobility = 135,
  kHostIdentity = 139,
  kShim6 = 140,
};

constexpr std::uint16_t kOffsetMask = 0xFFF8;  // in octets as it stands
constexpr std::uint16_t kMoreFragments = 0x0001;

constexpr std::uint16_t kFragmentReserved = 0x0006;

// IANA "Protocol Numbers"; 253 and 254 are for experiments.
bool is_unassigned(std::uint8_t protocol) {
  return (protocol > 148 && protocol < 253) || protocol == 255;
}

// How often each header came, to name duplicates.
struct Seen {
  int hop_by_hop = 0, routing = 0, fragment = 0, destination = 0, authentication = 0;
};

enum class Walk : std::uint8_t { kTransport, kFragment, kBroken };

// Of the header the walk stopped at for kFragment.
struct FragmentHeader {
  std::size_t position = 0;
  std::uint16_t offset_and_more = 0;
  std::uint32_t identification = 0;
};

void note_twice(FrameContext& context, int& count, int allowed, DecodeEvent event) {
  if (++count == allowed + 1) context.note(event);
}

// Follows the chain from `next`; leaves the reader at the transport header, or behind the header of
// a fragment.
Walk walk_extensions(FrameContext& context, Packet& packet, std::uint8_t next, base::Reader& reader,
                     FragmentHeader& fragment) {
  Seen seen;
  for (std::size_t count = 0; count < kMaxExtensionHeaders; ++count) {
    const std::size_t start = reader.position();
    const std::uint8_t header = next;
    packet.protocol = next;
    switch (next) {
      case kHopByHop:
        note_twice(context, seen.hop_by_hop, 1, DecodeEvent::kIpv6DuplicateHopByHop);
        break;
      case kRouting: {
        note_twice(context, seen.routing, 1, DecodeEvent::kIpv6DuplicateRouting);
        base::Reader ahead = reader;
        ahead.skip(2);
        if (ahead.u8() == 0 && ahead.ok()) context.note(DecodeEvent::kIpv6RoutingType0);
        break;
      }
      case kDestination:  // twice is allowed: before and after a routing header
        note_twice(context, seen.destination, 2, DecodeEvent::kIpv6DuplicateDestination);
        break;
      case kMobility:
      case kHostIdentity:
      case kShim6:
        break;
      case kAuthentication: {
        note_twice(context, seen.authentication, 1, DecodeEvent::kIpv6DuplicateAuthentication);
        next = reader.u8();
        const std::size_t words = reader.u8();
        const std::uint16_t reserved = reader.u16();
        reader.seek(start + (words + 2) * 4);
        if (!reader.ok()) return Walk::kBroken;
        if (reserved != 0) context.note(DecodeEvent::kIpv6AuthenticationReserved);
        continue;
      }
      case kFragment: {
        note_twice(context, seen.fragment, 1, DecodeEvent::kIpv6DuplicateFragment);
        next = reader.u8();
        const std::uint8_t reserved = reader.u8();
        fragment.position = start;
        fragment.offset_and_more = reader.u16();
        fragment.identification = reader.u32();
        if (!reader.ok()) return Walk::kBroken;
        if (reserved != 0 || (fragment.offset_and_more & kFragmentReserved) != 0)
          context.note(DecodeEvent::kIpv6FragmentReserved);
        packet.protocol = next;
        if ((fragment.offset_and_more & (kOffsetMask | kMoreFragments)) != 0)
          return Walk::kFragment;
        context.note(DecodeEvent::kIpv6UselessFragment);  // atomic (RFC 6946): an ordinary packet
        continue;
      }
      case kNoNext:
        if (!reader.at_end()) context.note(DecodeEvent::kIpv6DataAfterNone);
        return Walk::kTransport;
      default:
        if (is_unassigned(next)) context.note(DecodeEvent::kIpv6UnknownNextHeader);
        return Walk::kTransport;
    }
    next = reader.u8();
    const std::size_t units = reader.u8();
    const Bytes body = reader.bytes(units * 8 + 6);
    if (!reader.ok()) return Walk::kBroken;
    if (header == kHopByHop || header == kDestination)
      check_ipv6_options(context, body, header == kDestination);
  }
  return Walk::kBroken;
}

// What follows the unfragmentable part: the chain goes on in the datagram put together. A fragment
// in that has no place (RFC 8200 knows one fragment header): it stays set aside.
void decode_fragment(FrameContext& context, Packet& packet, const FragmentHeader& header,
                     std::uint32_t header_bytes, Bytes data) {
  const bool more = (header.offset_and_more & kMoreFragments) != 0;
  if (more && data.size() % 8 != 0 && !packet.truncated) {
    packet.is_fragment = true;
    ++context.counters.fragments;
    return context.fail(packet, DecodeEvent::kIpv6FragInvalidLength);
  }
  const auto whole =
      context.join(packet, header.identification,
                   {.key = {},
                    .offset = static_cast<std::uint32_t>(header.offset_and_more & kOffsetMask),
                    .more = more,
                    .data = data,
                    .header_bytes = header_bytes});
  if (!whole.has_value()) return;
  base::Reader reader(*whole);
  FragmentHeader inner;
  switch (walk_extensions(context, packet, packet.protocol, reader, inner)) {
    case Walk::kBroken:
      return context.fail(packet, DecodeEvent::kIpv6TruncatedExtension);
    case Walk::kFragment:
      packet.is_fragment = true;
      return context.fail(packet, DecodeEvent::kIpv6DuplicateFragment);
    case Walk::kTransport: {
      const Bytes rest = reader.rest();
      return decode_transport(context, packet, rest, rest.size());
    }
  }
}

}  // namespace

void decode_ipv6(FrameContext& context, Bytes data) {
  if (!context.enter_layer()) return;
  context.ether_type = 0x86DD;
  if (data.size() < kHeaderBytes) return context.fail(DecodeEvent::kIpv6TooSmall);
  base::Reader header(data);
  if (header.u8() >> 4 != 6) return context.fail(DecodeEvent::kIpv6WrongVersion);
  header.skip(3);
  std::size_t payload_bytes = header.u16();
  const std::uint8_t next = header.u8();
  const std::uint8_t hop_limit = header.u8();
  const Bytes source = header.bytes(16);
  const Bytes destination = header.bytes(16);
  const Bytes rest = header.rest();
  // Jumbograms (RFC 2675) and segmentation offload both say 0: it is what was captured.
  if (payload_bytes == 0 && (next == kHopByHop || next == ip_proto::kTcp)) {
    payload_bytes = rest.size();
  }
  const Bytes payload = rest.first(std::min(payload_bytes, rest.size()));

  Packet* const packet = context.add_packet(data.first(kHeaderBytes + payload.size()));
  if (packet == nullptr) return;
  ++context.counters.ipv6;
  packet->ip_version = 6;
  packet->ttl = hop_limit;
  packet->protocol = next;
  std::memcpy(packet->source.octets.data(), source.data(), 16);
  std::memcpy(packet->destination.octets.data(), destination.data(), 16);
  if (payload_bytes > rest.size()) {
    if (!context.snapped()) return context.fail(*packet, DecodeEvent::kIpv6Truncated);
    packet->truncated = true;
    ++context.counters.truncated;
  }
  base::Reader reader(payload);
  FragmentHeader fragment;
  switch (walk_extensions(context, *packet, next, reader, fragment)) {
    case Walk::kBroken:
      return context.fail(*packet, DecodeEvent::kIpv6TruncatedExtension);
    case Walk::kFragment: {
      const auto header_bytes =
          context.link_bytes(data) + static_cast<std::uint32_t>(kHeaderBytes + fragment.position);
      return decode_fragment(context, *packet, fragment, header_bytes, reader.rest());
    }
    case Walk::kTransport:
      break;
  }
  const std::size_t extension_bytes = reader.position();
  decode_transport(context, *packet, reader.rest(), payload_bytes - extension_bytes);
}

}  // namespace netmoth::decode
