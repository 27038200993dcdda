// What event each kind of record becomes: one row a kind.
//
// Invariant: every RecordKind has a row, checked when the table is built.
#pragma once

#include "base/json_writer.h"
#include "output/batch.h"
#include "protocols/record.h"

namespace netmoth::output {

// Whose source and destination the event's src_ip and dest_ip are.
enum class EndsOrder : std::uint8_t { kFlow, kPacket };

struct RecordEvent {
  protocols::RecordKind kind;
  EventType type;
  EndsOrder order;
  bool labelled;  // with the domain and application of its flow
  // Writes the members of the event's own: its protocol's object, tx_id before it where EVE has it.
  void (*write)(base::JsonWriter&, const protocols::Record&);
  // The object alone, to stand beside another event's.
  void (*write_object)(base::JsonWriter&, const protocols::Record&);
  // What EVE does not know: members of `netmoth`. nullptr where there are none.
  void (*write_netmoth)(base::JsonWriter&, const protocols::Record&) = nullptr;
};

const RecordEvent& event_of(protocols::RecordKind kind);

}  // namespace netmoth::output
