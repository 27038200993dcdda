// Events of IPv4, IPv6, their options and fragments.
#include "event_cases.h"

namespace netmoth::decode {

using namespace testing;
using E = DecodeEvent;

namespace {

const Segment kDatagram = udp(1111, 2222, "payload");
const Buffer kPlain4 = ipv4(kClient, kServer, kDatagram);
const Buffer kPlain6 = ipv6(kClient6, kServer6, kDatagram);

Buffer first(const Buffer& data, std::size_t size) {
  return {data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size)};
}

Buffer changed(Buffer data, std::size_t at, int value) {
  data.at(at) = static_cast<std::uint8_t>(value);
  return data;
}

Buffer with_options(std::string_view hex) {
  return ipv4(kClient, kServer, kDatagram, {.options = from_hex(hex)});
}

Buffer with_headers(std::vector<std::pair<std::uint8_t, std::string_view>> headers) {
  Ipv6Spec spec;
  for (const auto& [number, hex] : headers)
    spec.extensions.emplace_back(number, from_hex(hex));
  return ipv6(kClient6, kServer6, kDatagram, spec);
}

Buffer part4(std::uint16_t offset_units, bool more, const Buffer& data) {
  return ipv4(kClient, kServer, other(17, data),
              {.more_fragments = more, .fragment_offset_units = offset_units});
}

Buffer part6(std::uint16_t offset_octets, bool more, const Buffer& data) {
  const auto field = static_cast<std::uint16_t>(offset_octets | (more ? 1 : 0));
  return ipv6(kClient6, kServer6, other(17, data),
              {.extensions = {{44, from_hex("0000") + be16(field) + be32(9)}}});
}

}  // namespace

