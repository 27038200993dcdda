// The TCP state machine by EVE's names and by the table's own six states.
#include "flow/tcp_track.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace netmoth::flow {
namespace {

constexpr std::uint8_t kFin = decode::tcp_flag::kFin;
constexpr std::uint8_t kSyn = decode::tcp_flag::kSyn;
constexpr std::uint8_t kRst = decode::tcp_flag::kRst;
constexpr std::uint8_t kAck = decode::tcp_flag::kAck;
constexpr Direction kClient = Direction::kToServer;
constexpr Direction kServer = Direction::kToClient;

struct Connection : ::testing::Test {
  Flow flow;
  std::uint32_t next[2] = {1000, 5000};

  Connection() { flow.key.protocol = ip_proto::kTcp; }

  TcpVerdict verdict;
  std::uint16_t window = 65535;
  std::uint32_t clock = 0;  // TSval, where not 0

  void send(Direction from, int flags, std::size_t payload = 0) {
    const std::size_t side = index_of(from);
    decode::TcpHeader header;
    header.window = window;
    header.has_timestamp = clock != 0;
    header.timestamp_value = clock;
    header.sequence = next[side];
    header.acknowledgment = (flags & kAck) != 0 ? next[1 - side] : 0;
    header.flags = static_cast<std::uint8_t>(flags);
    ++flow.packets[side];
    verdict = track_tcp(flow, from, header, payload);
    next[side] += static_cast<std::uint32_t>(payload) + ((flags & (kSyn | kFin)) != 0 ? 1U : 0U);
  }
  // The same with other numbers, which are put back: what a stranger sends.
  void forge(Direction from, int flags, std::int64_t ahead, std::int64_t ack_ahead,
             std::size_t payload = 0) {
    const auto before = std::to_array(next);
    next[index_of(from)] += static_cast<std::uint32_t>(ahead);
    next[1 - index_of(from)] += static_cast<std::uint32_t>(ack_ahead);
    send(from, flags, payload);
    next[0] = before[0];
    next[1] = before[1];
  }
  void expect_event(StreamEvent event, bool accepted = false) {
    EXPECT_EQ(stream_event_name(verdict.events[0]), stream_event_name(event));
    EXPECT_EQ(verdict.accepted, accepted);
  }
  void handshake() {
    send(kClient, kSyn);
    send(kServer, kSyn | kAck);
    send(kClient, kAck);
  }
};

TEST_F(Connection, OpensInThreeSteps) {
  send(kClient, kSyn);
  EXPECT_EQ(flow.tcp_state, TcpState::kSynSent);
  EXPECT_EQ(flow.state, FlowState::kSynSent);
  EXPECT_EQ(flow.eve_state(), EveFlowState::kNew);
  EXPECT_FALSE(connected(flow));
  send(kServer, kSyn | kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kSynRecv);
  EXPECT_TRUE(connected(flow));
  send(kClient, kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kEstablished);
  EXPECT_EQ(flow.state, FlowState::kEstablished);
  send(kClient, kAck, 10);
  EXPECT_EQ(flow.state, FlowState::kActive);
  EXPECT_EQ(flow.eve_state(), EveFlowState::kEstablished);
}

TEST_F(Connection, ClientClosesFirst) {
  handshake();
  send(kClient, kFin | kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kCloseWait);
  EXPECT_EQ(flow.state, FlowState::kClosing);
  EXPECT_EQ(flow.eve_state(), EveFlowState::kEstablished);
  send(kServer, kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kCloseWait);
  send(kServer, kFin | kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kLastAck);
  EXPECT_EQ(flow.eve_state(), EveFlowState::kClosed);
  send(kClient, kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kClosed);
  EXPECT_EQ(flow.state, FlowState::kClosed);
}

TEST_F(Connection, ServerClosesFirst) {
  handshake();
  send(kServer, kFin | kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kFinWait1);
  send(kClient, kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kFinWait2);
  send(kClient, kFin | kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kTimeWait);
  send(kServer, kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kClosed);
}

TEST_F(Connection, ResetNearTheWindowClosesAndAFarOneDoesNot) {
  handshake();
  next[1] += 0x40000000;
  send(kServer, kRst);
  EXPECT_EQ(flow.tcp_state, TcpState::kEstablished);
  next[1] -= 0x40000000;
  send(kServer, kRst);
  EXPECT_EQ(flow.tcp_state, TcpState::kClosed);
}

TEST_F(Connection, RefusedConnectionIsClosed) {
  send(kClient, kSyn);
  next[1] = 0;
  send(kServer, kRst | kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kClosed);
}

TEST_F(Connection, ANewSynOnAClosedConnectionIsReuse) {
  handshake();
  decode::TcpHeader syn;
  syn.flags = kSyn;
  syn.sequence = 70000;
  EXPECT_FALSE(is_reuse(flow, syn));
  send(kServer, kRst);
  EXPECT_TRUE(is_reuse(flow, syn));
  syn.sequence = 1000;  // the first SYN again
  EXPECT_FALSE(is_reuse(flow, syn));
}

TEST_F(Connection, ARepeatedSynWithAnotherNumberReplacesTheFirst) {
  send(kClient, kSyn);
  next[0] = 9000;
  send(kClient, kSyn);
  EXPECT_EQ(flow.tcp[0].initial_sequence, 9000U);
  EXPECT_EQ(flow.tcp_state, TcpState::kSynSent);
}

TEST_F(Connection, WithoutAStartItHasNoTcpState) {
  send(kClient, kAck, 5);
  send(kServer, kAck, 5);
  EXPECT_EQ(flow.tcp_state, TcpState::kNone);
  EXPECT_EQ(flow.state, FlowState::kActive);
  EXPECT_FALSE(connected(flow));
}

TEST_F(Connection, SynAckBeforeSynStillConnects) {
  next[0] = 1001;
  send(kServer, kSyn | kAck);
  next[0] = 1000;
  send(kClient, kSyn);
  EXPECT_TRUE(connected(flow));
  send(kClient, kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kEstablished);
}

TEST_F(Connection, AnOrdinaryConnectionRaisesNothing) {
  clock = 100;
  const auto quiet = [&](Direction from, int flags, std::size_t payload = 0) {
    send(from, flags, payload);
    expect_event(StreamEvent::kNone, true);
    clock += 5;
  };
  quiet(kClient, kSyn);
  quiet(kServer, kSyn | kAck);
  quiet(kClient, kAck);
  for (int i = 0; i < 100; ++i) {
    quiet(kClient, kAck, 100);
    quiet(kServer, kAck, 1400);
    quiet(kServer, kAck, 1400);
    quiet(kClient, kAck);
  }
  forge(kClient, kAck, -100, 0, 100);  // a retransmission
  expect_event(StreamEvent::kNone, true);
  forge(kClient, kAck, -1, 0, 1);  // a keep-alive
  expect_event(StreamEvent::kNone, true);
  quiet(kServer, kFin | kAck);
  quiet(kClient, kAck);
  quiet(kClient, kFin | kAck);
  quiet(kServer, kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kClosed);
}

TEST_F(Connection, TheSynAckMustAnswerTheSyn) {
  send(kClient, kSyn);
  forge(kServer, kSyn | kAck, 0, 5);
  expect_event(StreamEvent::k3whsSynackWithWrongAck);
  EXPECT_FALSE(connected(flow));
  send(kClient, kSyn | kAck);
  expect_event(StreamEvent::k3whsSynackInWrongDirection);
}

TEST_F(Connection, AWrongSynAckThatTheClientTakesCounts) {
  send(kClient, kSyn);
  forge(kServer, kSyn | kAck, 0, 5);
  next[1] += 1;
  send(kClient, kAck);
  EXPECT_TRUE(connected(flow));
  EXPECT_EQ(flow.tcp_state, TcpState::kEstablished);
}

TEST_F(Connection, OfTwoSynAcksTheOneTheClientTakesCounts) {
  send(kClient, kSyn);
  forge(kServer, kSyn | kAck, 0, 0);
  next[1] = 90000;
  send(kServer, kSyn | kAck);
  expect_event(StreamEvent::kNone, true);
  send(kClient, kAck);
  expect_event(StreamEvent::kNone, true);
  EXPECT_EQ(flow.tcp[1].initial_sequence, 90000U);
  EXPECT_EQ(flow.tcp_state, TcpState::kEstablished);
}

TEST_F(Connection, HandshakeOdditiesHaveTheirNames) {
  send(kClient, kSyn);
  send(kServer, kSyn | kAck);
  forge(kClient, kSyn, 500, 0);
  expect_event(StreamEvent::k3whsSynResendDiffSeqOnSynRecv);
  forge(kServer, kSyn, 0, 0);
  expect_event(StreamEvent::k3whsSynToclientOnSynRecv);
  forge(kClient, kSyn | kAck, 0, 0);
  expect_event(StreamEvent::k3whsSynackToserverOnSynRecv);
  forge(kServer, kSyn | kAck, -1, 7);
  expect_event(StreamEvent::k3whsSynackResendWithDifferentAck);
  forge(kClient, kAck, 0, 9999);
  expect_event(StreamEvent::k3whsRightSeqWrongAckEvasion);
  forge(kClient, kAck, 0x20000000, 9999);
  expect_event(StreamEvent::k3whsWrongSeqWrongAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kSynRecv);
}

TEST_F(Connection, BothSidesMayOpenAtOnce) {
  send(kClient, kSyn);
  send(kServer, kSyn);
  expect_event(StreamEvent::kNone, true);
  forge(kClient, kSyn | kAck, -1, 0);
  expect_event(StreamEvent::kNone, true);
  forge(kServer, kSyn | kAck, -1, 0);
  expect_event(StreamEvent::kNone, true);
  send(kServer, kAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kEstablished);
}

TEST_F(Connection, LateSynsHaveTheirNames) {
  handshake();
  forge(kClient, kSyn, -1, 0);
  expect_event(StreamEvent::kEstSynResend);
  forge(kClient, kSyn, 77, 0);
  expect_event(StreamEvent::kEstSynResendDiffSeq);
  forge(kServer, kSyn, 0, 0);
  expect_event(StreamEvent::kEstSynToclient);
  forge(kClient, kSyn | kAck, 0, 0);
  expect_event(StreamEvent::kEstSynackToserver);
  forge(kServer, kSyn | kAck, -1, 0);  // the last step may have been lost
  expect_event(StreamEvent::kNone);
  forge(kServer, kSyn | kAck, 5, 0);
  expect_event(StreamEvent::kEstSynackResendWithDiffSeq);
  forge(kServer, kSyn | kAck, -1, 5);
  expect_event(StreamEvent::kEstSynackResendWithDifferentAck);
  send(kServer, kAck, 10);
  forge(kServer, kSyn | kAck, -11, 0);
  expect_event(StreamEvent::kEstSynackResend);
  send(kClient, kFin | kAck);
  forge(kClient, kSyn, 77, 0);
  expect_event(StreamEvent::kShutdownSynResend);
}

TEST_F(Connection, NumbersOutsideTheWindowAreNamedAndDropped) {
  handshake();
  forge(kClient, kAck, 70000, 0, 10);
  expect_event(StreamEvent::kEstPacketOutOfWindow);
  EXPECT_EQ(flow.tcp[0].next_sequence, 1001U);
  forge(kClient, kAck, 0, 70000, 10);
  expect_event(StreamEvent::kEstInvalidAck);
  EXPECT_EQ(verdict.events[1], StreamEvent::kPktInvalidAck);
  forge(kClient, kFin | kAck, 70000, 0);
  expect_event(StreamEvent::kFinOutOfWindow);
  forge(kServer, kFin | kAck, 0, 70000);
  expect_event(StreamEvent::kFinInvalidAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kEstablished);
  send(kServer, kFin | kAck);
  forge(kClient, kAck, 0, 70000);
  expect_event(StreamEvent::kFin1InvalidAck);
  forge(kClient, kAck, 70000, 0, 10);
  expect_event(StreamEvent::kFin1AckWrongSeq);
}

TEST_F(Connection, AfterLossTheNumbersAreBelievedAgain) {
  handshake();
  next[0] += 5'000'000;  // the capture missed it all
  for (int i = 1; i < kMaxRejectedInARow; ++i) {
    send(kClient, kAck, 100);
    EXPECT_FALSE(verdict.accepted);
  }
  send(kClient, kAck, 100);
  EXPECT_TRUE(verdict.accepted);
  send(kServer, kAck, 100);
  EXPECT_TRUE(verdict.accepted);
  send(kClient, kAck, 100);
  expect_event(StreamEvent::kNone, true);
}

TEST_F(Connection, StaleTimestampsAreDropped) {
  clock = 1000;
  handshake();
  clock = 2000;
  send(kClient, kAck, 10);
  clock = 1500;
  send(kClient, kAck, 10);
  expect_event(StreamEvent::kPktInvalidTimestamp);
  clock = 1999;  // one tick of grace
  forge(kClient, kAck, -10, 0, 10);
  expect_event(StreamEvent::kNone, true);
}

TEST_F(Connection, StaleTimestampsAreDroppedHoweverMany) {
  clock = 1000;
  handshake();
  clock = 2000;
  send(kClient, kAck, 10);
  clock = 1500;
  for (int i = 0; i <= kMaxRejectedInARow; ++i) {
    forge(kClient, kAck, 0, 0, 10);
    expect_event(StreamEvent::kPktInvalidTimestamp);
  }
  clock = 2001;
  send(kClient, kAck, 10);
  expect_event(StreamEvent::kNone, true);
}

TEST_F(Connection, AZeroWindowIsProbedWithOneOctet) {
  handshake();
  send(kClient, kAck, 10);
  window = 0;
  send(kServer, kAck);
  forge(kClient, kAck, 65535, 0, 1);  // behind all that was ever offered, but not the next octet
  expect_event(StreamEvent::kEstPacketOutOfWindow);
}

TEST_F(Connection, AResetWithAnAcknowledgmentOfNothingIsDropped) {
  handshake();
  forge(kServer, kRst | kAck, 0, 0x10000000);
  expect_event(StreamEvent::kRstInvalidAck);
  EXPECT_EQ(flow.tcp_state, TcpState::kEstablished);
}

TEST_F(Connection, AFloodOfForgedResetsAndAcksDoesNotClose) {
  handshake();
  for (std::uint32_t i = 1; i < 10'000; ++i)
    forge(i % 2 == 0 ? kServer : kClient, kRst, std::int64_t{i} * 200'000 + 70'000, 0);
  EXPECT_EQ(flow.tcp_state, TcpState::kEstablished);
}

TEST(StreamEvents, EachHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::size_t i = 1; i < kStreamEvents; ++i) {
    const std::string_view name = stream_event_name(static_cast<StreamEvent>(i));
    EXPECT_TRUE(name.starts_with("stream.")) << i;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), kStreamEvents - 1);
}

TEST(Datagram, GoesFromNewOverEstablishedToActive) {
  Flow flow;
  flow.key.protocol = ip_proto::kUdp;
  flow.packets = {1, 0};
  track_datagram(flow);
  EXPECT_EQ(flow.state, FlowState::kNew);
  flow.packets = {1, 1};
  track_datagram(flow);
  EXPECT_EQ(flow.state, FlowState::kEstablished);
  flow.packets = {2, 1};
  track_datagram(flow);
  EXPECT_EQ(flow.state, FlowState::kActive);
}

}  // namespace
}  // namespace netmoth::flow
