// Vectors of the community-id specification's own baseline (v1, seed 0).
#include "flow/community_id.h"

#include <gtest/gtest.h>

#include "testing/packet_builder.h"

namespace netmoth::flow {
namespace {

using testing::address;

struct Vector {
  const char* source;
  const char* destination;
  std::uint16_t source_port;
  std::uint16_t destination_port;
  std::uint8_t protocol;
  const char* id;
};

FlowKey key_of_vector(const Vector& v) {
  FlowKey key;
  key.source = address(v.source);
  key.destination = address(v.destination);
  key.source_port = v.source_port;
  key.destination_port = v.destination_port;
  key.protocol = v.protocol;
  key.ip_version = std::string(v.source).find(':') == std::string::npos ? 4 : 6;
  return key;
}

std::string text_of(const FlowKey& key) {
  const CommunityIdText text = community_id(key);
  return {text.begin(), text.end()};
}

TEST(CommunityId, MatchesTheBaselineInBothDirections) {
  const Vector vectors[] = {
      {"128.232.110.120", "66.35.250.204", 34855, 80, 6, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
      {"192.168.1.52", "8.8.8.8", 54585, 53, 17, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
      {"192.168.170.8", "192.168.170.56", 7, 7, 132, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
      {"10.1.12.1", "10.1.12.2", 0, 0, 46, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
      {"192.168.0.89", "192.168.0.1", 8, 0, 1, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
      {"2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25, 6,
       "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
      {"fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 136, 58,
       "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
  };
  for (const Vector& v : vectors) {
    const FlowKey key = key_of_vector(v);
    EXPECT_EQ(text_of(key), v.id);
    EXPECT_EQ(text_of(key.reversed()), v.id);
  }
}

// From Suricata's community-id-ipv4 test, made with seed 7.
TEST(CommunityId, SeedsScatterIt) {
  const FlowKey key = key_of_vector({"172.26.0.39", "172.217.14.206", 35958, 443, 6, ""});
  const CommunityIdText text = community_id(key, 7);
  EXPECT_EQ(std::string(text.begin(), text.end()), "1:IwiTNfuO7aCaamMijl+7/X9uLx0=");
  EXPECT_NE(text_of(key), std::string(text.begin(), text.end()));
}

TEST(CommunityId, OneWayIcmpKeepsItsDirection) {
  FlowKey key = key_of_vector({"10.0.0.1", "10.0.0.2", 11, 0, 1, ""});
  key.one_way = true;
  EXPECT_EQ(text_of(key), "1:YHxtAirCG//0OzkcVAukqKQN9xM=");
  EXPECT_NE(text_of(key.reversed()), text_of(key));
}

TEST(FlowKey, BothDirectionsHaveOneHash) {
  const FlowKey key = key_of_vector({"10.0.0.1", "10.0.0.2", 40000, 443, 6, ""});
  for (const std::uint64_t seed : {0ULL, 1ULL, 0xdeadbeefULL})
    EXPECT_EQ(hash_of(key, seed), hash_of(key.reversed(), seed));
  EXPECT_NE(hash_of(key, 1), hash_of(key, 2));
}

}  // namespace
}  // namespace netmoth::flow
