// The `mqtt` member of mqtt events: one object for each packet of an exchange, by its type.
#pragma once

#include "base/json_writer.h"
#include "protocols/mqtt_message.h"

namespace netmoth::output {

void write_mqtt(base::JsonWriter& json, const protocols::MqttExchange& exchange);

}  // namespace netmoth::output
