// For each DecodeEvent, frames that raise it and ordinary ones that do not.
#pragma once

#include <string>
#include <vector>

#include "decode_testing.h"

namespace netmoth::decode {

struct EventCase {
  DecodeEvent event;
  LinkType link;
  std::vector<testing::Buffer> odd;       // one after the other through one decoder
  std::vector<testing::Buffer> ordinary;  // as near as can be, without the fault
};

std::vector<EventCase> link_event_cases();
std::vector<EventCase> ip_event_cases();
std::vector<EventCase> transport_event_cases();
std::vector<EventCase> tunnel_event_cases();

}  // namespace netmoth::decode
