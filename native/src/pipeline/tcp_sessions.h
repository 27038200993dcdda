// The TCP half of a worker: a segment of a flow in, bytes of its session to the parsers out.
//
// Invariant: a session hears of a stream only what its receiver has acknowledged, in order, from
// the first octet (stream/reassembler.h); without the handshake only where the options say so. When
// nobody wants more of a flow its session is freed and flow.inspect is false: further segments cost
// the state machine alone. Memory held for all flows together is bounded by one pool.
#pragma once

#include <string_view>

#include "decode/packet.h"
#include "pipeline/app_session.h"
#include "stream/reassembler.h"

namespace netmoth::pipeline {

// The worker, as its TCP half sees it.
class TcpHost {
 public:
  virtual ~TcpHost() = default;
  // `name` is Suricata's with its prefix, "stream.…"; static storage.
  virtual void on_stream_event(Direction direction, std::string_view name) = 0;
  // The same octets as the session gets, before it.
  virtual void on_stream_data(Direction direction, Bytes data) = 0;
  // It has had them. Returns whether more is wanted.
  virtual bool on_stream_parsed(Direction direction) = 0;
  // So many octets of the side's stream were never seen.
  virtual void on_stream_hole(Direction direction, std::uint64_t missing) = 0;
  // Whether on_stream_data() would be listened to: keeps a stream going that no parser reads.
  [[nodiscard]] virtual bool wants_stream(const flow::Flow& flow) const = 0;
};

struct TcpOptions {
  std::size_t reassembly_bytes = std::size_t{64} << 20;
  stream::OverlapPolicy overlap_policy = stream::OverlapPolicy::kLinux;
  base::HostPolicies host_policies;
  protocols::ProtocolSet disabled;
  bool midstream = false;      // parse connections whose start was not seen
  bool midstream_tls = true;   // … from a TLS ClientHello on, whatever `midstream` says
  bool async_oneside = false;  // parse connections of which one direction is not captured
};

class TcpSessions {
 public:
  // `host`, `sink` and `memory` outlive the sessions.
  TcpSessions(TcpOptions options, TcpHost& host, protocols::TransactionSink& sink,
              SessionMemory& memory);

  // One segment of `flow`, after the flow counted it. `now` is packet time. False where its payload
  // is no part of the stream: its receiver would not take it, or the connection's start is missing.
  bool on_segment(flow::Flow& flow, Direction direction, const decode::Packet& packet,
                  TimestampNs now);
  // The flow ends: what is held goes to the parser, the parser tells what it has.
  void close(flow::Flow& flow, TimestampNs now);

  // For flows to come: those of the others are no longer looked for.
  void set_disabled(const protocols::ProtocolSet& disabled) { options_.disabled = disabled; }

  [[nodiscard]] const stream::StreamCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t held_bytes() const { return pool_.used(); }

 private:
  class SideConsumer;

  [[nodiscard]] stream::OverlapPolicy policy_of(const flow::Flow& flow, Direction direction) const;
  bool may_parse(flow::Flow& flow, Direction direction, const decode::Packet& packet) const;
  void deliver(flow::Flow& flow, Direction direction, const decode::Packet& packet,
               TimestampNs now);
  [[nodiscard]] bool wants_more(const flow::Flow& flow, const AppSession& session) const;
  void start_side(flow::Flow& flow, AppSession& session, Direction direction,
                  std::uint32_t sequence);

  TcpOptions options_;
  TcpHost& host_;
  protocols::TransactionSink& sink_;
  SessionMemory& memory_;
  stream::BufferPool pool_;
  stream::StreamCounters counters_;
};

}  // namespace netmoth::pipeline
