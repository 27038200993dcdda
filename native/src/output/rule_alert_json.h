// The members of a rule's alert behind its header (EVE), as Suricata 8 names and spells them.
#pragma once

#include "base/json_writer.h"
#include "detect/detector.h"
#include "output/alert_options.h"

namespace netmoth::output {

struct EventContext;

void write_rule_alert(base::JsonWriter& json, const detect::Alert& alert,
                      const EventContext& context, const AlertOptions& options);

}  // namespace netmoth::output
