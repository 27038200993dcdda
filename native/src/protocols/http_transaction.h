// One HTTP/1.x request and its response: the record behind an http event.
//
// Invariant: every text is bounded by kMaxHttpLine (longer ones are cut, never dropped); bodies are
// counted, not kept.
#pragma once

#include <array>
#include <string>

#include "base/types.h"
#include "protocols/record.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxHttpLine = 16 * 1024;

// Octets of a message head's fields that are kept for inspection; the rest is passed over.
inline constexpr std::size_t kMaxInspectedHead = 64 * 1024;

struct Http2Stream;

// The lines of a message head as they came, each field line with CR LF behind it; filled only where
// ContentSettings::inspect asks for it.
struct HttpHeadLines {
  std::string start;
  std::string fields;
};

struct HttpTransaction : Record {
  HttpTransaction() : Record(RecordKind::kHttp) {}
  std::uint64_t tx_id = 0;
  bool has_request = false;
  bool has_response = false;
  bool response_complete = false;

  std::string method;
  std::string url;         // as on the request line
  std::string hostname;    // of the absolute form, else of the Host header; without port
  std::uint16_t port = 0;  // 0 where neither names one
  std::string protocol;    // "HTTP/1.1", of the request; empty for HTTP/0.9
  std::string user_agent;
  std::string referer;
  std::string forwarded_for;         // X-Forwarded-For
  std::uint64_t request_length = 0;  // body octets seen

  std::string response_protocol;
  int status = 0;            // 0 where it is not a number
  std::string status_text;   // the status as written where it is not a number
  std::string content_type;  // of the response
  std::string location;
  std::string content_range;
  std::uint64_t response_length = 0;  // body octets seen, without chunk framing

  std::array<HttpHeadLines, 2> heads;  // by direction, for inspection

  const Http2Stream* http2 = nullptr;  // HTTP/2: what else is known; during the call only

  // Back to nothing, the strings' memory kept for the next transaction.
  void reset();
};

}  // namespace netmoth::protocols
