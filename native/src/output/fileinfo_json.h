// Writes fileinfo events: the object of the transaction that carried the file, and the file's own.
//
// Invariant: field names, order and values as Suricata 8 writes them; nothing is ever stored.
#pragma once

#include "base/json_writer.h"
#include "protocols/file_tracker.h"

namespace netmoth::output {

void write_fileinfo(base::JsonWriter& json, const protocols::FileInfo& file);
// The file's own object alone.
void write_file(base::JsonWriter& json, const protocols::FileInfo& file);
// As alerts of lists have it: the transaction's object, and the file in the array `files`.
void write_alert_file(base::JsonWriter& json, const protocols::FileInfo& file);

}  // namespace netmoth::output
