// See fileinfo_json.h.
#include "output/fileinfo_json.h"

#include "output/record_events.h"

namespace netmoth::output {
namespace {

using protocols::FileState;

std::string_view state_name(FileState state) {
  switch (state) {
    case FileState::kClosed:
      return "CLOSED";
    case FileState::kTruncated:
      return "TRUNCATED";
    case FileState::kUnknown:
      break;
  }
  return "UNKNOWN";
}

template <typename Digest>
void write_digest(base::JsonWriter& json, std::string_view name, const Digest& digest) {
  if (!digest) return;
  json.key(name);
  json.hex(*digest);
}

void write_transaction(base::JsonWriter& json, const protocols::FileInfo& file) {
  if (file.transaction != nullptr)
    event_of(file.transaction->kind).write_object(json, *file.transaction);
}

}  // namespace

void write_file(base::JsonWriter& json, const protocols::FileInfo& file) {
  json.begin_object();
  json.member("filename", file.name);
  if (!file.magic.empty()) json.member("magic", file.magic);
  json.member("gaps", file.gaps);
  json.member_plain("state", state_name(file.state));
  write_digest(json, "md5", file.digests.md5);
  write_digest(json, "sha1", file.digests.sha1);
  write_digest(json, "sha256", file.digests.sha256);
  json.member("stored", false);
  json.member("size", file.size);
  if (file.range) {
    json.member("start", file.range->first);
    json.member("end", file.range->second);
  }
  json.member("tx_id", file.tx_id);
  json.end_object();
}

void write_fileinfo(base::JsonWriter& json, const protocols::FileInfo& file) {
  write_transaction(json, file);
  json.member_plain("app_proto", protocols::app_proto_name(file.proto));
  json.key("fileinfo");
  write_file(json, file);
}

void write_alert_file(base::JsonWriter& json, const protocols::FileInfo& file) {
  write_transaction(json, file);
  json.key("files");
  json.begin_array();
  write_file(json, file);
  json.end_array();
}

}  // namespace netmoth::output
