// Events of transports, ICMP and tunnels.
#include "event_cases.h"

namespace netmoth::decode {

using namespace testing;
using E = DecodeEvent;

namespace {

const Buffer kInner = ipv4("10.0.0.1", "10.0.0.2", udp(1111, 2222, "inside"));

Buffer four(const Segment& segment) {
  return ipv4(kClient, kServer, segment);
}
Buffer six(const Segment& segment) {
  return ipv6(kClient6, kServer6, segment);
}
Buffer gre(std::string_view header) {
  return four(other(47, from_hex(header) + kInner));
}
Buffer changed_at(Buffer data, std::size_t at, int value) {
  data.at(at) = static_cast<std::uint8_t>(value);
  return data;
}
Buffer mld(std::uint8_t hop_limit) {
  return ipv6(kClient6, kServer6, icmpv6(131, 0, Buffer(20)), {.hop_limit = hop_limit});
}

}  // namespace

std::vector<EventCase> transport_event_cases() {
  const Buffer syn = four(tcp({.flags = 2}));
  const Buffer datagram = four(udp(1, 2, "x"));
  const Buffer echo4 = four(icmp(8, 0, be32(1)));
  const Buffer echo6 = six(icmpv6(128, 0, be32(1)));
  const Buffer quoted4 = ipv4(kServer, kClient, udp(1, 2, "x"));
  const Buffer quoted6 = ipv6(kServer6, kClient6, udp(1, 2, "x"));
  const Buffer error4 = four(icmp(3, 3, be32(0) + quoted4));
  const Buffer error6 = six(icmpv6(1, 4, be32(0) + quoted6));
  return {
      {E::kTcpTooSmall, 101, {four(other(6, Buffer(19)))}, {syn}},
      {E::kTcpHeaderTooSmall, 101, {changed_at(syn, 32, 0x40)}, {syn}},
      {E::kTcpInvalidOptionLength, 101, {changed_at(syn, 32, 0x60)}, {syn}},
      {E::kTcpOptionInvalidLength,
       101,
       {four(tcp({.options = from_hex("02010000")}))},
       {four(tcp({.options = from_hex("020405b4")}))}},
      {E::kTcpOptionDuplicate,
       101,
       {four(tcp({.options = from_hex("020405b4 020405b4")}))},
       {four(tcp({.options = from_hex("020405b4")}))}},
      {E::kUdpTooSmall, 101, {changed_at(datagram, 25, 99)}, {datagram}},
      {E::kUdpHeaderTooSmall, 101, {four(other(17, Buffer(7)))}, {datagram}},
      {E::kUdpLengthInvalid, 101, {changed_at(datagram, 25, 7)}, {datagram}},
      {E::kSctpTooSmall, 101, {four(other(132, Buffer(11)))}, {four(other(132, Buffer(12)))}},
      {E::kEspTooSmall, 101, {four(other(50, Buffer(7)))}, {four(other(50, Buffer(8)))}},
      {E::kIcmpV4TooSmall, 101, {four(other(1, Buffer(7)))}, {echo4}},
      {E::kIcmpV4UnknownType, 101, {four(icmp(7, 0, be32(1)))}, {echo4}},
      {E::kIcmpV4UnknownCode, 101, {four(icmp(8, 1, be32(1)))}, {echo4}},
      {E::kIcmpV4QuotedTruncated, 101, {four(icmp(3, 3, be32(0) + Buffer(19)))}, {error4}},
      {E::kIcmpV4QuotedWrongVersion, 101, {four(icmp(3, 3, be32(0) + quoted6))}, {error4}},
      {E::kIcmpV6TooSmall, 101, {six(other(58, Buffer(7)))}, {echo6}},
      {E::kIcmpV6UnknownType, 101, {six(icmpv6(255, 0, be32(1)))}, {echo6}},
      {E::kIcmpV6UnknownCode, 101, {six(icmpv6(128, 1, be32(1)))}, {echo6}},
      {E::kIcmpV6UnassignedType, 101, {six(icmpv6(50, 0, be32(1)))}, {echo6}},
      {E::kIcmpV6ExperimentationType, 101, {six(icmpv6(200, 0, be32(1)))}, {echo6}},
      {E::kIcmpV6MldHopLimit, 101, {mld(2)}, {mld(1)}},
      {E::kIcmpV6QuotedTruncated, 101, {six(icmpv6(1, 4, be32(0) + Buffer(39)))}, {error6}},
      {E::kIcmpV6QuotedWrongVersion,
       101,
       {six(icmpv6(1, 4, be32(0) + quoted4 + Buffer(20)))},
       {error6}},
  };
}

std::vector<EventCase> tunnel_event_cases() {
  const Buffer plain = gre("0000 0800");
  const Buffer pptp = gre("2001 880b 0010 0001 ff03 0021");
  const Buffer frame = ethernet(kInner);
  const auto vxlan = [&](std::string_view header) {
    return four(udp(50000, 4790, from_hex(header) + kInner));
  };
  const auto geneve = [&](std::string_view type) {
    return four(udp(50000, 6081, from_hex("0000") + from_hex(type) + from_hex("00000100") + frame));
  };
  return {
      {E::kGreTooSmall, 101, {four(other(47, Buffer(3)))}, {plain}},
      {E::kGreWrongVersion, 101, {gre("0002 0800")}, {plain}},
      {E::kGreV0Recursion, 101, {gre("0100 0800")}, {plain}},
      {E::kGreV0Flags, 101, {gre("0008 0800")}, {plain}},
      {E::kGreV0HeaderTooBig, 101, {four(other(47, from_hex("2000 0800 0000")))}, {plain}},
      {E::kGreV0MalformedRouting,
       101,
       {four(other(47, from_hex("4000 0800 00000000 0002 00ff 01020304")))},
       {gre("4000 0800 00000000 00020004 01020304 00000000")}},
      {E::kGreV1Checksum, 101, {gre("a001 880b 00000000 0010 0001 ff03 0021")}, {pptp}},
      {E::kGreV1Routing, 101, {gre("6001 880b 00000000 0010 0001 ff03 0021")}, {pptp}},
      {E::kGreV1StrictRoute, 101, {gre("2801 880b 0010 0001 ff03 0021")}, {pptp}},
      {E::kGreV1Recursion, 101, {gre("2101 880b 0010 0001 ff03 0021")}, {pptp}},
      {E::kGreV1Flags, 101, {gre("2009 880b 0010 0001 ff03 0021")}, {pptp}},
      {E::kGreV1WrongProtocol, 101, {gre("2001 0800 0010 0001")}, {pptp}},
      {E::kGreV1NoKey, 101, {gre("0001 880b")}, {pptp}},
      {E::kGreV1HeaderTooBig, 101, {four(other(47, from_hex("2001 880b 0010")))}, {pptp}},
      {E::kErspanHeaderTooSmall,
       101,
       {four(other(47, from_hex("1000 88be 00000001 10010001 0000")))},
       {four(other(47, from_hex("1000 88be 00000001 10010001 00000002") + frame))}},
      {E::kErspanUnsupportedVersion,
       101,
       {four(other(47, from_hex("1000 88be 00000001 50010001 00000002") + frame))},
       {four(other(47, from_hex("1000 88be 00000001 10010001 00000002") + frame))}},
      {E::kVxlanUnknownPayload, 101, {vxlan("0c000009 00000100")}, {vxlan("0c000001 00000100")}},
      {E::kGeneveUnknownPayload, 101, {geneve("1234")}, {geneve("6558")}},
  };
}

}  // namespace netmoth::decode
