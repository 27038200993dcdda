// The application layer of one flow: which protocol it is, and the parser that reads it.
//
// Invariant: bytes are parsed once and in the order in which they came; what arrives before the
// protocol is known is kept, at most kMaxPendingBytes per direction, and handed to the parser
// afterwards. Once nothing in the flow is of interest any more (wants_more() false) it holds no
// memory but itself.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "flow/flow.h"
#include "pipeline/session_memory.h"
#include "protocols/datagram_tracker.h"
#include "protocols/parser.h"
#include "protocols/protocol_set.h"
#include "stream/reassembler.h"

namespace netmoth::pipeline {

inline constexpr std::size_t kMaxPendingBytes = 4096;
// Datagrams of one direction that may be of no known protocol before a flow is given up.
inline constexpr std::uint8_t kMaxUnknownDatagrams = 6;

class AppSession final : public flow::FlowAttachment {
 public:
  // `disabled` outlives the session: a flow of one of those stays unrecognised.
  explicit AppSession(const protocols::ProtocolSet& disabled) : disabled_(disabled) {}
  // The session of `flow`, made at first use; nullptr where memory admits no more: then the flow is
  // counted alone.
  static AppSession* of(flow::Flow& flow, const protocols::ProtocolSet& disabled,
                        SessionMemory& memory);

  // Feeds bytes of `flow` in `direction`. May exchange the flow's client and server
  // (flow.reverse()), in which case `direction` is changed too.
  bool on_data(flow::Flow& flow, Direction& direction, Bytes data, TimestampNs time,
               protocols::TransactionSink& sink);
  bool on_gap(flow::Flow& flow, Direction direction, std::uint64_t missing,
              protocols::TransactionSink& sink);
  // The flow is over.
  void close(flow::Flow& flow, protocols::TransactionSink& sink);

  [[nodiscard]] const protocols::Record* waiting_transaction(std::uint64_t tx_id) const {
    return parser_ == nullptr ? nullptr : parser_->waiting_transaction(tx_id);
  }
  [[nodiscard]] bool wants_more() const { return !finished_; }
  // A side keeps its index when client and server are exchanged; its direction changes.
  [[nodiscard]] std::size_t side_index(Direction direction) const {
    return index_of(direction) ^ (flipped_ ? 1U : 0U);
  }
  [[nodiscard]] Direction direction_of(std::size_t side_index) const {
    return (side_index != 0) == flipped_ ? Direction::kToServer : Direction::kToClient;
  }
  [[nodiscard]] stream::Reassembler& stream(Direction direction) {
    return sides_[side_index(direction)].stream;
  }

 private:
  struct Side {
    stream::Reassembler stream;
    std::vector<std::uint8_t> pending;
    protocols::DatagramTracker tracker;
    std::uint8_t tries = 0;
    bool given_up = false;
    bool seen = false;
  };

  Side& side(Direction direction) { return sides_[side_index(direction)]; }
  [[nodiscard]] Direction as_parsed(Direction direction) const {
    return swapped_ ? opposite(direction) : direction;
  }
  bool detect(flow::Flow& flow, Direction& direction, Bytes data, TimestampNs time,
              protocols::TransactionSink& sink);
  // True where another connection announced this one: then it has a parser.
  bool take_expected(flow::Flow& flow, protocols::TransactionSink& sink);
  bool start_parser(flow::Flow& flow, protocols::AppProto proto, Direction direction, Bytes data,
                    TimestampNs time, protocols::TransactionSink& sink);
  bool feed(flow::Flow& flow, Direction direction, Bytes data, TimestampNs time,
            protocols::TransactionSink& sink);
  bool apply(flow::Flow& flow, protocols::Verdict verdict);
  bool give_up(flow::Flow& flow);
  bool finish();

  const protocols::ProtocolSet& disabled_;
  std::array<Side, 2> sides_;
  std::unique_ptr<protocols::Parser> parser_;
  bool flipped_ = false;
  bool swapped_ = false;  // the parser takes the flow's server for the client
  bool finished_ = false;
  bool first_pending_is_server_ = false;
};

}  // namespace netmoth::pipeline
