// Decoding in one line, and the vectors that several tests share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "decode/decoder.h"
#include "testing/packet_builder.h"

namespace netmoth::decode {

// A decoded copy of a frame: the bytes live as long as the views into them.
struct Decoded {
  testing::Buffer bytes;
  DecodedFrame frame;
  DecoderCounters counters;

  [[nodiscard]] const Packet& packet(std::size_t i = 0) const { return frame.packets()[i]; }
  [[nodiscard]] std::size_t count() const { return frame.packets().size(); }
  [[nodiscard]] bool has(DecodeEvent event) const {
    return std::ranges::any_of(frame.anomalies(),
                               [&](const Anomaly& anomaly) { return anomaly.event == event; });
  }
  [[nodiscard]] std::string payload(std::size_t i = 0) const {
    return std::string(as_text(packet(i).payload));
  }
};

struct DecodeSpec {
  LinkType link = 1;
  std::size_t cut_bytes = 0;  // off the end, as a snap length does
  bool checksum_not_ready = false;
  DecoderOptions options = {};
};

inline std::unique_ptr<Decoded> decode(testing::Buffer bytes, DecodeSpec spec = {}) {
  auto result = std::make_unique<Decoded>();
  Frame frame;
  frame.time = 42;
  frame.number = 7;
  frame.link = spec.link;
  frame.wire_length = static_cast<std::uint32_t>(bytes.size());
  frame.checksum_not_ready = spec.checksum_not_ready;
  bytes.resize(bytes.size() - spec.cut_bytes);
  bytes.shrink_to_fit();  // so that AddressSanitizer sees a read beyond
  result->bytes = std::move(bytes);
  frame.data = result->bytes;
  Decoder decoder(spec.options);
  decoder.decode(frame, result->frame);
  result->counters = decoder.counters();
  return result;
}

inline const std::string kClient = "192.0.2.1";
inline const std::string kServer = "198.51.100.2";
inline const std::string kClient6 = "2001:db8::1";
inline const std::string kServer6 = "2001:db8::2";

inline testing::Buffer tcp_frame(std::string_view payload = "hello") {
  return testing::ethernet(testing::ipv4(kClient, kServer, testing::tcp({}, payload)));
}

}  // namespace netmoth::decode
