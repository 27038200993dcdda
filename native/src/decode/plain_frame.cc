// See plain_frame.h. Each check stands for a branch of link_ethernet.cc, ipv4.cc, ipv6.cc or
// transport.cc that leads elsewhere.
#include "decode/plain_frame.h"

#include "base/reader.h"
#include "decode/layers.h"

namespace netmoth::decode {
namespace {

constexpr LinkType kEthernet = 1;
constexpr std::uint16_t kVlan = 0x8100, kIpv4 = 0x0800, kIpv6 = 0x86DD;
constexpr std::size_t kIpv4HeaderBytes = 20;
constexpr std::size_t kIpv6HeaderBytes = 40;
constexpr std::size_t kTcpHeaderBytes = 20;
constexpr std::size_t kUdpHeaderBytes = 8;
constexpr std::uint16_t kNotWhole = 0x3FFF;  // more fragments, or an offset

// Eight octets at a time, as they will be read again: the core hands a store to a later load only
// where that is not wider.
void set_ipv4(Address& address, const std::uint8_t* octets) {
  std::array<std::uint8_t, 8> half{};
  std::memcpy(half.data(), octets, 4);
  std::uint64_t word;
  std::memcpy(&word, half.data(), 8);
  std::memcpy(address.octets.data(), &word, 8);
}

// False: not plain. Else `data` becomes what the transport has.
bool look_at_ipv4(Bytes& data, PlainFrame& plain) {
  if (data.size() < kIpv4HeaderBytes || data[0] != 0x45) return false;
  base::Reader reader(data);
  reader.skip(2);
  const std::size_t total = reader.u16();
  reader.skip(2);
  const std::uint16_t fragment = reader.u16();
  reader.skip(1);
  plain.protocol = reader.u8();
  plain.ip_version = 4;
  if (total < kIpv4HeaderBytes || total > data.size() || (fragment & kNotWhole) != 0) return false;
  set_ipv4(plain.source, data.data() + 12);
  set_ipv4(plain.destination, data.data() + 16);
  data = data.first(total).subspan(kIpv4HeaderBytes);
  return true;
}

bool look_at_ipv6(Bytes& data, PlainFrame& plain) {
  if (data.size() < kIpv6HeaderBytes || data[0] >> 4 != 6) return false;
  base::Reader reader(data);
  reader.skip(4);
  const std::size_t length = reader.u16();
  plain.protocol = reader.u8();
  plain.ip_version = 6;
  reader.skip(1);
  if (length == 0 || length > data.size() - kIpv6HeaderBytes) return false;
  std::memcpy(plain.source.octets.data(), reader.bytes(16).data(), 16);
  std::memcpy(plain.destination.octets.data(), reader.bytes(16).data(), 16);
  data = data.subspan(kIpv6HeaderBytes, length);
  return true;
}

bool look_at_tcp(Bytes data, PlainFrame& plain) {
  if (data.size() < kTcpHeaderBytes) return false;
  base::Reader reader(data);
  plain.source_port = reader.u16();
  plain.destination_port = reader.u16();
  const std::size_t header_bytes = (data[12] >> 4) * 4U;
  if (header_bytes < kTcpHeaderBytes || header_bytes > data.size()) return false;
  plain.payload = data.subspan(header_bytes);
  return tcp_options_are_sound(data.first(header_bytes).subspan(kTcpHeaderBytes));
}

bool look_at_udp(Bytes data, PlainFrame& plain) {
  if (data.size() < kUdpHeaderBytes) return false;
  base::Reader reader(data);
  plain.source_port = reader.u16();
  plain.destination_port = reader.u16();
  const std::size_t length = reader.u16();
  if (length < kUdpHeaderBytes || length > data.size()) return false;
  plain.payload = data.first(length).subspan(kUdpHeaderBytes);
  return !is_udp_tunnel_port(plain.source_port) && !is_udp_tunnel_port(plain.destination_port);
}

}  // namespace

bool look_at(const Frame& frame, PlainFrame& plain) {
  if (frame.link != kEthernet || frame.vlan_present) return false;
  base::Reader reader(frame.data);
  reader.skip(12);
  std::uint16_t type = reader.u16();
  if (type == kVlan) {
    reader.skip(2);
    type = reader.u16();
  }
  if (!reader.ok()) return false;
  Bytes data = reader.rest();
  if (type == kIpv4) {
    if (!look_at_ipv4(data, plain)) return false;
  } else if (type != kIpv6 || !look_at_ipv6(data, plain)) {
    return false;
  }
  if (plain.protocol == ip_proto::kTcp) return look_at_tcp(data, plain);
  return plain.protocol == ip_proto::kUdp && look_at_udp(data, plain);
}

}  // namespace netmoth::decode
