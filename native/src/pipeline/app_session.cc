#include "pipeline/app_session.h"

#include <utility>

namespace netmoth::pipeline {

using protocols::AppProto;
using protocols::Certainty;
using protocols::ProbeResult;
using protocols::Transport;
using protocols::Verdict;

namespace {

Transport transport_of(const flow::Flow& flow) {
  switch (flow.key.protocol) {
    case ip_proto::kTcp:
      return Transport::kTcp;
    case ip_proto::kSctp:
      return Transport::kSctp;
    default:
      return Transport::kUdp;
  }
}

ProbeResult probe_side(const flow::Flow& flow, Direction direction, Bytes data) {
  return protocols::probe(
      {transport_of(flow), flow.key.source_port, flow.key.destination_port, direction, data});
}

void append_bounded(std::vector<std::uint8_t>& to, Bytes data, std::size_t limit) {
  const std::size_t room = limit - std::min(limit, to.size());
  const Bytes part = data.first(std::min(room, data.size()));
  to.insert(to.end(), part.begin(), part.end());
}

}  // namespace

AppSession* AppSession::of(flow::Flow& flow, const protocols::ProtocolSet& disabled,
                           SessionMemory& memory) {
  if (flow.attachment == nullptr) {
    if (!memory.admits()) {
      flow.inspect = false;
      flow.app_proto = static_cast<std::uint8_t>(AppProto::kFailed);
      return nullptr;
    }
    flow.attachment = std::make_unique<AppSession>(disabled);
  }
  return static_cast<AppSession*>(flow.attachment.get());
}

bool AppSession::on_data(flow::Flow& flow, Direction& direction, Bytes data, TimestampNs time,
                         protocols::TransactionSink& sink) {
  if (finished_) return false;
  if (parser_ == nullptr) return detect(flow, direction, data, time, sink);
  Side& mine = side(direction);
  if (!mine.seen) {  // what the answering side speaks, for app_proto_tc and app_proto_ts
    mine.seen = true;
    const ProbeResult found = probe_side(flow, direction, data);
    if (found.certainty == Certainty::kCertain && !found.reversed)
      flow.app_proto_side[index_of(direction)] = static_cast<std::uint8_t>(found.proto);
  }
  return feed(flow, direction, data, time, sink);
}

bool AppSession::detect(flow::Flow& flow, Direction& direction, Bytes data, TimestampNs time,
                        protocols::TransactionSink& sink) {
  const bool is_stream = transport_of(flow) == Transport::kTcp;
  Side& mine = side(direction);
  if (!mine.seen && !side(opposite(direction)).seen) {
    first_pending_is_server_ = direction == Direction::kToClient;
    if (is_stream && take_expected(flow, sink)) return feed(flow, direction, data, time, sink);
  }
  mine.seen = true;
  if (mine.given_up) {
    if (is_stream && mine.pending.size() + data.size() > kMaxPendingBytes) return give_up(flow);
    if (is_stream) append_bounded(mine.pending, data, kMaxPendingBytes);
    return true;
  }
  Bytes whole = data;
  std::vector<std::uint8_t> joined;
  if (!mine.pending.empty()) {
    joined.swap(mine.pending);
    joined.insert(joined.end(), data.begin(), data.end());
    whole = joined;
  }
  const ProbeResult found = probe_side(flow, direction, whole);
  if (found.certainty == Certainty::kCertain) {
    if (found.reversed && (!is_stream || !(flow.tcp[0].syn_seen || flow.tcp[1].syn_seen))) {
      flow.reverse();
      flipped_ = !flipped_;
      first_pending_is_server_ = !first_pending_is_server_;
      direction = opposite(direction);
    } else {
      // The side that opened the connection serves on it (a reverse proxy's back channel): the flow
      // keeps its ends, the parser sees them exchanged.
      swapped_ = found.reversed;
    }
    return start_parser(flow, found.proto, direction, whole, time, sink);
  }
  if (!is_stream) {
    const AppProto tracked = mine.tracker.see(whole);
    if (tracked != AppProto::kUnknown)
      return start_parser(flow, tracked, direction, whole, time, sink);
    mine.given_up = ++mine.tries >= kMaxUnknownDatagrams;
    const Side& other = side(opposite(direction));
    return mine.given_up && (other.given_up || !other.seen) ? give_up(flow) : true;
  }
  mine.given_up = found.certainty == Certainty::kNo || whole.size() >= kMaxPendingBytes;
  if (mine.given_up && (side(opposite(direction)).given_up || whole.size() > kMaxPendingBytes))
    return give_up(flow);
  append_bounded(mine.pending, whole, kMaxPendingBytes);
  return true;
}

bool AppSession::take_expected(flow::Flow& flow, protocols::TransactionSink& sink) {
  protocols::ExpectedParser expected = sink.take_expected();
  if (expected.parser == nullptr) return false;
  flow.app_proto = static_cast<std::uint8_t>(expected.proto);
  parser_ = std::move(expected.parser);
  for (Side& each : sides_)
    each.seen = true;  // not to be looked at: a file may look like any protocol
  return true;
}

bool AppSession::start_parser(flow::Flow& flow, AppProto proto, Direction direction, Bytes data,
                              TimestampNs time, protocols::TransactionSink& sink) {
  if (disabled_.has(proto, transport_of(flow))) return give_up(flow);
  flow.app_proto = static_cast<std::uint8_t>(proto);
  flow.app_proto_side[index_of(direction)] = flow.app_proto;
  parser_ = protocols::make_parser(proto, transport_of(flow));
  if (parser_ == nullptr) return finish();
  // The other side may have spoken first (a banner), unrecognised: it comes first here too.
  const std::vector<std::uint8_t> other = std::exchange(side(opposite(direction)).pending, {});
  side(direction).pending = {};
  const bool other_first = first_pending_is_server_ == (direction == Direction::kToServer);
  if (!other.empty() && other_first && !feed(flow, opposite(direction), other, time, sink))
    return false;
  if (parser_ == nullptr) return true;
  if (!feed(flow, direction, data, time, sink)) return false;
  if (!other.empty() && !other_first && parser_ != nullptr)
    return feed(flow, opposite(direction), other, time, sink);
  return true;
}

bool AppSession::feed(flow::Flow& flow, Direction direction, Bytes data, TimestampNs time,
                      protocols::TransactionSink& sink) {
  return apply(flow, parser_->on_data(as_parsed(direction), data, time, sink));
}

bool AppSession::apply(flow::Flow& flow, Verdict verdict) {
  switch (verdict) {
    case Verdict::kMore:
      return true;
    case Verdict::kDone:
      return finish();
    case Verdict::kNotMine:
      return give_up(flow);
    case Verdict::kSuccessor: {
      protocols::Successor next = parser_->take_successor();
      flow.app_proto_original = flow.app_proto;
      flow.app_proto = static_cast<std::uint8_t>(next.proto);
      flow.app_proto_side = {flow.app_proto, flow.app_proto};
      parser_ = std::move(next.parser);
      return parser_ != nullptr || finish();
    }
    case Verdict::kSwitchTls:
      // What follows is looked at afresh: mostly TLS, but a proxy's CONNECT may carry anything.
      parser_.reset();
      swapped_ = false;
      flow.app_proto_original = flow.app_proto;
      for (Side& each : sides_) {
        each.given_up = false;
        each.seen = false;
        each.pending = {};
      }
      return true;
  }
  return true;
}

bool AppSession::on_gap(flow::Flow& flow, Direction direction, std::uint64_t missing,
                        protocols::TransactionSink& sink) {
  if (finished_) return false;
  if (parser_ != nullptr) return apply(flow, parser_->on_gap(as_parsed(direction), missing, sink));
  // Before the protocol is known: what was kept ends here, so this side cannot be recognised.
  Side& mine = side(direction);
  mine.given_up = true;
  mine.seen = true;
  mine.pending = {};
  return side(opposite(direction)).given_up ? give_up(flow) : true;
}

void AppSession::close(flow::Flow& flow, protocols::TransactionSink& sink) {
  if (finished_) return;
  if (parser_ != nullptr)
    parser_->on_close(sink);
  else if (flow.app_proto == 0 && (sides_[0].seen || sides_[1].seen))
    flow.app_proto = static_cast<std::uint8_t>(AppProto::kFailed);
  finish();
}

bool AppSession::give_up(flow::Flow& flow) {
  // A protocol that was recognised keeps its name: the flow is of it, only unreadable from here on.
  if (flow.app_proto == 0) flow.app_proto = static_cast<std::uint8_t>(AppProto::kFailed);
  return finish();
}

bool AppSession::finish() {
  finished_ = true;
  parser_.reset();
  for (Side& each : sides_) {
    each.pending = {};
  }
  return false;
}

}  // namespace netmoth::pipeline
