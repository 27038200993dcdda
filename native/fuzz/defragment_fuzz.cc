// Octets as a series of frames, each behind its length, all through one decoder: fragments meet in
// a small defragmenter. And the same octets as bare fragments under every policy.
#include <cstdlib>

#include "base/reader.h"
#include "decode/decoder.h"

namespace {

using namespace netmoth;
using namespace netmoth::decode;

void as_frames(Bytes data) {
  constexpr LinkType kRaw = 101;
  Decoder decoder({.defrag = {.memory_bytes = 1}});
  static DecodedFrame out;
  base::Reader reader(data);
  Frame frame;
  frame.link = kRaw;
  while (!reader.at_end()) {
    const std::size_t size = std::min<std::size_t>(reader.u8(), reader.remaining());
    frame.data = reader.bytes(size);
    frame.wire_length = static_cast<std::uint32_t>(size);
    frame.time += 1'000'000'000;
    decoder.decode(frame, out);
    for (const Packet& packet : out.packets()) {
      if (packet.payload.size() > packet.payload_length) std::abort();
      if (packet.is_fragment && !packet.payload.empty()) std::abort();
      volatile std::uint8_t seen = 0;
      for (const std::uint8_t octet : packet.payload)
        seen = octet;
      (void)seen;
    }
  }
}

void as_fragments(Bytes data, DefragPolicy policy) {
  Defragmenter defragmenter({.memory_bytes = 1});
  std::unique_ptr<DatagramBuffer> buffer;
  base::Reader reader(data);
  TimestampNs time = 0;
  while (reader.ok() && !reader.at_end()) {
    Fragment fragment;
    const std::uint8_t kind = reader.u8();
    fragment.key = FragmentKey{};
    fragment.key.words[0] = kind & 7U;
    fragment.more = (kind & 8) != 0;
    fragment.offset = reader.u16() & ((kind & 16) != 0 ? 0xFFFFU : 0x7FU);
    fragment.policy = policy;
    fragment.data = reader.bytes(std::min<std::size_t>(reader.u8(), reader.remaining()));
    time += (kind & 32) != 0 ? 30'000'000'000 : 1;
    const FragmentOutcome outcome = defragmenter.insert(fragment, time, buffer);
    const bool complete = outcome.verdict == FragmentVerdict::kComplete;
    if (complete == outcome.datagram.empty()) std::abort();
    if (defragmenter.held_bytes() > defragmenter.capacity_bytes()) std::abort();
  }
  defragmenter.expire(time + 3'600'000'000'000);
  if (defragmenter.waiting() != 0 || defragmenter.held_bytes() != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  as_frames({data, size});
  as_fragments({data + 1, size - 1}, static_cast<DefragPolicy>(data[0] % 7));
  return 0;
}
