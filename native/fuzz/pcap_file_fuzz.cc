// Any octets as a capture file, its frames decoded: the reader ends, and never hands out bytes
// beyond.
#include <array>
#include <cstdlib>

#include "capture/pcap_file.h"
#include "decode/decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace netmoth;
  capture::PcapFile file(Bytes{data, size});
  decode::Decoder decoder({});
  static decode::DecodedFrame out;
  std::array<decode::Frame, 8> frames;
  std::size_t count = 0;
  capture::SourceStatus status;
  while ((status = file.next_batch(frames, count)) == capture::SourceStatus::kFrames) {
    for (const decode::Frame& frame : std::span(frames).first(count)) {
      if (!frame.data.empty() &&
          (frame.data.data() < data || frame.data.data() + frame.data.size() > data + size)) {
        std::abort();
      }
      decoder.decode(frame, out);
    }
  }
  if (status != capture::SourceStatus::kEnd && file.fault().message.empty()) std::abort();
  return 0;
}