std::vector<EventCase> ip_event_cases() {
  const Buffer eight(8), sixteen(16);
  const Buffer other_eight(8, 1);
  const Buffer alert6 = with_headers({{0, "0000 05020000 0100"}});
  const Buffer twice_dst = with_headers({{60, "0000 04010400 0000"}, {60, "0000 04010400 0000"}});
  return {
      {E::kIpv4TooSmall, 101, {first(kPlain4, 19)}, {kPlain4}},
      {E::kIpv4HeaderTooSmall, 101, {changed(kPlain4, 0, 0x44)}, {kPlain4}},
      {E::kIpv4LengthBelowHeader, 101, {changed(kPlain4, 3, 19)}, {kPlain4}},
      {E::kIpv4Truncated, 101, {first(kPlain4, kPlain4.size() - 1)}, {kPlain4}},
      {E::kIpv4WrongVersion, 228, {kPlain6}, {kPlain4}},
      {E::kIpv4OptionInvalid, 101, {with_options("22040000")}, {with_options("94040000")}},
      {E::kIpv4OptionInvalidLength, 101, {with_options("94030000")}, {with_options("94040000")}},
      {E::kIpv4OptionMalformed,
       101,
       {with_options("07070500000000 00")},
       {with_options("07070400000000 00")}},
      {E::kIpv4OptionEndRequired, 101, {with_options("01010107")}, {with_options("01010100")}},
      {E::kIpv4OptionDuplicate,
       101,
       {with_options("94040000 94040000")},
       {with_options("94040000")}},
      {E::kIpv4OptionUnknown, 101, {with_options("1f040000")}, {with_options("94040000")}},
      {E::kIpv4WithIcmpV6,
       101,
       {ipv4(kClient, kServer, other(58, Buffer(8)))},
       {ipv4(kClient, kServer, icmp(8, 0, be32(1)))}},
      {E::kIpv4FragTooLarge, 101, {part4(8191, false, sixteen)}, {part4(8180, false, sixteen)}},
      {E::kIpv4FragOverlap,
       101,
       {part4(0, true, sixteen), part4(1, true, other_eight)},
       {part4(0, true, sixteen), part4(2, true, other_eight)}},
      {E::kIpv4FragIgnored, 101, {part4(1, true, {})}, {part4(1, true, eight)}},
      {E::kIpv6FragTooLarge, 101, {part6(65528, false, sixteen)}, {part6(65000, false, sixteen)}},
      {E::kIpv6FragOverlap,
       101,
       {part6(0, true, sixteen), part6(8, true, other_eight)},
       {part6(0, true, sixteen), part6(16, true, other_eight)}},
      {E::kIpv6FragIgnored, 101, {part6(8, true, {})}, {part6(8, true, eight)}},
      {E::kIpv6FragInvalidLength, 101, {part6(0, true, Buffer(9))}, {part6(0, true, eight)}},
      {E::kIpv6TooSmall, 101, {first(kPlain6, 39)}, {kPlain6}},
      {E::kIpv6Truncated, 101, {first(kPlain6, kPlain6.size() - 1)}, {kPlain6}},
      {E::kIpv6TruncatedExtension, 101, {with_headers({{0, "00ff 05020000 0100"}})}, {alert6}},
      {E::kIpv6WrongVersion, 229, {kPlain4}, {kPlain6}},
      {E::kIpv6DuplicateFragment,
       101,
       {with_headers({{44, "0000 0000 00000001"}, {44, "0000 0000 00000001"}})},
       {with_headers({{44, "0000 0000 00000001"}})}},
      {E::kIpv6UselessFragment,
       101,
       {with_headers({{44, "0000 0000 00000001"}})},
       {part6(0, true, eight)}},
      {E::kIpv6FragmentReserved,
       101,
       {with_headers({{44, "0000 0004 00000001"}})},
       {with_headers({{44, "0000 0000 00000001"}})}},
      {E::kIpv6DuplicateRouting,
       101,
       {with_headers({{43, "0000 0200 00000000"}, {43, "0000 0200 00000000"}})},
       {with_headers({{43, "0000 0200 00000000"}})}},
      {E::kIpv6DuplicateHopByHop,
       101,
       {with_headers({{0, "0000 05020000 0100"}, {0, "0000 05020000 0100"}})},
       {alert6}},
      {E::kIpv6DuplicateDestination,
       101,
       {with_headers(
           {{60, "0000 04010400 0000"}, {60, "0000 04010400 0000"}, {60, "0000 04010400 0000"}})},
       {twice_dst}},
      {E::kIpv6DuplicateAuthentication,
       101,
       {with_headers({{51, "0001 0000 00000001 00000005"}, {51, "0001 0000 00000001 00000005"}})},
       {with_headers({{51, "0001 0000 00000001 00000005"}})}},
      {E::kIpv6AuthenticationReserved,
       101,
       {with_headers({{51, "0001 0001 00000001 00000005"}})},
       {with_headers({{51, "0001 0000 00000001 00000005"}})}},
      {E::kIpv6InvalidOptionLength, 101, {with_headers({{0, "0000 05030000 0000"}})}, {alert6}},
      {E::kIpv6HopByHopUnknown, 101, {with_headers({{0, "0000 1e020000 0100"}})}, {alert6}},
      {E::kIpv6HopByHopPadding, 101, {with_headers({{0, "0000 01040000 0000"}})}, {alert6}},
      {E::kIpv6DestinationUnknown, 101, {with_headers({{60, "0000 1e020000 0100"}})}, {twice_dst}},
      {E::kIpv6DestinationPadding, 101, {with_headers({{60, "0000 01040000 0000"}})}, {twice_dst}},
      {E::kIpv6EmptyPadN,
       101,
       {with_headers({{0, "0000 05020000 0100"}, {60, "0000 04010401 0000"}})},
       {twice_dst}},
      {E::kIpv6RoutingType0,
       101,
       {with_headers({{43, "0000 0000 00000000"}})},
       {with_headers({{43, "0000 0200 00000000"}})}},
      {E::kIpv6DataAfterNone,
       101,
       {ipv6(kClient6, kServer6, other(59, eight))},
       {ipv6(kClient6, kServer6, other(59, {}))}},
      {E::kIpv6UnknownNextHeader,
       101,
       {ipv6(kClient6, kServer6, other(200, eight))},
       {ipv6(kClient6, kServer6, other(89, eight))}},
      {E::kIpv6WithIcmpV4,
       101,
       {ipv6(kClient6, kServer6, other(1, eight))},
       {ipv6(kClient6, kServer6, icmpv6(128, 0, be32(1)))}},
      {E::kIpv4InIpv6TooSmall,
       101,
       {ipv6(kClient6, kServer6, other(4, first(kPlain4, 19)))},
       {ipv6(kClient6, kServer6, other(4, kPlain4))}},
      {E::kIpv4InIpv6WrongVersion,
       101,
       {ipv6(kClient6, kServer6, other(4, kPlain6))},
       {ipv6(kClient6, kServer6, other(4, kPlain4))}},
      {E::kIpv6InIpv6TooSmall,
       101,
       {ipv6(kClient6, kServer6, other(41, first(kPlain6, 39)))},
       {ipv6(kClient6, kServer6, other(41, kPlain6))}},
      {E::kIpv6InIpv6WrongVersion,
       101,
       {ipv6(kClient6, kServer6, other(41, kPlain4 + Buffer(20)))},
       {ipv6(kClient6, kServer6, other(41, kPlain6))}},
  };
}

}  // namespace netmoth::decode
