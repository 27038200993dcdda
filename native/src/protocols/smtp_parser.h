// SMTP (RFC 5321) with PIPELINING (2920), CHUNKING (3030), AUTH (4954) and STARTTLS (3207): each
// mail transaction becomes a record with its envelope and its mail (mime_parser.h).
//
// Invariant: of a line at most kMaxSmtpLine octets are kept, of an envelope kMaxSmtpRecipients
// recipients; at most kMaxSmtpPipelined commands wait for their reply, beyond that the oldest are
// taken as answered. Credentials are never kept.
#pragma once

#include <deque>

#include "protocols/frame.h"
#include "protocols/line_reader.h"
#include "protocols/mail.h"
#include "protocols/mime_parser.h"
#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxSmtpLine = 4096;
// Beyond it a line has Suricata's event; RFC 5321 §4.5.3.1 allows 512 with the line's end.
inline constexpr std::size_t kSmtpLineLimit = 510;
inline constexpr std::size_t kMaxSmtpRecipients = 256;
inline constexpr std::size_t kMaxSmtpPipelined = 256;

class SmtpParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;

 private:
  enum class Command : std::uint8_t { kOther, kData, kMailEnd, kStarttls, kAuth };
  enum class Mode : std::uint8_t { kCommands, kData, kChunk };

  void keep_frame(const MailPiece& piece, TransactionSink& sink);
  Verdict on_client(Bytes data, TransactionSink& sink);
  void take_command(const TextLine& line, TransactionSink& sink);
  void take_envelope(std::string_view line, TransactionSink& sink);
  void take_mail(Bytes& data, TransactionSink& sink);
  void take_chunk(Bytes& data, TransactionSink& sink);
  Verdict take_reply(const TextLine& line, TransactionSink& sink);
  Verdict settle(Command command, std::string_view code, TransactionSink& sink);
  void expect_reply(Command command);
  void open_transaction();
  void begin_mail();
  void end_mail(bool complete, TransactionSink& sink);
  void report(TransactionSink& sink);

  Mode mode_ = Mode::kCommands;
  LineReader commands_{kMaxSmtpLine};
  LineReader replies_{kMaxSmtpLine};
  MailPieceReader pieces_;
  std::deque<Command> waiting_;
  bool greeted_ = false;
  bool reply_continues_ = false;  // "250-": more lines of it follow
  bool auth_data_ = false;        // the client's next line answers a challenge
  bool lost_ = false;             // a gap: replies cannot be matched with commands any more
  bool in_transaction_ = false;
  std::uint64_t chunk_left_ = 0;
  bool last_chunk_ = false;
  std::uint64_t next_tx_id_ = 0;
  std::string helo_;
  SmtpTransaction transaction_;
  MimeParser mime_;
  FrameKeeper mail_frame_;  // the octets of DATA
};

}  // namespace netmoth::protocols
