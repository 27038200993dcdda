// A mail (RFC 5322) with its MIME parts (RFC 2045, 2046), read as it comes: its head becomes an
// Email, parts with a file name become files, texts are searched for URLs.
//
// Invariant: multiparts and enclosed messages are followed kMaxMimeDepth deep; of a field
// kMaxMimeField octets are kept and of the content nothing but a decoder's group of octets and the
// line's end before what may be a boundary. Each of Suricata's events is told once a mail.
#pragma once

#include <string>
#include <vector>

#include "protocols/file_tracker.h"
#include "protocols/mail.h"
#include "protocols/mail_pieces.h"
#include "protocols/mime_decoders.h"
#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxMimeDepth = 8;
inline constexpr std::size_t kMaxMimeFieldName = 75;
inline constexpr std::size_t kMaxMimeField = 2000;      // unfolded, with its name
inline constexpr std::size_t kMaxMimeLine = 998;        // RFC 5322 §2.1.1
inline constexpr std::size_t kMaxMimeEncodedLine = 76;  // RFC 2045 §6.7, §6.8
inline constexpr std::size_t kMaxMimeBoundary = 254;
inline constexpr std::size_t kMaxMimeFileName = 255;
inline constexpr std::size_t kMaxMailAddresses = 256;
inline constexpr std::size_t kMaxMailAttachments = 64;
inline constexpr std::size_t kMaxMailReceived = 64;

class MimeParser {
 public:
  // `transaction` outlives the mail; its email is filled and it stands beside its files' events.
  void start(SmtpTransaction& transaction);
  void data(Bytes octets, TransactionSink& sink);
  // One piece of a line that the caller has cut itself.
  void piece(const MailPiece& piece, TransactionSink& sink);
  // Octets that nobody saw.
  void gap(std::uint64_t missing, TransactionSink& sink);
  // `complete` where the mail's end was seen.
  void finish(bool complete, TransactionSink& sink);

  [[nodiscard]] bool is_open() const { return transaction_ != nullptr; }

 private:
  enum class Encoding : std::uint8_t { kNone, kBase64, kQuotedPrintable };
  enum class Event : std::uint8_t {
    kMalformed,
    kInvalidBase64,
    kInvalidQp,
    kLongLine,
    kLongEncodedLine,
    kLongName,
    kLongValue,
    kLongBoundary,
    kLongFileName,
    kCount
  };

  struct Multipart {
    std::string boundary;
    std::size_t depth;  // of it
  };

  void tell(Event event, TransactionSink& sink);
  void header_piece(const MailPiece& piece, TransactionSink& sink);
  void end_field(TransactionSink& sink);
  void keep_part_field(std::string_view name, std::string_view value);
  void keep_mail_field(std::string_view name, std::string_view value);
  void end_header(TransactionSink& sink);
  void begin_part();
  void digest_body(const MailPiece& piece);
  // True where the line is a boundary of a multipart that is open.
  bool take_boundary(const MailPiece& piece, TransactionSink& sink);
  void body_piece(const MailPiece& piece, TransactionSink& sink);
  void content(std::string_view octets);
  void end_part(FileState state, TransactionSink& sink);
  Email& email() { return transaction_->email; }

  SmtpTransaction* transaction_ = nullptr;
  MailPieceReader pieces_;
  std::vector<Multipart> open_;  // innermost last
  std::size_t depth_ = 0;        // multiparts and enclosed messages
  std::uint32_t told_ = 0;       // a bit for each Event
  bool in_header_ = false;
  bool in_mail_header_ = false;  // the outermost one
  bool lost_ = false;            // a gap: parts are missing
  bool inspect_ = false;         // what only rules ask for is kept
  bool in_body_ = false;         // the mail's own head is over
  std::size_t line_octets_ = 0;

  std::string field_;
  bool field_cut_ = false;
  std::string type_;         // Content-Type, whole
  std::string disposition_;  // Content-Disposition, whole
  Encoding encoding_ = Encoding::kNone;

  bool skip_part_ = false;  // before the first boundary, and behind the last one
  bool is_text_ = false;
  std::string_view held_eol_;  // a literal; belongs to a boundary if one follows
  std::string decoded_;
  Base64Decoder base64_;
  QuotedPrintableDecoder quoted_printable_;
  UrlFinder urls_;
  FileTracker file_;
  base::StreamDigest body_digest_;
  std::string body_eol_;  // of the last line, not digested yet
};

}  // namespace netmoth::protocols
