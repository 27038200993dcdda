// What an SSH connection tells before it is encrypted: the record behind an ssh event.
//
// Invariant: owns everything it says; texts are bounded by the parser (ssh_parser.h).
#pragma once

#include <string>

#include "protocols/record.h"

namespace netmoth::protocols {

struct SshSide {
  std::string proto_version;     // "2.0"; empty where no banner was seen
  std::string software_version;  // "OpenSSH_9.6"
  std::string hassh_text;        // "kex;encryption;mac;compression", in this side's direction
  std::string hassh;             // MD5 of it, hexadecimal
};

struct SshSession : Record {
  SshSession() : Record(RecordKind::kSsh) {}
  std::uint64_t tx_id = 0;  // one transaction a connection
  SshSide client;
  SshSide server;
};

}  // namespace netmoth::protocols
