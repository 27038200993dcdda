// The named anomalies of decoding, spelled as Suricata spells them in EVE's anomaly.event.
//
// Invariant: the enum and the table of names have one source, the list below, so they cannot
// differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace netmoth::decode {

// X(enumerator, "name")
#define NETMOTH_DECODE_EVENTS(X)                                        \
  X(kEthernetTooSmall, "decoder.ethernet.pkt_too_small")                \
  X(kSllTooSmall, "decoder.sll.pkt_too_small")                          \
  X(kSll2TooSmall, "decoder.sll2.pkt_too_small")                        \
  X(kNullTooSmall, "decoder.ltnull.pkt_too_small")                      \
  X(kNullUnsupportedType, "decoder.ltnull.unsupported_type")            \
  X(kRawInvalidIpVersion, "decoder.ipraw.invalid_ip_version")           \
  X(kPppTooSmall, "decoder.ppp.pkt_too_small")                          \
  X(kPppWrongType, "decoder.ppp.wrong_type")                            \
  X(kPppoeTooSmall, "decoder.pppoe.pkt_too_small")                      \
  X(kChdlcTooSmall, "decoder.chdlc.pkt_too_small")                      \
  X(kLinkTooSmall, "decoder.link.pkt_too_small")                        \
  X(kLinkUnsupported, "decoder.link.unsupported_type")                  \
  X(kVlanTooSmall, "decoder.vlan.header_too_small")                     \
  X(kVlanTooManyLayers, "decoder.vlan.too_many_layers")                 \
  X(kMplsHeaderTooSmall, "decoder.mpls.header_too_small")               \
  X(kMplsPacketTooSmall, "decoder.mpls.pkt_too_small")                  \
  X(kMplsUnknownPayload, "decoder.mpls.unknown_payload_type")           \
  X(kIpv4TooSmall, "decoder.ipv4.pkt_too_small")                        \
  X(kIpv4HeaderTooSmall, "decoder.ipv4.hlen_too_small")                 \
  X(kIpv4LengthBelowHeader, "decoder.ipv4.iplen_smaller_than_hlen")     \
  X(kIpv4Truncated, "decoder.ipv4.trunc_pkt")                           \
  X(kIpv4WrongVersion, "decoder.ipv4.wrong_ip_version")                 \
  X(kIpv4OptionInvalidLength, "decoder.ipv4.opt_invalid_len")           \
  X(kIpv4WithIcmpV6, "decoder.ipv4.icmpv6")                             \
  X(kIpv4FragTooLarge, "decoder.ipv4.frag_pkt_too_large")               \
  X(kIpv4FragOverlap, "decoder.ipv4.frag_overlap")                      \
  X(kIpv4FragIgnored, "decoder.ipv4.frag_ignored")                      \
  X(kIpv6FragTooLarge, "decoder.ipv6.frag_pkt_too_large")               \
  X(kIpv6FragOverlap, "decoder.ipv6.frag_overlap")                      \
  X(kIpv6FragIgnored, "decoder.ipv6.frag_ignored")                      \
  X(kIpv6FragInvalidLength, "decoder.ipv6.frag_invalid_length")         \
  X(kIpv6TooSmall, "decoder.ipv6.pkt_too_small")                        \
  X(kIpv6Truncated, "decoder.ipv6.trunc_pkt")                           \
  X(kIpv6TruncatedExtension, "decoder.ipv6.trunc_exthdr")               \
  X(kIpv6WrongVersion, "decoder.ipv6.wrong_ip_version")                 \
  X(kIpv6DuplicateFragment, "decoder.ipv6.exthdr_dupl_fh")              \
  X(kIpv6UselessFragment, "decoder.ipv6.exthdr_useless_fh")             \
  X(kIpv6DuplicateRouting, "decoder.ipv6.exthdr_dupl_rh")               \
  X(kIpv6DuplicateHopByHop, "decoder.ipv6.exthdr_dupl_hh")              \
  X(kIpv6DuplicateDestination, "decoder.ipv6.exthdr_dupl_dh")           \
  X(kIpv6DuplicateAuthentication, "decoder.ipv6.exthdr_dupl_ah")        \
  X(kIpv6RoutingType0, "decoder.ipv6.rh_type_0")                        \
  X(kIpv6DataAfterNone, "decoder.ipv6.data_after_none_header")          \
  X(kIpv6WithIcmpV4, "decoder.ipv6.icmpv4")                             \
  X(kTcpTooSmall, "decoder.tcp.pkt_too_small")                          \
  X(kTcpHeaderTooSmall, "decoder.tcp.hlen_too_small")                   \
  X(kTcpInvalidOptionLength, "decoder.tcp.invalid_optlen")              \
  X(kTcpOptionInvalidLength, "decoder.tcp.opt_invalid_len")             \
  X(kTcpOptionDuplicate, "decoder.tcp.opt_duplicate")                   \
  X(kUdpTooSmall, "decoder.udp.pkt_too_small")                          \
  X(kUdpHeaderTooSmall, "decoder.udp.hlen_too_small")                   \
  X(kUdpLengthInvalid, "decoder.udp.len_invalid")                       \
  X(kSctpTooSmall, "decoder.sctp.pkt_too_small")                        \
  X(kIcmpV4TooSmall, "decoder.icmpv4.pkt_too_small")                    \
  X(kIcmpV4UnknownType, "decoder.icmpv4.unknown_type")                  \
  X(kIcmpV4QuotedTruncated, "decoder.icmpv4.ipv4_trunc_pkt")            \
  X(kIcmpV4QuotedWrongVersion, "decoder.icmpv4.ipv4_unknown_ver")       \
  X(kIcmpV6TooSmall, "decoder.icmpv6.pkt_too_small")                    \
  X(kIcmpV6QuotedTruncated, "decoder.icmpv6.ipv6_trunc_pkt")            \
  X(kIcmpV6QuotedWrongVersion, "decoder.icmpv6.ipv6_unknown_version")   \
  X(kGreTooSmall, "decoder.gre.pkt_too_small")                          \
  X(kGreWrongVersion, "decoder.gre.wrong_version")                      \
  X(kGreV0HeaderTooBig, "decoder.gre.version0_hdr_too_big")             \
  X(kGreV0MalformedRouting, "decoder.gre.version0_malformed_sre_hdr")   \
  X(kGreV1WrongProtocol, "decoder.gre.version1_wrong_protocol")         \
  X(kGreV1NoKey, "decoder.gre.version1_no_key")                         \
  X(kGreV1HeaderTooBig, "decoder.gre.version1_hdr_too_big")             \
  X(kErspanHeaderTooSmall, "decoder.erspan.header_too_small")           \
  X(kErspanUnsupportedVersion, "decoder.erspan.unsupported_version")    \
  X(kIpv4InIpv6TooSmall, "decoder.ipv6.ipv4_in_ipv6_too_small")         \
  X(kIpv4InIpv6WrongVersion, "decoder.ipv6.ipv4_in_ipv6_wrong_version") \
  X(kIpv6InIpv6TooSmall, "decoder.ipv6.ipv6_in_ipv6_too_small")         \
  X(kIpv6InIpv6WrongVersion, "decoder.ipv6.ipv6_in_ipv6_wrong_version") \
  X(kTooManyLayers, "decoder.too_many_layers")

enum class DecodeEvent : std::uint8_t {
#define NETMOTH_ENUMERATOR(enumerator, name) enumerator,
  NETMOTH_DECODE_EVENTS(NETMOTH_ENUMERATOR)
#undef NETMOTH_ENUMERATOR
};

#define NETMOTH_COUNT(enumerator, name) +1
inline constexpr std::size_t kDecodeEventCount = 0 NETMOTH_DECODE_EVENTS(NETMOTH_COUNT);
#undef NETMOTH_COUNT

// Static storage, e.g. "decoder.ipv4.trunc_pkt".
std::string_view decode_event_name(DecodeEvent event);

}  // namespace netmoth::decode
