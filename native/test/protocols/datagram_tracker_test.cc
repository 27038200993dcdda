// Streams of datagrams that no single one gives away.
#include "protocols/datagram_tracker.h"

#include <gtest/gtest.h>

#include "octets.h"

namespace netmoth::protocols {
namespace {

using netmoth::testing::from_hex;
using netmoth::testing::Octets;
using netmoth::testing::put;

Octets rtp(unsigned number, unsigned source = 0x1234, unsigned kind = 0, unsigned first = 0x80) {
  Octets out{static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(kind)};
  put(out, number, 2);
  put(out, number * 160, 4);
  put(out, source, 4);
  put(out, from_hex("d5d5d5d5"));
  return out;
}
Octets wireguard(unsigned counter, unsigned receiver = 7, std::size_t length = 96) {
  Octets out{4, 0, 0, 0, static_cast<std::uint8_t>(receiver), 0, 0, 0};
  out.push_back(static_cast<std::uint8_t>(counter));
  out.resize(length, 0);
  return out;
}

// What is said after each datagram.
template <typename... Datagrams>
AppProto after(const Datagrams&... datagrams) {
  DatagramTracker tracker;
  AppProto said = AppProto::kUnknown;
  for (const Octets& each : {datagrams...})
    said = tracker.see(each);
  return said;
}

TEST(DatagramTracker, BelievesRtpByItsFourthPacket) {
  EXPECT_EQ(after(rtp(65'534), rtp(65'535), rtp(0)), AppProto::kUnknown);
  EXPECT_EQ(after(rtp(65'534), rtp(65'535), rtp(0), rtp(3)), AppProto::kRtp);
}

TEST(DatagramTracker, BelievesWireguardByItsFourthPacket) {
  EXPECT_EQ(after(wireguard(1), wireguard(2), wireguard(3)), AppProto::kUnknown);
  EXPECT_EQ(after(wireguard(1), wireguard(2), wireguard(3), wireguard(9)), AppProto::kWireguard);
}

TEST(DatagramTracker, WhatDoesNotFollowBeginsAgain) {
  const Octets begun[] = {rtp(1), rtp(2), rtp(3)};
  for (const Octets& other :
       {rtp(3), rtp(2), rtp(4, 0x9999), rtp(4, 0x1234, 8), rtp(400), wireguard(4), Octets(40, 0)}) {
    EXPECT_EQ(after(begun[0], begun[1], begun[2], other), AppProto::kUnknown);
    EXPECT_EQ(after(begun[0], begun[1], begun[2], other, rtp(5), rtp(6)), AppProto::kUnknown);
  }
}

TEST(DatagramTracker, ControlPacketsAndEmptyOnesAreNone) {
  EXPECT_EQ(after(rtp(1, 1, 72), rtp(2, 1, 72), rtp(3, 1, 72), rtp(4, 1, 72)), AppProto::kUnknown);
  Octets empty = rtp(1);
  empty.resize(12);
  EXPECT_EQ(after(empty, empty, empty, empty), AppProto::kUnknown);
  EXPECT_EQ(after(Octets{}, Octets{0x80}, Octets{0x80, 0}, Octets{}), AppProto::kUnknown);
  EXPECT_EQ(
      after(wireguard(1, 7, 97), wireguard(2, 7, 97), wireguard(3, 7, 97), wireguard(4, 7, 97)),
      AppProto::kUnknown);
}

}  // namespace
}  // namespace netmoth::protocols
