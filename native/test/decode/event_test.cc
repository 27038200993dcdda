// Every event has a packet that raises it and an ordinary one that does not; the page that explains
// them names each.
#include <fstream>
#include <set>
#include <sstream>

#include "event_cases.h"

namespace netmoth::decode {
namespace {

using namespace testing;

std::vector<EventCase> all_cases() {
  std::vector<EventCase> all;
  for (auto* const cases :
       {link_event_cases, ip_event_cases, transport_event_cases, tunnel_event_cases}) {
    for (EventCase& each : cases())
      all.push_back(std::move(each));
  }
  return all;
}

bool raised(const EventCase& each, const std::vector<Buffer>& frames) {
  Decoder decoder({});
  bool found = false;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    Frame frame;
    frame.number = i + 1;
    frame.link = each.link;
    frame.wire_length = static_cast<std::uint32_t>(frames[i].size());
    frame.data = frames[i];
    DecodedFrame out;
    decoder.decode(frame, out);
    for (const Anomaly& anomaly : out.anomalies())
      found = found || anomaly.event == each.event;
  }
  return found;
}

TEST(DecodeEvents, OddPacketsRaiseThemAndOrdinaryOnesDoNot) {
  for (const EventCase& each : all_cases()) {
    EXPECT_TRUE(raised(each, each.odd)) << decode_event_name(each.event);
    EXPECT_FALSE(raised(each, each.ordinary)) << decode_event_name(each.event);
  }
}

TEST(DecodeEvents, EachHasACase) {
  std::set<DecodeEvent> covered;
  for (const EventCase& each : all_cases())
    covered.insert(each.event);
  for (std::size_t i = 0; i < kDecodeEventCount; ++i) {
    const auto event = static_cast<DecodeEvent>(i);
    EXPECT_TRUE(covered.contains(event)) << decode_event_name(event);
  }
}

TEST(DecodeEvents, NamesAreDifferent) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kDecodeEventCount; ++i)
    names.insert(decode_event_name(static_cast<DecodeEvent>(i)));
  EXPECT_EQ(names.size(), kDecodeEventCount);
}

TEST(DecodeEvents, ThePageNamesEach) {
  std::ifstream file(NETMOTH_EVENTS_PAGE);
  ASSERT_TRUE(file) << NETMOTH_EVENTS_PAGE;
  std::stringstream page;
  page << file.rdbuf();
  for (std::size_t i = 0; i < kDecodeEventCount; ++i) {
    const std::string name(decode_event_name(static_cast<DecodeEvent>(i)));
    EXPECT_NE(page.str().find("`" + name + "`"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace netmoth::decode
