// Segments of arbitrary numbers, lengths and order into one reassembler, against a plain model.
//
// Input: records of 4 octets: offset (2), length (1), what to do (1). Every octet of the stream has
// a value given by its position, so whatever is delivered must be that text without repetition.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/reader.h"
#include "stream/reassembler.h"

namespace {

using netmoth::Bytes;
using netmoth::stream::OverlapPolicy;

constexpr std::size_t kStreamBytes = 1U << 17;

std::uint8_t octet_at(std::uint64_t position) {
  return static_cast<std::uint8_t>(position * 31 + (position >> 8));
}

struct Checker final : netmoth::stream::StreamConsumer {
  std::uint64_t position = 0;
  bool wants_more = true;

  bool on_stream_data(Bytes data) override {
    for (const std::uint8_t octet : data) {
      if (octet != octet_at(position++)) std::abort();
    }
    return wants_more;
  }
  bool on_stream_gap(std::uint64_t missing) override {
    if (missing == 0) std::abort();
    position += missing;
    return wants_more;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::uint8_t> stream_text = [] {
    std::vector<std::uint8_t> text(kStreamBytes);
    for (std::size_t i = 0; i < text.size(); ++i)
      text[i] = octet_at(i);
    return text;
  }();
  netmoth::base::Reader reader(Bytes(data, size));
  const std::uint32_t first = reader.u32();  // also near the wrap-around
  netmoth::stream::BufferPool pool(1U << 14);
  netmoth::stream::StreamCounters counters;
  Checker checker;
  {
    netmoth::stream::Reassembler stream;
    stream.start(first, static_cast<OverlapPolicy>(first % netmoth::base::kHostPolicies), pool,
                 counters);
    stream.open();
    if ((first >> 8 & 3) == 0) stream.set_immediate();
    netmoth::TimestampNs now = 0;
    while (reader.remaining() >= 4) {
      const std::uint32_t offset = reader.u16();
      const std::size_t length = reader.u8();
      const std::uint8_t action = reader.u8();
      now += 10'000'000;
      const Bytes part = Bytes(stream_text).subspan(offset, length);
      if (action < 200) {
        stream.insert(first + offset, part, now, checker);
      } else if (action < 240) {
        stream.acknowledge(first + offset, now, checker);
      } else if (action < 250) {
        stream.set_end(first + offset);
      } else if (action < 254) {
        stream.flush(checker);
      } else {
        checker.wants_more = false;
      }
      if (pool.used() < stream.held_bytes() || pool.used() > pool.limit()) std::abort();
      if (counters.overlaps != 0) std::abort();
    }
    stream.flush(checker);
  }
  if (pool.used() != 0) std::abort();
  return 0;
}
