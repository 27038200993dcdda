// Members of flow events that tell how the flow began (flow/flow_profile.h).
#pragma once

#include "base/json_writer.h"
#include "flow/flow_profile.h"

namespace netmoth::output {

// Suricata's `ether` with the first address of each end; nothing where none is known.
void write_profile_ether(base::JsonWriter& json, const flow::Flow& flow,
                         const flow::FlowProfile& profile);
// Under netmoth: first_sizes, first_gaps_us, syn; each where there is something to tell.
void write_profile(base::JsonWriter& json, const flow::Flow& flow,
                   const flow::FlowProfile& profile);

}  // namespace netmoth::output
