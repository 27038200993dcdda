// IMAP, POP3, XMPP and LDAP, watched only for the command that turns the connection into
// TLS (RFC 2595, 6120, 4511).
//
// Invariant: at most kMaxWatchedLine octets per direction are kept; after kMaxWatchedOctets, or
// once the session proper begins, the parser is done.
#pragma once

#include <array>
#include <string>

#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxWatchedLine = 512;
inline constexpr std::size_t kMaxWatchedOctets = 64 * 1024;

class SwitchParser final : public Parser {
 public:
  explicit SwitchParser(AppProto proto) : proto_(proto) {}

  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction, std::uint64_t, TransactionSink&) override { return Verdict::kDone; }
  void on_close(TransactionSink&) override {}

 private:
  Verdict take_client_line(std::string_view line);
  Verdict take_server_line(std::string_view line);
  Verdict take_stanzas(Direction direction, std::string_view data);
  Verdict take_ldap(Direction direction, std::string_view data);

  AppProto proto_;
  bool asked_ = false;  // the client wants TLS, the server has not answered yet
  std::size_t watched_ = 0;
  std::string tag_;  // IMAP: of the STARTTLS command
  std::array<std::string, 2> lines_;
};

}  // namespace netmoth::protocols
