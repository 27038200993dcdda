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
struct AlertHead {
  std::uint32_t gid = 1;
  std::uint32_t sid = 0;
  std::uint32_t rev = 0;
  std::string_view signature;
  std::string_view category;
  std::uint64_t severity = 3;
};
struct AlertFacts : AlertHead {
  std::span<const AlertMetadata> metadata;
};

// Opens the object `alert`. This engine is passive: the action is always "allowed".
void begin_alert(base::JsonWriter& json, const AlertHead& alert);
// The whole object.
void write_alert(base::JsonWriter& json, const AlertFacts& alert);
// Opens the object `flow` with what all events that have it begin with: counters so far and start.
void begin_flow(base::JsonWriter& json, const flow::Flow& flow);
// The whole object as alerts have it, with the ends by client and server.
void write_alert_flow(base::JsonWriter& json, const flow::Flow& flow);

}  // namespace netmoth::output
