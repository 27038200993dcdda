// HTTP/2 in clear text (RFC 9113), with prior knowledge or after an upgrade (RFC 7540 §3.2).
//
// Invariant: at most kMaxHttp2Streams streams are open and kMaxHttp2Kept octets of their headers
// kept (the oldest is reported as it is when more come); of frames cut by segments and of header
// blocks cut by CONTINUATION at most kMaxHeaderBlock octets a direction; DATA is never kept. What
// breaks the header table's state (a broken block, a gap outside DATA) ends the parsing.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "protocols/frame.h"
#include "protocols/http2_stream.h"
#include "protocols/http_transaction.h"
#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxHttp2Streams = 256;
inline constexpr std::size_t kMaxHttp2Kept = 512U << 10;
inline constexpr std::size_t kMaxHeaderBlock = 64U << 10;
inline constexpr std::size_t kMaxContinuations = 64;  // of one header block

class Http2Parser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;

  // Stream 1 is what was asked in HTTP/1.1.
  void take_upgrade(const HttpTransaction& asked);

  [[nodiscard]] std::size_t open_streams() const { return streams_.size(); }

 private:
  struct Frame {
    std::uint32_t length = 0;
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
  };

  struct Side {
    std::size_t preface = 0;  // octets of it seen
    bool in_frame = false;
    Frame frame;
    std::uint64_t skip = 0;          // octets of a payload that is passed over or DATA
    std::uint64_t data_left = 0;     // of it, what is neither padding nor its length
    bool padding_unknown = false;    // DATA's first octet says how much
    std::string kept;                // of a frame's head or payload, the part that came earlier
    std::string block;               // a header block that CONTINUATION goes on with
    std::uint32_t block_stream = 0;  // of it; 0: none
    bool block_promise = false;
    std::size_t continuations = 0;
    std::uint32_t youngest = 0;  // stream that this side opened
    FrameKeeper pdu;             // the frame at hand, where rules look at frames
    HpackDecoder hpack;
  };

  class PartsTransaction;

  bool take_preface(Bytes& data);
  static void tell_frames(Direction direction, const FrameKeeper& pdu, TransactionSink& sink);
  void begin_frame(Direction direction, Bytes head, TransactionSink& sink);
  bool take_payload(Direction direction, Bytes payload, TransactionSink& sink);
  bool take_headers(Direction direction, Bytes payload, TransactionSink& sink);
  bool add_to_block(Direction direction, Bytes fragment, TransactionSink& sink);
  bool end_block(Direction direction, Bytes block, TransactionSink& sink);
  void take_settings(Direction direction, Bytes payload, TransactionSink& sink);
  static void note_frame(Http2Side& side, std::uint8_t type) {
    if (type < 16) side.frame_types |= static_cast<std::uint16_t>(1U << type);
  }
  // A frame that no event tells of: of the connection, or a stream's window.
  void take_silent_frame(Direction direction, Bytes payload, TransactionSink& sink);
  void take_priority(Http2Side& side, Bytes payload);
  void take_error(Http2Side& side, std::uint32_t code, bool of_connection);
  void take_field(Http2Stream& stream, Direction direction, const HeaderField& field,
                  TransactionSink& sink);
  void end_side(Direction direction, std::uint32_t id, TransactionSink& sink);

  Http2Stream* find_stream(std::uint32_t id);
  Http2Stream& stream_of(Direction direction, std::uint32_t id, TransactionSink& sink);
  void take_data(Direction direction, Bytes piece, TransactionSink& sink);
  void body_data(Direction direction, Http2Stream& stream, Bytes data, TransactionSink& sink);
  void end_body(Direction direction, Http2Stream& stream, TransactionSink& sink);
  void fill_transaction(const Http2Stream& stream);
  void report(const Http2Stream& stream, TransactionSink& sink);
  void report_at(std::size_t index, TransactionSink& sink);

  std::array<Side, 2> sides_;
  std::vector<std::unique_ptr<Http2Stream>> streams_;  // oldest first
  std::size_t kept_octets_ = 0;                        // of all streams' headers
  std::uint64_t next_tx_id_ = 0;
  bool table_named_ = false;  // the anomaly for a too large table was told
  HttpTransaction transaction_;
};

}  // namespace netmoth::protocols
