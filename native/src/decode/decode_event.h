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
  X(kEthernetUnknownType, "decoder.ethernet.unknown_ethertype")         \
  X(kArpTooSmall, "decoder.arp.pkt_too_small")                          \
  X(kArpUnsupportedHardware, "decoder.arp.unsupported_hardware")        \
  X(kArpUnsupportedProtocol, "decoder.arp.unsupported_protocol")        \
  X(kArpInvalidHardwareSize, "decoder.arp.invalid_hardware_size")       \
  X(kArpInvalidProtocolSize, "decoder.arp.invalid_protocol_size")       \
  X(kArpUnsupportedOpcode, "decoder.arp.unsupported_opcode")            \
  X(kSllTooSmall, "decoder.sll.pkt_too_small")                          \
  X(kSll2TooSmall, "decoder.sll2.pkt_too_small")                        \
  X(kNullTooSmall, "decoder.ltnull.pkt_too_small")                      \
  X(kNullUnsupportedType, "decoder.ltnull.unsupported_type")            \
  X(kRawInvalidIpVersion, "decoder.ipraw.invalid_ip_version")           \
  X(kPppTooSmall, "decoder.ppp.pkt_too_small")                          \
  X(kPppIpv4TooSmall, "decoder.ppp.ip4_pkt_too_small")                  \
  X(kPppIpv6TooSmall, "decoder.ppp.ip6_pkt_too_small")                  \
  X(kPppVjuTooSmall, "decoder.ppp.vju_pkt_too_small")                   \
  X(kPppWrongType, "decoder.ppp.wrong_type")                            \
  X(kPppUnsupportedProtocol, "decoder.ppp.unsup_proto")                 \
  X(kPppoeTooSmall, "decoder.pppoe.pkt_too_small")                      \
  X(kPppoeWrongCode, "decoder.pppoe.wrong_code")                        \
  X(kPppoeMalformedTags, "decoder.pppoe.malformed_tags")                \
  X(kChdlcTooSmall, "decoder.chdlc.pkt_too_small")                      \
  X(kDceTooSmall, "decoder.dce.pkt_too_small")                          \
  X(kLinkTooSmall, "decoder.link.pkt_too_small")                        \
  X(kLinkUnsupported, "decoder.link.unsupported_type")                  \
  X(kVlanTooSmall, "decoder.vlan.header_too_small")                     \
  X(kVlanUnknownType, "decoder.vlan.unknown_type")                      \
  X(kVlanTooManyLayers, "decoder.vlan.too_many_layers")                 \
  X(kProviderBackboneTooSmall, "decoder.ieee8021ah.header_too_small")   \
  X(kVnTagTooSmall, "decoder.vntag.header_too_small")                   \
  X(kVnTagUnknownType, "decoder.vntag.unknown_type")                    \
  X(kMplsHeaderTooSmall, "decoder.mpls.header_too_small")               \
  X(kMplsPacketTooSmall, "decoder.mpls.pkt_too_small")                  \
  X(kMplsBadRouterAlert, "decoder.mpls.bad_label_router_alert")         \
  X(kMplsBadImplicitNull, "decoder.mpls.bad_label_implicit_null")       \
  X(kMplsBadReserved, "decoder.mpls.bad_label_reserved")                \
  X(kMplsUnknownPayload, "decoder.mpls.unknown_payload_type")           \
  X(kNshTooSmall, "decoder.nsh.header_too_small")                       \
  X(kNshUnsupportedVersion, "decoder.nsh.unsupported_version")          \
  X(kNshBadLength, "decoder.nsh.bad_header_length")                     \
  X(kNshReservedType, "decoder.nsh.reserved_type")                      \
  X(kNshUnsupportedType, "decoder.nsh.unsupported_type")                \
  X(kNshUnknownPayload, "decoder.nsh.unknown_payload")                  \
  X(kIpv4TooSmall, "decoder.ipv4.pkt_too_small")                        \
  X(kIpv4HeaderTooSmall, "decoder.ipv4.hlen_too_small")                 \
  X(kIpv4LengthBelowHeader, "decoder.ipv4.iplen_smaller_than_hlen")     \
  X(kIpv4Truncated, "decoder.ipv4.trunc_pkt")                           \
  X(kIpv4WrongVersion, "decoder.ipv4.wrong_ip_version")                 \
  X(kIpv4OptionInvalid, "decoder.ipv4.opt_invalid")                     \
  X(kIpv4OptionInvalidLength, "decoder.ipv4.opt_invalid_len")           \
  X(kIpv4OptionMalformed, "decoder.ipv4.opt_malformed")                 \
  X(kIpv4OptionEndRequired, "decoder.ipv4.opt_eol_required")            \
  X(kIpv4OptionDuplicate, "decoder.ipv4.opt_duplicate")                 \
  X(kIpv4OptionUnknown, "decoder.ipv4.opt_unknown")                     \
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
  X(kIpv6FragmentReserved, "decoder.ipv6.fh_non_zero_reserved_field")   \
  X(kIpv6DuplicateRouting, "decoder.ipv6.exthdr_dupl_rh")               \
  X(kIpv6DuplicateHopByHop, "decoder.ipv6.exthdr_dupl_hh")              \
  X(kIpv6DuplicateDestination, "decoder.ipv6.exthdr_dupl_dh")           \
  X(kIpv6DuplicateAuthentication, "decoder.ipv6.exthdr_dupl_ah")        \
  X(kIpv6AuthenticationReserved, "decoder.ipv6.exthdr_ah_res_not_null") \
  X(kIpv6InvalidOptionLength, "decoder.ipv6.exthdr_invalid_optlen")     \
  X(kIpv6HopByHopUnknown, "decoder.ipv6.hopopts_unknown_opt")           \
  X(kIpv6HopByHopPadding, "decoder.ipv6.hopopts_only_padding")          \
  X(kIpv6DestinationUnknown, "decoder.ipv6.dstopts_unknown_opt")        \
  X(kIpv6DestinationPadding, "decoder.ipv6.dstopts_only_padding")       \
  X(kIpv6EmptyPadN, "decoder.ipv6.zero_len_padn")                       \
  X(kIpv6RoutingType0, "decoder.ipv6.rh_type_0")                        \
  X(kIpv6DataAfterNone, "decoder.ipv6.data_after_none_header")          \
  X(kIpv6UnknownNextHeader, "decoder.ipv6.unknown_next_header")         \
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
  X(kEspTooSmall, "decoder.esp.pkt_too_small")                          \
  X(kIcmpV4TooSmall, "decoder.icmpv4.pkt_too_small")                    \
  X(kIcmpV4UnknownType, "decoder.icmpv4.unknown_type")                  \
  X(kIcmpV4UnknownCode, "decoder.icmpv4.unknown_code")                  \
  X(kIcmpV4QuotedTruncated, "decoder.icmpv4.ipv4_trunc_pkt")            \
  X(kIcmpV4QuotedWrongVersion, "decoder.icmpv4.ipv4_unknown_ver")       \
  X(kIcmpV6TooSmall, "decoder.icmpv6.pkt_too_small")                    \
  X(kIcmpV6UnknownType, "decoder.icmpv6.unknown_type")                  \
  X(kIcmpV6UnknownCode, "decoder.icmpv6.unknown_code")                  \
  X(kIcmpV6UnassignedType, "decoder.icmpv6.unassigned_type")            \
  X(kIcmpV6ExperimentationType, "decoder.icmpv6.experimentation_type")  \
  X(kIcmpV6MldHopLimit, "decoder.icmpv6.mld_message_with_invalid_hl")   \
  X(kIcmpV6QuotedTruncated, "decoder.icmpv6.ipv6_trunc_pkt")            \
  X(kIcmpV6QuotedWrongVersion, "decoder.icmpv6.ipv6_unknown_version")   \
  X(kGreTooSmall, "decoder.gre.pkt_too_small")                          \
  X(kGreWrongVersion, "decoder.gre.wrong_version")                      \
  X(kGreV0Recursion, "decoder.gre.version0_recur")                      \
  X(kGreV0Flags, "decoder.gre.version0_flags")                          \
  X(kGreV0HeaderTooBig, "decoder.gre.version0_hdr_too_big")             \
  X(kGreV0MalformedRouting, "decoder.gre.version0_malformed_sre_hdr")   \
  X(kGreV1Checksum, "decoder.gre.version1_chksum")                      \
  X(kGreV1Routing, "decoder.gre.version1_route")                        \
  X(kGreV1StrictRoute, "decoder.gre.version1_ssr")                      \
  X(kGreV1Recursion, "decoder.gre.version1_recur")                      \
  X(kGreV1Flags, "decoder.gre.version1_flags")                          \
  X(kGreV1WrongProtocol, "decoder.gre.version1_wrong_protocol")         \
  X(kGreV1NoKey, "decoder.gre.version1_no_key")                         \
  X(kGreV1HeaderTooBig, "decoder.gre.version1_hdr_too_big")             \
  X(kErspanHeaderTooSmall, "decoder.erspan.header_too_small")           \
  X(kErspanUnsupportedVersion, "decoder.erspan.unsupported_version")    \
  X(kVxlanUnknownPayload, "decoder.vxlan.unknown_payload_type")         \
  X(kGeneveUnknownPayload, "decoder.geneve.unknown_payload_type")       \
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
