// The TCP state machine by EVE's names and by the table's own six states.
#include "flow/tcp_track.h"

#include <gtest/gtest.h>

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

  void send(Direction from, int flags, std::size_t payload = 0) {
    const std::size_t side = index_of(from);
    decode::TcpHeader header;
    header.sequence = next[side];
    header.acknowledgment = (flags & kAck) != 0 ? next[1 - side] : 0;
    header.flags = static_cast<std::uint8_t>(flags);
    ++flow.packets[side];
    track_tcp(flow, from, header, payload);
    next[side] += static_cast<std::uint32_t>(payload) + ((flags & (kSyn | kFin)) != 0 ? 1U : 0U);
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
