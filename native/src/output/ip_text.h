// Addresses that stand as plain octets inside a message (DNS rdata, DHCP options, certificates).
#pragma once

#include <algorithm>

#include "base/json_writer.h"

namespace netmoth::output {

// Four or sixteen octets as EVE writes addresses; "" for any other length.
inline void write_ip(base::JsonWriter& json, Bytes octets) {
  Address address;
  if (octets.size() != 4 && octets.size() != 16) return json.plain("");
  std::copy(octets.begin(), octets.end(), address.octets.begin());
  json.address(address, octets.size() == 4 ? 4 : 6);
}

}  // namespace netmoth::output
