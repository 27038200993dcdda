// The members of an alert event of its own. Source: Suricata's EVE format, "Event type: alert".
#pragma once

#include <span>

#include "base/json_writer.h"
#include "flow/flow.h"

namespace netmoth::output {

// A key of alert.metadata with one value.
struct AlertMetadata {
  std::string_view key;
  std::string_view value;
};

// What fired. Views are needed during the call only.
struct AlertFacts {
  std::uint32_t gid = 1;
  std::uint32_t sid = 0;
  std::uint32_t rev = 0;
  std::string_view signature;
  std::string_view category;
  std::uint32_t severity = 3;
  std::span<const AlertMetadata> metadata;
};

// The object `alert`. This engine is passive: the action is always "allowed".
void write_alert(base::JsonWriter& json, const AlertFacts& alert);
// The object `flow` as alerts have it: counters so far, start, and the ends by client and server.
void write_alert_flow(base::JsonWriter& json, const flow::Flow& flow);

}  // namespace netmoth::output
