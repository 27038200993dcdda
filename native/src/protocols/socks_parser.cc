// See socks_parser.h.
#include "protocols/socks_parser.h"

#include <algorithm>

namespace netmoth::protocols {
namespace {

constexpr int kIncomplete = 0;
constexpr int kNone = -1;

// SOCKS 4: command, port, address, user id; 4a: 0.0.0.x and a host name behind it.
int socks4_request_length(Bytes data) {
  if (data.size() < 9) return kIncomplete;
  const auto user_end = std::find(data.begin() + 8, data.end(), 0);
  if (user_end == data.end()) return kIncomplete;
  const bool by_name = data[4] == 0 && data[5] == 0 && data[6] == 0 && data[7] != 0;
  if (!by_name) return static_cast<int>(user_end - data.begin()) + 1;
  const auto name_end = std::find(user_end + 1, data.end(), 0);
  return name_end == data.end() ? kIncomplete : static_cast<int>(name_end - data.begin()) + 1;
}

// SOCKS 5 request and reply have the same shape.
int socks5_address_message(Bytes data) {
  if (data[0] != 5) return kNone;
  if (data.size() < 5) return kIncomplete;
  std::size_t length = 6;
  switch (data[3]) {
    case 1:
      length += 4;
      break;
    case 3:
      length += 1u + data[4];
      break;
    case 4:
      length += 16;
      break;
    default:
      return kNone;
  }
  return data.size() < length ? kIncomplete : static_cast<int>(length);
}

}  // namespace

bool SocksParser::expects_client() const {
  return step_ == Step::kGreeting || step_ == Step::kPassword || step_ == Step::kRequest;
}

int SocksParser::message_length(Bytes data) const {
  switch (step_) {
    case Step::kGreeting:
      if (data[0] == 4) return socks4_request_length(data);
      if (data[0] != 5) return kNone;
      if (data.size() < 2 || data.size() < 2u + data[1]) return kIncomplete;
      return 2 + data[1];
    case Step::kMethod:
      if (data[0] != 5) return kNone;
      return data.size() < 2 ? kIncomplete : 2;
    case Step::kPassword: {
      if (data[0] != 1) return kNone;
      if (data.size() < 2) return kIncomplete;
      const std::size_t password = 2u + data[1];
      if (data.size() <= password) return kIncomplete;
      const std::size_t length = password + 1 + data[password];
      return data.size() < length ? kIncomplete : static_cast<int>(length);
    }
    case Step::kPasswordReply:
      return data.size() < 2 ? kIncomplete : 2;
    case Step::kRequest:
      return socks5_address_message(data);
    case Step::kReply:
      if (!version4_) return socks5_address_message(data);
      if (data[0] != 0) return kNone;
      return data.size() < 8 ? kIncomplete : 8;
  }
  return kNone;
}

Verdict SocksParser::on_data(Direction direction, Bytes data, TimestampNs, TransactionSink&) {
  std::vector<std::uint8_t>& kept = kept_[index_of(direction)];
  if (kept.size() + data.size() > kMaxSocksMessage) return Verdict::kDone;
  kept.insert(kept.end(), data.begin(), data.end());
  // Both sides' messages in turn, whichever has its next one whole.
  while (true) {
    std::vector<std::uint8_t>& turn = kept_[expects_client() ? 0 : 1];
    if (turn.empty()) return Verdict::kMore;
    const int length = message_length(turn);
    if (length == kNone) return step_ == Step::kGreeting ? Verdict::kNotMine : Verdict::kDone;
    if (length == kIncomplete) return Verdict::kMore;
    switch (step_) {
      case Step::kGreeting:
        version4_ = turn[0] == 4;
        kept_[1].clear();  // said before the proxy was asked: none of its answers
        step_ = version4_ ? Step::kReply : Step::kMethod;
        break;
      case Step::kMethod:
        if (turn[1] == 0xff) return Verdict::kDone;
        step_ = turn[1] == 2 ? Step::kPassword : Step::kRequest;
        break;
      case Step::kPassword:
        step_ = Step::kPasswordReply;
        break;
      case Step::kPasswordReply:
        step_ = Step::kRequest;
        break;
      case Step::kRequest:
        step_ = Step::kReply;
        break;
      case Step::kReply: {
        constexpr std::uint8_t kGranted4 = 0x5a;
        const bool granted = version4_ ? turn[1] == kGranted4 : turn[1] == 0;
        return granted ? Verdict::kSwitchTls : Verdict::kDone;
      }
    }
    turn.erase(turn.begin(), turn.begin() + length);
  }
}

}  // namespace netmoth::protocols
