#include "flow/community_id.h"

#include <algorithm>

#include "base/digest.h"

namespace netmoth::flow {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool has_ports(std::uint8_t protocol) {
  return protocol == ip_proto::kTcp || protocol == ip_proto::kUdp || protocol == ip_proto::kSctp ||
         protocol == ip_proto::kIcmp || protocol == ip_proto::kIcmpV6;
}

}  // namespace

CommunityIdText community_id(const FlowKey& key, std::uint16_t seed) {
  const std::size_t size = key.ip_version == 4 ? 4 : 16;
  const auto order = key.source <=> key.destination;
  const bool swap =
      !key.one_way && (order > 0 || (order == 0 && key.source_port > key.destination_port));
  const Address& first = swap ? key.destination : key.source;
  const Address& second = swap ? key.source : key.destination;
  const std::uint16_t first_port = swap ? key.destination_port : key.source_port;
  const std::uint16_t second_port = swap ? key.source_port : key.destination_port;

  // seed (2) · address · address · protocol · 0 · [port · port]
  std::array<std::uint8_t, 2 + 16 + 16 + 2 + 4> input{};
  input[0] = static_cast<std::uint8_t>(seed >> 8);
  input[1] = static_cast<std::uint8_t>(seed);
  std::size_t length = 2;
  const auto append = [&](const std::uint8_t* bytes, std::size_t count) {
    std::memcpy(input.data() + length, bytes, count);
    length += count;
  };
  append(first.octets.data(), size);
  append(second.octets.data(), size);
  input[length++] = key.protocol;
  input[length++] = 0;
  if (has_ports(key.protocol)) {
    for (const std::uint16_t port : {first_port, second_port}) {
      input[length++] = static_cast<std::uint8_t>(port >> 8);
      input[length++] = static_cast<std::uint8_t>(port & 0xff);
    }
  }
  const std::array<std::uint8_t, 20> digest = base::sha1(Bytes(input.data(), length));

  CommunityIdText text{};
  text[0] = '1';
  text[1] = ':';
  std::size_t out = 2;
  for (std::size_t at = 0; at < digest.size(); at += 3) {
    const std::size_t left = digest.size() - at;
    std::uint32_t word = std::uint32_t{digest[at]} << 16;
    if (left > 1) word |= std::uint32_t{digest[at + 1]} << 8;
    if (left > 2) word |= digest[at + 2];
    text[out++] = kBase64[word >> 18 & 63];
    text[out++] = kBase64[word >> 12 & 63];
    text[out++] = left > 1 ? kBase64[word >> 6 & 63] : '=';
    text[out++] = left > 2 ? kBase64[word & 63] : '=';
  }
  return text;
}

}  // namespace netmoth::flow
