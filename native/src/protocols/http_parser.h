// HTTP/1.0 and 1.1 (and 0.9) over a byte stream: pipelined requests, their responses, bodies
// counted.
//
// Invariant: at most kMaxPipelined transactions wait for their response (the oldest is reported as
// it is when a further one comes); of a line split over segments at most kMaxHttpLine octets are
// kept; body octets are skipped, never copied.
#pragma once

#include <array>
#include <vector>

#include "protocols/http_fields.h"
#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxPipelined = 64;
inline constexpr std::size_t kMaxHttpFields = 1024;  // of one message head; the rest is passed over

class HttpParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;

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
    bool line_cut = false;  // the current line was longer than is kept
    std::uint16_t fields = 0;
    std::uint64_t left = 0;
    std::string line;              // the part of a line that came in earlier segments
    std::string* value = nullptr;  // of the field a folded line would continue
    HttpFraming framing;
  };

  // What handling a line or the end of a message asks of the caller.
  enum class Next : std::uint8_t { kGoOn, kNotHttp, kTunnel, kTunnelTls };

  Next take_line(Direction direction, std::string_view line, TransactionSink& sink);
  Next start_line(Direction direction, std::string_view line, TransactionSink& sink);
  void field_line(Direction direction, std::string_view line, TransactionSink& sink);
  Next head_complete(Direction direction, TransactionSink& sink);
  Next response_head_complete(TransactionSink& sink);
  void chunk_size_line(Direction direction, std::string_view line, TransactionSink& sink);
  void message_complete(Direction direction, TransactionSink& sink);
  void count_body(Direction direction, std::uint64_t octets);
  Next consume(Direction direction, Bytes& data, TransactionSink& sink);
  void end_request_line(TransactionSink& sink);
  bool find_again(Direction direction, Bytes data, TransactionSink& sink);

  HttpTransaction* request_now();   // the youngest transaction
  HttpTransaction& response_now();  // the oldest; made where there is none
  HttpTransaction& add_transaction(TransactionSink& sink);
  void report_oldest(TransactionSink& sink);

  std::array<Side, 2> sides_;
  std::vector<HttpTransaction> slots_;  // waiting ones first; the others keep memory for reuse
  std::size_t waiting_ = 0;
  std::uint64_t next_tx_id_ = 0;
  bool anything_seen_ = false;
  bool request_open_ = false;  // the youngest transaction's request is not complete
  bool more_follows_ = false;  // bytes follow the line being handled
};

}  // namespace netmoth::protocols
