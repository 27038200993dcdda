// Writes ftp and ftp_data events in Suricata's order of members. See ftp_json.h.
#include "output/ftp_json.h"

namespace netmoth::output {
namespace {

void write_texts(base::JsonWriter& json, std::string_view name,
                 const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  json.key(name);
  json.begin_array();
  for (const std::string& text : texts)
    json.text(text);
  json.end_array();
}

}  // namespace

void write_ftp(base::JsonWriter& json, const protocols::FtpTransaction& transaction) {
  json.key("ftp");
  json.begin_object();
  if (!transaction.command.empty()) json.member("command", transaction.command);
  if (!transaction.command_data.empty()) {
    json.member("command_data", transaction.command_data);
    json.member("command_truncated", transaction.command_truncated);
  }
  write_texts(json, "completion_code", transaction.completion_codes);
  write_texts(json, "reply", transaction.replies);
  if (transaction.dynamic_port != 0) json.member("dynamic_port", transaction.dynamic_port);
  if (transaction.command == "PORT" || transaction.command == "EPRT")
    json.member_plain("mode", "active");
  json.member_plain("reply_received", transaction.reply_received ? "yes" : "no");
  json.member("reply_truncated", transaction.reply_truncated);
  json.end_object();
}

void write_ftp_data(base::JsonWriter& json, const protocols::FtpTransfer& transfer) {
  json.key("ftp_data");
  json.begin_object();
  if (!transfer.file_name.empty()) json.member("filename", transfer.file_name);
  json.member("command", transfer.command);
  json.end_object();
}

}  // namespace netmoth::output
