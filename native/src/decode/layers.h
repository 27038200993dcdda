// The decoders of single layers; each takes the bytes from its own header on. Private to decode/.
//
// Invariant: each reports what is wrong through the context and returns; none keeps state.
#pragma once

#include "decode/context.h"

namespace netmoth::decode {

// link_*.cc
void decode_link(FrameContext& context, LinkType link, Bytes data);
void decode_ethernet(FrameContext& context, Bytes data);
void decode_llc(FrameContext& context, Bytes data);
void decode_arp(FrameContext& context, Bytes data);
void decode_network_service(FrameContext& context, Bytes data);
// Everything that carries an EtherType; `data` is what follows it.
void decode_ether_type(FrameContext& context, std::uint16_t type, Bytes data);
void decode_ppp(FrameContext& context, Bytes data);
void decode_pppoe(FrameContext& context, Bytes data);
void decode_pppoe_discovery(FrameContext& context, Bytes data);
void decode_mpls(FrameContext& context, Bytes data);
void decode_frame_relay(FrameContext& context, Bytes data);
void decode_cisco_hdlc(FrameContext& context, Bytes data);
void decode_radiotap(FrameContext& context, Bytes data);
void decode_ieee80211(FrameContext& context, Bytes data, bool padded_header = false);

// ipv4.cc, ipv6.cc
void decode_ipv4(FrameContext& context, Bytes data);
// ip_options.cc: tell what is odd about options, change nothing.
void check_ipv4_options(FrameContext& context, Bytes options);
// Of a hop-by-hop (`destination` false) or destination options header, behind its two first octets.
void check_ipv6_options(FrameContext& context, Bytes options, bool destination);
void decode_ipv6(FrameContext& context, Bytes data);
// By the version nibble.
void decode_ip(FrameContext& context, Bytes data);
// A whole and consistent IP header at the start of `data`: a guess may be built on it.
[[nodiscard]] bool looks_like_ip(const FrameContext& context, Bytes data);

// transport.cc: fills in what `packet.protocol` says, then looks for tunnels. `data` is cut to what
// the IP header says, `length` is that length (more than data.size() where snapped).
void decode_transport(FrameContext& context, Packet& packet, Bytes data, std::size_t length);
// Nothing will be said about them.
[[nodiscard]] bool tcp_options_are_sound(Bytes options);

// icmp.cc
void decode_icmpv4(FrameContext& context, Packet& packet, Bytes data);
void decode_icmpv6(FrameContext& context, Packet& packet, Bytes data);

// tunnel_*.cc
void decode_gre(FrameContext& context, Bytes data);
// Known tunnel ports whose payload has the tunnel's shape; others are left alone.
void decode_udp_tunnel(FrameContext& context, const Packet& packet);
// decode_udp_tunnel() looks at datagrams from or to this port.
[[nodiscard]] bool is_udp_tunnel_port(std::uint16_t port);

}  // namespace netmoth::decode
