// FTP's control connection (RFC 959, 2228, 2428, 3659): each command with its replies becomes a
// record; data connections are announced (expectations.h); AUTH TLS hands over to TLS.
//
// Invariant: of a line at most kMaxFtpLine octets are kept, of a command at most kMaxFtpReplyLines
// lines of replies; at most kMaxFtpPipelined commands wait for their reply, beyond that the oldest
// is reported as it is.
#pragma once

#include <array>
#include <deque>

#include "protocols/ftp_transaction.h"
#include "protocols/line_reader.h"
#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxFtpLine = 4096;
inline constexpr std::size_t kMaxFtpReplyLines = 64;
inline constexpr std::size_t kMaxFtpPipelined = 64;

// The port of "h1,h2,h3,h4,p1,p2" anywhere in the text (PORT, 227), or 0.
[[nodiscard]] std::uint16_t ftp_port_of_octets(std::string_view text);
// The port of "|af|address|port|" (EPRT) or "|||port|" (229) anywhere in the text, or 0.
[[nodiscard]] std::uint16_t ftp_port_of_bars(std::string_view text);

class FtpParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;

 private:
  void take_command(const TextLine& line, TransactionSink& sink);
  Verdict take_reply(const TextLine& line, TransactionSink& sink);
  // True where TLS follows.
  bool settle(FtpTransaction& transaction, std::string_view line, TransactionSink& sink);
  // Without a command: that one will be, with what is known of it yet.
  void expect_data(std::string_view command, std::string_view file_name, TransactionSink& sink);
  FtpTransaction& add_transaction(TransactionSink& sink);
  void report_oldest(TransactionSink& sink);

  std::array<LineReader, 2> lines_{LineReader(kMaxFtpLine), LineReader(kMaxFtpLine)};
  std::deque<FtpTransaction> waiting_;
  std::uint64_t next_tx_id_ = 0;
  std::string multi_line_;          // the code a reply of several lines ends with, or empty
  std::uint16_t data_port_ = 0;     // where the next data connection goes
  bool server_opens_data_ = false;  // active mode
};

}  // namespace netmoth::protocols
