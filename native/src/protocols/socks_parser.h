// SOCKS 4, 4a and 5 (RFC 1928, RFC 1929), watched until the proxy grants the connection; what
// follows is looked at afresh.
//
// Invariant: per direction at most kMaxSocksMessage octets are kept.
#pragma once

#include <array>
#include <vector>

#include "protocols/parser.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxSocksMessage = 1024;

class SocksParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction, std::uint64_t, TransactionSink&) override { return Verdict::kDone; }
  void on_close(TransactionSink&) override {}

 private:
  enum class Step : std::uint8_t {
    kGreeting,
    kMethod,
    kPassword,
    kPasswordReply,
    kRequest,
    kReply
  };

  // Octets of the message at the start of `data`, 0 where it is not whole, -1 where it is none.
  [[nodiscard]] int message_length(Bytes data) const;
  [[nodiscard]] bool expects_client() const;

  Step step_ = Step::kGreeting;
  bool version4_ = false;
  std::array<std::vector<std::uint8_t>, 2> kept_;
};

}  // namespace netmoth::protocols
