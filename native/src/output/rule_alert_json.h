// The members of a rule's alert behind its header (EVE), as Suricata 8 names and spells them.
#pragma once

#include "base/json_writer.h"
#include "detect/detector.h"
#include "output/alert_options.h"

namespace netmoth::output {

struct EventContext;

// `metadata` and `traffic`: flowbits and captured values that rules gave the flow, and the packet
// at hand. Nothing where there are none.
void write_flow_metadata(base::JsonWriter& json, const flow::Flow& flow,
                         std::span<const detect::FlowVariable> packet_variables = {});
// `packet`, base 64, and `packet_info`.
void write_packet(base::JsonWriter& json, const decode::Packet& packet);
void write_rule_alert(base::JsonWriter& json, const detect::Alert& alert,
                      const EventContext& context, const AlertOptions& options);

}  // namespace netmoth::output
