// Fields of packets and flows. Source: Suricata 8 user guide, "IP Keywords", "TCP keywords", "ICMP
// keywords", "Flow Keywords".
#include <algorithm>

#include "base/reader.h"
#include "decode/checksum.h"
#include "detect/fields.h"

namespace netmoth::detect {
namespace {

using decode::Packet;

bool is_tcp(const FieldContext& c) {
  return c.packet != nullptr && c.packet->protocol == ip_proto::kTcp && !c.packet->is_fragment;
}

bool is_icmp(const FieldContext& c) {
  return c.packet != nullptr &&
         (c.packet->protocol == ip_proto::kIcmp || c.packet->protocol == ip_proto::kIcmpV6);
}

bool is_ipv4(const FieldContext& c) {
  constexpr std::size_t kHeader = 20;
  return c.packet != nullptr && c.packet->ip_version == 4 && c.packet->datagram.size() >= kHeader;
}

std::uint16_t word_at(Bytes header, std::size_t at) {
  base::Reader reader(header);
  reader.skip(at);
  return reader.u16();
}

void ttl(const FieldContext& c, FieldValues& out) {
  if (c.packet != nullptr && c.packet->ip_version != 0) out.add(std::uint64_t{c.packet->ttl});
}
void id(const FieldContext& c, FieldValues& out) {
  if (is_ipv4(c)) out.add(std::uint64_t{word_at(c.packet->datagram, 4)});
}
void tos(const FieldContext& c, FieldValues& out) {
  if (is_ipv4(c)) out.add(std::uint64_t{c.packet->datagram[1]});
}
void fragment_bits(const FieldContext& c, FieldValues& out) {
  constexpr std::uint16_t kBits = 0xe000;
  if (is_ipv4(c)) out.add(std::uint64_t{word_at(c.packet->datagram, 6)} & kBits);
}
void fragment_offset(const FieldContext& c, FieldValues& out) {
  constexpr std::uint16_t kOffset = 0x1fff;
  if (is_ipv4(c)) out.add(std::uint64_t{word_at(c.packet->datagram, 6)} & kOffset);
}
void ip_protocol(const FieldContext& c, FieldValues& out) {
  if (c.packet != nullptr && c.packet->ip_version != 0) out.add(std::uint64_t{c.packet->protocol});
}
void l3_protocol(const FieldContext& c, FieldValues& out) {
  if (c.packet == nullptr || c.packet->ip_version == 0) return;
  out.add(std::string_view(c.packet->ip_version == 4 ? "ipv4" : "ipv6"));
}
void same_ip(const FieldContext& c, FieldValues& out) {
  if (c.packet != nullptr && c.packet->ip_version != 0 && c.packet->source == c.packet->destination)
    out.add(std::uint64_t{1});
}
void dsize(const FieldContext& c, FieldValues& out) {
  if (c.packet != nullptr) out.add(std::uint64_t{c.packet->payload.size()});
}
void tcp_flags(const FieldContext& c, FieldValues& out) {
  if (is_tcp(c)) out.add(std::uint64_t{c.packet->tcp.flags});
}
void sequence(const FieldContext& c, FieldValues& out) {
  if (is_tcp(c)) out.add(std::uint64_t{c.packet->tcp.sequence});
}
void acknowledgment(const FieldContext& c, FieldValues& out) {
  if (is_tcp(c)) out.add(std::uint64_t{c.packet->tcp.acknowledgment});
}
void window(const FieldContext& c, FieldValues& out) {
  if (is_tcp(c)) out.add(std::uint64_t{c.packet->tcp.window});
}
void mss(const FieldContext& c, FieldValues& out) {
  if (is_tcp(c) && c.packet->tcp.mss != 0) out.add(std::uint64_t{c.packet->tcp.mss});
}
void window_scale(const FieldContext& c, FieldValues& out) {
  if (is_tcp(c) && c.packet->tcp.has_window_scale)
    out.add(std::uint64_t{c.packet->tcp.window_scale});
}
void icmp_type(const FieldContext& c, FieldValues& out) {
  if (is_icmp(c)) out.add(std::uint64_t{c.packet->icmp_type});
}
void icmp_code(const FieldContext& c, FieldValues& out) {
  if (is_icmp(c)) out.add(std::uint64_t{c.packet->icmp_code});
}
void icmp_id(const FieldContext& c, FieldValues& out) {
  if (is_icmp(c)) out.add(std::uint64_t{c.packet->icmp_rest >> 16});
}
void icmp_sequence(const FieldContext& c, FieldValues& out) {
  if (is_icmp(c)) out.add(std::uint64_t{c.packet->icmp_rest & 0xffff});
}
void icmpv6_mtu(const FieldContext& c, FieldValues& out) {
  if (is_icmp(c) && c.packet->protocol == ip_proto::kIcmpV6 && c.packet->icmp_type == 2)
    out.add(std::uint64_t{c.packet->icmp_rest});
}

// Whether a checksum is "valid" or "invalid": rules ask by that word.
void ipv4_checksum(const FieldContext& c, FieldValues& out) {
  if (!is_ipv4(c)) return;
  const std::size_t octets =
      std::min<std::size_t>((c.packet->datagram[0] & 15U) * 4U, c.packet->datagram.size());
  decode::ChecksumSum sum;
  sum.add(c.packet->datagram.first(octets));
  out.add(std::string_view(sum.valid() ? "valid" : "invalid"));
}

// Names of the IPv4 header's options (RFC 791 §3.1) as rules write them.
std::string_view option_name(std::uint8_t type) {
  switch (type) {
    case 0:
      return "eol";
    case 1:
      return "nop";
    case 7:
      return "rr";
    case 68:
      return "ts";
    case 130:
      return "sec";
    case 131:
      return "lsrr";
    case 133:
      return "esec";
    case 136:
      return "satid";
    case 137:
      return "ssrr";
    default:
      return "";
  }
}

void ip_options(const FieldContext& c, FieldValues& out) {
  constexpr std::size_t kFixed = 20;
  if (!is_ipv4(c)) return;
  const Bytes datagram = c.packet->datagram;
  const std::size_t header = std::min<std::size_t>((datagram[0] & 15U) * 4U, datagram.size());
  if (header <= kFixed) return;
  out.add(std::string_view("any"));
  base::Reader reader(datagram.subspan(kFixed, header - kFixed));
  while (reader.ok() && !reader.at_end()) {
    const std::uint8_t type = reader.u8();
    if (const std::string_view name = option_name(type); !name.empty()) out.add(name);
    if (type == 0) return;
    if (type == 1) continue;
    const std::size_t length = reader.u8();
    if (length < 2) return;
    reader.skip(length - 2);
  }
}

// Of a call (RFC 5531 §9), which over TCP follows a record mark (§11).
template <std::size_t kWord>
void rpc(const FieldContext& c, FieldValues& out) {
  constexpr std::uint32_t kCall = 0;
  constexpr std::uint32_t kRpcVersion = 2;
  if (c.packet == nullptr) return;
  base::Reader reader(c.packet->payload);
  if (c.packet->protocol == ip_proto::kTcp) reader.skip(4);
  reader.skip(4);  // the call's number
  const bool call = reader.u32() == kCall && reader.u32() == kRpcVersion;
  reader.skip(4 * kWord);
  const std::uint64_t value = reader.u32();
  if (call && reader.ok()) out.add(value);
}

constexpr std::uint8_t kIgmp = 2;

template <std::uint8_t kProtocol, int kVersion>
void transport_checksum(const FieldContext& c, FieldValues& out) {
  if (c.packet == nullptr || c.packet->protocol != kProtocol || c.packet->ip_version != kVersion ||
      c.packet->is_fragment || c.packet->transport.empty())
    return;
  const Packet& p = *c.packet;
  const Bytes segment = p.transport;
  decode::ChecksumSum sum;
  if (kProtocol != ip_proto::kIcmp && kProtocol != kIgmp) {
    const std::size_t address = kVersion == 4 ? 4 : 16;
    sum.add(Bytes(p.source.octets).first(address));
    sum.add(Bytes(p.destination.octets).first(address));
    sum.add_word(kProtocol);
    sum.add_word(static_cast<std::uint16_t>(segment.size() >> 16));
    sum.add_word(static_cast<std::uint16_t>(segment.size()));
  }
  sum.add(segment);
  const bool unset = kProtocol == ip_proto::kUdp && kVersion == 4 && word_at(segment, 6) == 0;
  out.add(std::string_view(unset || sum.valid() ? "valid" : "invalid"));
}

template <Direction kSide>
void stream_size(const FieldContext& c, FieldValues& out) {
  if (c.flow == nullptr || c.flow->key.protocol != ip_proto::kTcp) return;
  const flow::TcpSide& side = c.flow->tcp[index_of(kSide)];
  out.add(std::uint64_t{side.next_sequence - side.initial_sequence});
}
void stream_size_both(const FieldContext& c, FieldValues& out) {
  stream_size<Direction::kToServer>(c, out);
  stream_size<Direction::kToClient>(c, out);
}

template <auto kCounters, Direction kSide>
void counted(const FieldContext& c, FieldValues& out) {
  if (c.flow != nullptr) out.add((c.flow->*kCounters)[index_of(kSide)]);
}
template <auto kCounters>
void counted_both(const FieldContext& c, FieldValues& out) {
  if (c.flow != nullptr) out.add((c.flow->*kCounters)[0] + (c.flow->*kCounters)[1]);
}
template <auto kCounters>
void counted_either(const FieldContext& c, FieldValues& out) {
  counted<kCounters, Direction::kToServer>(c, out);
  counted<kCounters, Direction::kToClient>(c, out);
}
void flow_age(const FieldContext& c, FieldValues& out) {
  constexpr TimestampNs kSecond = 1'000'000'000;
  if (c.flow != nullptr)
    out.add(static_cast<std::uint64_t>(
        std::max<TimestampNs>(c.flow->last / kSecond - c.flow->start / kSecond, 0)));
}

template <std::size_t kLayer>
void vlan(const FieldContext& c, FieldValues& out) {
  if (c.packet != nullptr && kLayer < c.packet->vlan_count)
    out.add(std::uint64_t{c.packet->vlan[kLayer]});
}
void vlan_any(const FieldContext& c, FieldValues& out) {
  if (c.packet == nullptr) return;
  for (std::size_t i = 0; i < c.packet->vlan_count; ++i)
    out.add(std::uint64_t{c.packet->vlan[i]});
}
void vlan_layers(const FieldContext& c, FieldValues& out) {
  if (c.packet != nullptr) out.add(std::uint64_t{c.packet->vlan_count});
}

void application(const FieldContext& c, FieldValues& out) {
  if (c.flow != nullptr && c.flow->app_proto != 0)
    out.add(protocols::app_proto_name(static_cast<protocols::AppProto>(c.flow->app_proto)));
}
void application_original(const FieldContext& c, FieldValues& out) {
  if (c.flow != nullptr && c.flow->app_proto_original != 0)
    out.add(
        protocols::app_proto_name(static_cast<protocols::AppProto>(c.flow->app_proto_original)));
}
template <Direction kSide>
void application_of(const FieldContext& c, FieldValues& out) {
  if (c.flow == nullptr) return;
  const std::uint8_t proto = c.flow->app_proto_side[index_of(kSide)];
  if (proto != 0) out.add(protocols::app_proto_name(static_cast<protocols::AppProto>(proto)));
}

template <std::span<const std::string_view> EventView::*kEvents>
void events(const FieldContext& c, FieldValues& out) {
  for (const std::string_view name : c.events.*kEvents)
    out.add(name);
}

using flow::Flow;
constexpr auto kToServer = Direction::kToServer;
constexpr auto kToClient = Direction::kToClient;
constexpr FieldScope kPacket = FieldScope::kPacket;

constexpr FieldRow kRows[] = {
    {"ack", kPacket, 0, acknowledgment},
    {"app-layer-event", kPacket, 0, events<&EventView::application>},
    {"app-layer-protocol", kPacket, 0, application},
    {"app-layer-protocol.final", kPacket, 0, application},
    {"app-layer-protocol.original", kPacket, 0, application_original},
    {"app-layer-protocol.to_client", kPacket, 0, application_of<kToClient>},
    {"app-layer-protocol.to_server", kPacket, 0, application_of<kToServer>},
    {"app-layer-protocol.toclient", kPacket, 0, application_of<kToClient>},
    {"app-layer-protocol.toserver", kPacket, 0, application_of<kToServer>},
    {"decode-event", kPacket, 0, events<&EventView::decode>},
    {"dsize", kPacket, 0, dsize},
    {"flags", kPacket, 0, tcp_flags},
    {"flow.age", kPacket, 0, flow_age},
    {"flow.bytes.both", kPacket, 0, counted_both<&Flow::bytes>},
    {"flow.bytes.either", kPacket, 0, counted_either<&Flow::bytes>},
    {"flow.bytes.toclient", kPacket, 0, counted<&Flow::bytes, kToClient>},
    {"flow.bytes.toserver", kPacket, 0, counted<&Flow::bytes, kToServer>},
    {"flow.bytes_toclient", kPacket, 0, counted<&Flow::bytes, kToClient>},
    {"flow.bytes_toserver", kPacket, 0, counted<&Flow::bytes, kToServer>},
    {"flow.pkts.both", kPacket, 0, counted_both<&Flow::packets>},
    {"flow.pkts.either", kPacket, 0, counted_either<&Flow::packets>},
    {"flow.pkts.toclient", kPacket, 0, counted<&Flow::packets, kToClient>},
    {"flow.pkts.toserver", kPacket, 0, counted<&Flow::packets, kToServer>},
    {"flow.pkts_toclient", kPacket, 0, counted<&Flow::packets, kToClient>},
    {"flow.pkts_toserver", kPacket, 0, counted<&Flow::packets, kToServer>},
    {"fragbits", kPacket, 0, fragment_bits},
    {"fragoffset", kPacket, 0, fragment_offset},
    {"icmp_id", kPacket, 0, icmp_id},
    {"icmp_seq", kPacket, 0, icmp_sequence},
    {"icmpv4-csum", kPacket, 0, transport_checksum<ip_proto::kIcmp, 4>},
    {"icmpv6-csum", kPacket, 0, transport_checksum<ip_proto::kIcmpV6, 6>},
    {"icmpv6.mtu", kPacket, 0, icmpv6_mtu},
    {"icode", kPacket, 0, icmp_code},
    {"id", kPacket, 0, id},
    {"igmpv4-csum", kPacket, 0, transport_checksum<kIgmp, 4>},
    {"ip_proto", kPacket, 0, ip_protocol},
    {"ipopts", kPacket, 0, ip_options},
    {"ipv4-csum", kPacket, 0, ipv4_checksum},
    {"itype", kPacket, 0, icmp_type},
    {"l3_proto", kPacket, 0, l3_protocol},
    {"rpc.procedure", kPacket, 0, rpc<2>},
    {"rpc.program", kPacket, 0, rpc<0>},
    {"rpc.version", kPacket, 0, rpc<1>},
    {"sameip", kPacket, 0, same_ip},
    {"seq", kPacket, 0, sequence},
    {"stream-event", kPacket, 0, events<&EventView::stream>},
    {"stream_size.both", kPacket, 0, stream_size_both, true},
    {"stream_size.client", kPacket, 0, stream_size<kToServer>},
    {"stream_size.either", kPacket, 0, stream_size_both},
    {"stream_size.server", kPacket, 0, stream_size<kToClient>},
    {"tcp.mss", kPacket, 0, mss},
    {"tcp.wscale", kPacket, 0, window_scale},
    {"tcpv4-csum", kPacket, 0, transport_checksum<ip_proto::kTcp, 4>},
    {"tcpv6-csum", kPacket, 0, transport_checksum<ip_proto::kTcp, 6>},
    {"tos", kPacket, 0, tos},
    {"ttl", kPacket, 0, ttl},
    {"udpv4-csum", kPacket, 0, transport_checksum<ip_proto::kUdp, 4>},
    {"udpv6-csum", kPacket, 0, transport_checksum<ip_proto::kUdp, 6>},
    {"vlan.id.0", kPacket, 0, vlan<0>},
    {"vlan.id.1", kPacket, 0, vlan<1>},
    {"vlan.id.2", kPacket, 0, vlan<2>},
    {"vlan.id.any", kPacket, 0, vlan_any},
    {"vlan.layers", kPacket, 0, vlan_layers},
    {"window", kPacket, 0, window},
};

}  // namespace

std::span<const FieldRow> packet_fields() {
  return kRows;
}

}  // namespace netmoth::detect
