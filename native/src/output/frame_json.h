// The frame an alert is about, as Suricata's alerts have it.
#pragma once

#include "base/json_writer.h"
#include "protocols/frame.h"

namespace netmoth::output {

void write_frame(base::JsonWriter& json, const protocols::Frame& frame);

}  // namespace netmoth::output
