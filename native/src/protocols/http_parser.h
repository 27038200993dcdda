// HTTP/1.0 and 1.1 (and 0.9) over a byte stream: pipelined requests, their responses, bodies
// counted and, where somebody asked for them, decoded.
//
// Where senders break the rules it reads what browsers read, which is what attackers use: lines
// that end in LF or (of responses) CR alone, folded and misplaced fields, lengths with junk, octets
// behind the announced end of a body.
//
// Invariant: at most kMaxPipelined transactions wait for their response (the oldest is reported as
// it is when a further one comes); of a line split over segments at most kMaxHttpLine octets are
// kept, of a head at most kMaxHttpFields fields are looked at; body octets are never kept.
//
// http_parser.cc has lines and segments, http_head.cc the heads, http_message.cc bodies and
// transactions.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "protocols/frame.h"
#include "protocols/http_body.h"
#include "protocols/http_fields.h"
#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxPipelined = 64;
inline constexpr std::size_t kMaxFieldName = 256;    // where it has to be kept
inline constexpr std::size_t kMaxHttpFields = 1024;  // of one message head; the rest is passed over
// Segments that are no HTTP in the place of a request before the connection is given up.
inline constexpr std::size_t kMaxStraySegments = 8;

class HttpParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;
  [[nodiscard]] const Record* waiting_transaction(std::uint64_t tx_id) const override;
  // After an upgrade: HTTP/2 with stream 1 half done (RFC 7540 §3.2), or the WebSocket's name.
  Successor take_successor() override { return std::move(successor_); }

 private:
  enum class State : std::uint8_t {
    kStart,  // before a request or status line
    kFields,
    kBody,       // `left` octets to come
    kBodyToEnd,  // until the connection closes
    kChunkSize,
    kChunk,     // `left` octets to come
    kChunkEnd,  // the line end behind a chunk
    kTrailers,
    kLost,  // after a gap: looking for the next message
  };

  struct Side {
    State state = State::kStart;
    bool line_cut = false;     // the current line was longer than is kept
    bool had_colon = false;    // the field line before this one
    bool ended_in_lf = false;  // the line being handled, not in CR
    bool body_wanted = false;
    std::uint16_t fields = 0;
    std::uint64_t left = 0;
    std::string nameless;          // a line without a colon that a folded one may complete
    std::string line;              // the part of a line that came in earlier segments
    FrameKeeper frame;             // a message, where rules ask for it
    std::string* value = nullptr;  // of the field a folded line would continue
    HttpFraming framing;
    HttpContentFields content;
    std::unique_ptr<HttpBody> body;
  };

  // What handling a line or the end of a message asks of the caller.
  enum class Next : std::uint8_t { kGoOn, kNotHttp, kTunnel, kTunnelTls, kSuccessor };

  Side& side_of(Direction direction) { return sides_[index_of(direction)]; }

  // http_parser.cc
  void keep_frame(Direction direction, Bytes octets, TransactionSink& sink);
  void end_frame(Direction direction, TransactionSink& sink);
  Next consume(Direction direction, Bytes& data, TransactionSink& sink);
  bool cut_line(Direction direction, std::string_view text, std::size_t& length,
                std::size_t& consumed);
  [[nodiscard]] bool ends_head(Direction direction, std::string_view line) const;
  static bool skip_junk_line(Bytes& data);
  bool reach_chunk_size(Direction direction, Bytes& data, TransactionSink& sink);
  bool reach_status_line(Bytes& data, TransactionSink& sink);
  static void tell_too_long(Direction direction, TransactionSink& sink);
  Next consume_line(Direction direction, Bytes& data, TransactionSink& sink);
  Next take_line(Direction direction, std::string_view line, TransactionSink& sink);
  void end_request_line(TransactionSink& sink);
  bool find_again(Direction direction, Bytes data, TransactionSink& sink);
  void start_successor(Bytes rest, TransactionSink& sink);

  // http_head.cc
  Next start_line(Direction direction, std::string_view line, TransactionSink& sink);
  Next request_line(std::string_view line, TransactionSink& sink);
  Next keep_start(Direction direction, std::string_view line, Next next);
  void keep_field(Direction direction, std::string_view line);
  void field_line(Direction direction, std::string_view line, TransactionSink& sink);
  bool complete_nameless(Direction direction, std::string_view line, TransactionSink& sink);
  bool fold(Direction direction, std::string_view line);
  Next head_complete(Direction direction, TransactionSink& sink);
  Next request_head_complete(TransactionSink& sink);
  Next response_head_complete(TransactionSink& sink);
  Next switch_protocols(TransactionSink& sink);

  // http_message.cc
  bool chunk_size(Direction direction, std::string_view line, TransactionSink& sink);
  void body_data(Direction direction, Bytes octets, TransactionSink& sink);
  void begin_body(Direction direction, TransactionSink& sink);
  void message_ends(Direction direction, Bytes& following, TransactionSink& sink);
  void message_complete(Direction direction, TransactionSink& sink);
  void end_body(Direction direction, bool whole, TransactionSink& sink);
  HttpBody::Call body_call(Direction direction, TransactionSink& sink);
  HttpTransaction* transaction_of(Direction direction);
  HttpTransaction* request_now();   // the youngest transaction
  HttpTransaction& response_now();  // the oldest
  HttpTransaction& add_transaction(TransactionSink& sink);
  void report_oldest(TransactionSink& sink);

  std::array<Side, 2> sides_;
  // Waiting ones first; the others keep memory for reuse. By pointer, because the oldest goes to
  // the end with each answer, and they are large.
  std::vector<std::unique_ptr<HttpTransaction>> slots_;
  Successor successor_;
  std::size_t waiting_ = 0;
  std::size_t stray_segments_ = 0;
  std::uint64_t next_tx_id_ = 0;
  bool anything_seen_ = false;
  bool request_open_ = false;    // the youngest transaction's request is not complete
  bool answered_early_ = false;  // and it is the only one, and its answer is
  Bytes following_;              // of the segment, behind the line being handled
};

}  // namespace netmoth::protocols
