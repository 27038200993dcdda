// Which packets make their hosts ones that may announce connections, and for whom.
#include "pipeline/announcers.h"

#include <gtest/gtest.h>

#include "testing/packet_builder.h"

namespace netmoth::pipeline {
namespace {

flow::FlowKey key(const char* source, std::uint16_t source_port, const char* destination,
                  std::uint16_t destination_port) {
  flow::FlowKey made;
  made.source = testing::address(source);
  made.destination = testing::address(destination);
  made.source_port = source_port;
  made.destination_port = destination_port;
  return made;
}

const flow::FlowKey kTransfer = key("10.0.0.1", 50'000, "192.0.2.1", 60'000);
const flow::FlowKey kElsewhere = key("10.0.0.1", 50'000, "192.0.2.2", 60'000);

Announced after(const flow::FlowKey& control, std::string_view said,
                const flow::FlowKey& asked = kTransfer) {
  Announcers announcers;
  announcers.see(control, as_bytes(said));
  return announcers.see(asked, {});
}

TEST(Announcers, APacketOfTheControlPortNotesItsHosts) {
  const flow::FlowKey control = key("10.0.0.1", 40'000, "192.0.2.1", 21);
  EXPECT_EQ(after(control, "USER x\r\n"), Announced::kPerhaps);
  EXPECT_EQ(after(control.reversed(), "?"), Announced::kPerhaps);
  EXPECT_EQ(after(control, "USER x\r\n", kTransfer.reversed()), Announced::kPerhaps);
  EXPECT_EQ(after(control, "USER x\r\n", kElsewhere), Announced::kElsewhere);
  EXPECT_EQ(after(control, ""), Announced::kNowhere);
}

TEST(Announcers, SoDoesAGreetingOrItsStartOnAnyPort) {
  const flow::FlowKey control = key("192.0.2.1", 2121, "10.0.0.1", 40'000);
  for (const std::string_view said : {"220 ready\r\n", "220", "22", "2"})
    EXPECT_EQ(after(control, said), Announced::kPerhaps) << said;
  for (const std::string_view said : {"221 bye\r\n", "21", "GET / HTTP/1.1\r\n", " 220"})
    EXPECT_EQ(after(control, said), Announced::kNowhere) << said;
}

TEST(Announcers, WhatComesBeforeIsNotAnnounced) {
  Announcers announcers;
  EXPECT_EQ(announcers.see(kTransfer, as_bytes("data")), Announced::kNowhere);
  announcers.see(key("192.0.2.1", 21, "10.0.0.1", 40'000), as_bytes("220 ready"));
  EXPECT_EQ(announcers.see(kTransfer, as_bytes("data")), Announced::kPerhaps);
}

}  // namespace
}  // namespace netmoth::pipeline
