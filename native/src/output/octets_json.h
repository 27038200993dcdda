// Octets as members of events: in base 64, and as text that can be read.
#pragma once

#include <string_view>

#include "base/json_writer.h"
#include "base/types.h"

namespace netmoth::output {

void write_base64(base::JsonWriter& json, std::string_view name, Bytes octets);
// What is no letter, digit, sign, CR or LF is a dot, as Suricata has it.
void write_printable(base::JsonWriter& json, std::string_view name, Bytes octets);

}  // namespace netmoth::output
