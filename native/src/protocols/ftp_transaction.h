// One FTP command with its replies, and one file transfer: the records behind ftp and ftp_data
// events.
//
// Invariant: owns everything it says; texts and lists are bounded by the parser (ftp_parser.h).
#pragma once

#include <string>
#include <vector>

#include "protocols/record.h"

namespace netmoth::protocols {

struct FtpTransaction : Record {
  FtpTransaction() : Record(RecordKind::kFtp) {}
  std::uint64_t tx_id = 0;
  std::string command;  // upper case; empty: a reply that nobody asked for, as the greeting
  std::string command_data;
  bool command_truncated = false;
  std::vector<std::string> completion_codes;
  std::vector<std::string> replies;
  bool reply_truncated = false;
  bool reply_received = false;
  std::uint16_t dynamic_port = 0;
};

struct FtpTransfer : Record {
  FtpTransfer() : Record(RecordKind::kFtpData) {}
  std::uint64_t tx_id = 0;  // one transaction a connection
  std::string command;
  std::string file_name;
};

}  // namespace netmoth::protocols
