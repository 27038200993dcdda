#include "capture/interfaces.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace netmoth::capture {
namespace {

constexpr char kIpv4Header[] =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
constexpr char kIpv6Default[] =
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "fe800000000000000000000000000001 00000064 00000001 00000000 00000003     wlan0\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";

TEST(DefaultInterface, IsThatOfTheLowestMetric) {
  const std::string route = std::string(kIpv4Header) +
                            "eth1\t00000000\t0100000A\t0003\t0\t0\t200\t00000000\t0\t0\t0\n"
                            "eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
                            "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
  EXPECT_EQ(default_interface_of(route, kIpv6Default), "eth0");
}

TEST(DefaultInterface, FallsBackToIpv6) {
  const std::string route =
      std::string(kIpv4Header) + "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
  EXPECT_EQ(default_interface_of(route, kIpv6Default), "wlan0");
}

TEST(DefaultInterface, MayNotExist) {
  EXPECT_EQ(default_interface_of("", ""), std::nullopt);
  EXPECT_EQ(default_interface_of("garbage\n\n a b c", "0 0 0 \n"), std::nullopt);
}

TEST(Interfaces, ListTheLoopback) {
  const auto interfaces = list_interfaces();
  const auto loopback = std::ranges::find(interfaces, "lo", &NetworkInterface::name);
  ASSERT_NE(loopback, interfaces.end());
  if (loopback->up) {
    EXPECT_NE(std::ranges::find(loopback->addresses, "127.0.0.1"), loopback->addresses.end());
  }
}

}  // namespace
}  // namespace netmoth::capture
