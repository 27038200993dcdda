// One stream of an HTTP/2 connection, or one frame of its stream 0: what an http event tells.
//
// Invariant: a side keeps at most kMaxHeaderList octets of headers and kMaxHttp2Settings settings;
// bodies are counted, not kept.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "protocols/hpack.h"
#include "protocols/http_body.h"

namespace netmoth::protocols {

inline constexpr std::size_t kMaxHttp2Settings = 64;
// Of a stream and direction, for rules alone.
inline constexpr std::size_t kMaxHttp2Windows = 32;
inline constexpr std::size_t kMaxHttp2SizeUpdates = 32;

struct Http2Setting {
  std::uint16_t id = 0;
  std::uint32_t value = 0;
};

struct Http2Side {
  bool has_headers = false;
  bool has_settings = false;
  bool ended = false;
  bool error_of_connection = false;  // by GOAWAY, not RST_STREAM
  bool mismatch_told = false;        // a host that is not the authority
  std::optional<std::uint32_t> error;
  std::optional<std::uint8_t> priority;
  std::string_view multiple;  // what came twice first: "error_code" or "priority"
  std::vector<HeaderField> headers;
  std::size_t header_octets = 0;
  std::optional<std::size_t> authority;  // the first one's place in `headers`
  std::vector<Http2Setting> settings;
  std::uint64_t body_octets = 0;
  std::uint16_t frame_types = 0;            // a bit for each that was seen
  std::vector<std::uint32_t> windows;       // of WINDOW_UPDATE
  std::vector<std::uint32_t> size_updates;  // of the header table
  std::unique_ptr<HttpBody> body;           // where somebody wants it

  [[nodiscard]] bool tells() const { return has_headers || has_settings || error || priority; }
};

struct Http2Stream {
  std::uint32_t id = 0;
  std::uint64_t tx_id = 0;
  std::optional<std::uint64_t> content_length;
  std::array<Http2Side, 2> sides;
};

}  // namespace netmoth::protocols
