// Reads pcap and pcapng: a file, or standard input as "-".
//
// Formats: pcap (draft-ietf-opsawg-pcap) in both byte orders with micro- and nanoseconds, and with
// the 8 additional octets a record of "modified" pcap; pcapng (draft-ietf-opsawg-pcapng) with any
// number of sections and interfaces (own byte order per section, time resolution and offset per
// interface), enhanced, simple and obsolete packet blocks; other blocks are skipped unread.
//
// Invariant: memory is one buffer of kBufferBytes whatever lengths the file claims: a frame of more
// than kMaxFrameBytes is a fault, other blocks are skipped without being held. Nothing read before
// a fault is lost. Frames point into the buffer: no copy per frame.
#pragma once

#include <memory>
#include <vector>

#include "capture/byte_source.h"
#include "capture/frame_source.h"

namespace netmoth::capture {

// libpcap's MAXIMUM_SNAPLEN: no sane writer makes longer frames.
inline constexpr std::size_t kMaxFrameBytes = 256U << 10;
// A packet block with its options, or the part of an interface block that is looked at.
inline constexpr std::size_t kMaxBlockBytes = kMaxFrameBytes + (64U << 10);
inline constexpr std::size_t kMaxInterfaces = 4096;
static_assert(kMaxBlockBytes < kBufferBytes);

class PcapFile final : public FrameSource {
 public:
  // Never fails: what is wrong with `path` is told by the first next_batch(). "-" is standard
  // input.
  explicit PcapFile(const std::string& path) : input_(path) {}
  // Reads from memory that outlives the source (tests, fuzzing).
  explicit PcapFile(Bytes contents) : input_(contents) {}

  [[nodiscard]] SourceStatus next_batch(std::span<decode::Frame> frames,
                                        std::size_t& count) override;
  [[nodiscard]] const Fault& fault() const override { return fault_; }

  // See ByteSource: a batch's bytes then live as long as the buffer that is given out for it.
  void exchange_buffer(ByteSource::Buffer& other) { input_.exchange(other); }
  void limit_reads(std::size_t bytes) { input_.limit_reads(bytes); }

  // For a progress bar: bytes consumed, and the size of the whole (0 where it is a pipe).
  [[nodiscard]] std::uint64_t offset_bytes() const { return input_.offset_bytes(); }
  [[nodiscard]] std::uint64_t total_bytes() const { return input_.total_bytes(); }
  // Frames of pcapng interfaces of unknown link types, beside others that are known. Where no frame
  // at all is of a known link type the source ends with kUnsupportedLinkType instead.
  [[nodiscard]] std::uint64_t skipped_frames() const { return skipped_frames_; }

 private:
  enum class Format : std::uint8_t { kUnknown, kPcap, kPcapng };
  // kAgain: something was read that is no frame. kFlush: hand out the batch first, more bytes have
  // to be read into the buffer its frames point to. kStop: fault_ says why.
  enum class Step : std::uint8_t { kFrame, kAgain, kFlush, kStop };

  struct Interface {
    decode::LinkType link = 0;
    std::uint32_t snap_length = 0;
    std::uint8_t resolution = 6;  // if_tsresol: a power of ten, or of two with the top bit
    std::int64_t offset_seconds = 0;
    bool supported = false;
  };

  Step step(decode::Frame& frame, bool batch_empty);
  Step open_format();
  Step open_pcap(Bytes head);
  Step next_pcap(decode::Frame& frame, bool batch_empty);
  Step next_block(decode::Frame& frame, bool batch_empty);
  Step section_header(Bytes head);
  Step interface_description(Bytes body);
  Step packet_block(std::uint32_t type, Bytes body, decode::Frame& frame);
  Step at_end();
  Step stop(SourceStatus status, std::string message);
  Step cut(const char* where);

  ByteSource input_;
  Format format_ = Format::kUnknown;
  bool big_endian_ = false;
  bool swapped_lengths_ = false;  // pcap before 2.3
  std::size_t record_header_bytes_ = 16;
  std::uint32_t fraction_to_ns_ = 1000;
  std::vector<Interface> interfaces_;  // pcap: exactly one
  std::uint64_t skip_bytes_ = 0;       // of a block whose rest is of no interest
  TimestampNs last_time_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t skipped_frames_ = 0;
  decode::LinkType skipped_link_ = 0;
  Fault fault_;
  bool stopped_ = false;
};

}  // namespace netmoth::capture
