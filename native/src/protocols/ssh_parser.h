// SSH (RFC 4253): identification strings and the first KEXINIT of both sides, from which HASSH is
// made (https://github.com/salesforce/hassh).
//
// Invariant: per side at most kMaxSshBanner octets of the identification string and kMaxSshKexinit
// octets of the KEXINIT are kept; other packets are skipped by their length. Reports once, at the
// latest when the connection ends, and is then done: what follows is encrypted.
#pragma once

#include <array>
#include <vector>

#include "protocols/frame.h"
#include "protocols/line_reader.h"
#include "protocols/parser.h"
#include "protocols/ssh_session.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxSshBanner = 255;  // RFC 4253 §4.2
// Lines a server may say before its identification string (RFC 4253 §4.2).
inline constexpr unsigned kMaxSshPreambleLines = 32;
inline constexpr std::size_t kMaxSshKexinit = 65'535;

class SshParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction direction, std::uint64_t missing, TransactionSink& sink) override;
  void on_close(TransactionSink& sink) override;

 private:
  enum class State : std::uint8_t {
    kBanner,
    kHeader,   // the six octets that say how long a packet is and what it says
    kKexinit,  // its payload is gathered
    kSkip,     // the rest of a packet nobody asks for
    kFinished,
  };
  struct Side {
    State state = State::kBanner;
    LineReader line{kMaxSshBanner};
    unsigned lines = 0;
    std::uint32_t left = 0;          // of the packet
    std::vector<std::uint8_t> kept;  // header or KEXINIT
    std::size_t padding = 0;
    FrameKeeper frame;  // a packet, where rules ask for it
  };

  void take_banner(Direction direction, Bytes& data, TransactionSink& sink);
  void take_header(Direction direction, Bytes& data, TransactionSink& sink);
  void take_kexinit(Direction direction, Bytes& data, TransactionSink& sink);
  SshSide& told(Direction direction) {
    return direction == Direction::kToServer ? session_.client : session_.server;
  }
  static void tell_packet(Direction direction, Side& side, TransactionSink& sink);
  void finish(Side& side);
  [[nodiscard]] bool complete() const;
  Verdict report(TransactionSink& sink);

  std::array<Side, 2> sides_;
  SshSession session_;
  bool reported_ = false;
};

}  // namespace netmoth::protocols
