// A SIP message (RFC 3261 §7): first line, the two headers that frame and name its body, the body.
//
// Invariant: views of the bytes that were read; headers beyond kMaxSipHeaders are not looked at.
#pragma once

#include <string_view>

#include "base/types.h"
#include "protocols/record.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxSipHeaders = 256;
inline constexpr std::size_t kMaxSipFirstLine = 4096;

struct SipMessage : Record {
  SipMessage() : Record(RecordKind::kSip) {}
  bool is_request = false;
  std::string_view first_line;  // without its end
  std::string_view method;      // of a request
  std::string_view uri;
  std::string_view version;  // "SIP/2.0"
  std::string_view code;     // of a response
  std::string_view reason;
  std::string_view headers;  // their lines, as far as they were there
  std::string_view sdp;      // the body where it is a session description
};

enum class SipVerdict : std::uint8_t {
  kWhole,    // headers are complete; the body as far as it is there
  kCut,      // a first line that fits, headers not complete
  kInvalid,  // no SIP
};

struct SipFrame {
  SipVerdict verdict = SipVerdict::kInvalid;
  std::size_t headers = 0;  // octets up to and with the empty line
  std::size_t body = 0;     // octets that Content-Length tells of
  bool body_told = false;   // there was a Content-Length
};

// Reads what is there of the message that begins `data`.
[[nodiscard]] SipFrame parse_sip(Bytes data, SipMessage& message);

}  // namespace netmoth::protocols
